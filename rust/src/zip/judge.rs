//! What is wrong with an archive: headers that contradict each other, names that collide or escape, bytes that overlap.

use rustc_hash::FxHashMap;

use super::central::Entry;
use super::collect::{Collector, Known};
use super::local::{DESCRIPTOR, Local};
use super::method::Method;
use super::names;
use crate::deadline::Deadline;
use crate::finding::Finding;

/// Flags that change how the bytes are read: encryption, patches, strong encryption, masked headers.
const READING: u16 = 0x0001 | 0x0020 | 0x0040 | 0x2000;

/// Empty members from which on an archive costs whoever unpacks it more than it holds, when most are empty.
const FLOOD: usize = 1 << 15;

/// Compares the two headers of a member. Returns the local method and stored size, if some reader goes by them.
pub(super) fn compare(all: &mut Collector, entry: &Entry, local: &Local, header: u64) -> Option<(u16, u64)> {
    let name = names::shown(&entry.name);
    let finding = |rule| Finding::new(rule, header).fact("name", name.as_str());
    if entry.name != local.name && local.flags & 0x2000 == 0 {
        all.report(finding("ZIP105").fact("other", names::shown(&local.name)));
        check_name(all, &local.name, header);
    }
    if entry.method != local.method {
        let of = |method| format!("{} ({method})", Method(method).name());
        all.report(finding("ZIP106").fact("method", of(entry.method)).fact("other", of(local.method)));
    }
    if (entry.flags ^ local.flags) & READING != 0 {
        let hex = |flags: u16| format!("{flags:#06x}");
        all.report(finding("ZIP107").fact("flags", hex(entry.flags)).fact("other", hex(local.flags)));
    }
    if entry.rare.as_ref().is_some_and(|rare| rare.ambiguous) {
        all.report(finding("ZIP133"));
    }
    let open = local.flags & DESCRIPTOR != 0;
    let ones = u64::from(u32::MAX);
    let differs = |central: u64, local: u64| central != local && !(open && (local == 0 || local == ones));
    for (field, central, local) in [
        ("stored size", entry.packed, local.packed),
        ("size", entry.size, local.size),
        ("checksum", u64::from(entry.crc), u64::from(local.crc)),
    ] {
        if differs(central, local) {
            all.report(finding("ZIP108").fact("field", field).fact("central", central).fact("local", local));
        }
    }
    let longer = differs(entry.packed, local.packed) && local.packed > 0;
    let packed = if longer { local.packed } else { entry.packed };
    (longer || entry.method != local.method).then_some((local.method, packed))
}

/// Looks at all members together.
pub(super) fn judge(all: &mut Collector, deadline: &Deadline) {
    let known = std::mem::take(&mut all.known);
    let mut seen: FxHashMap<Vec<u8>, usize> = FxHashMap::default();
    let mut odd: FxHashMap<&'static str, (u64, usize)> = FxHashMap::default();
    let mut empty = 0_usize;
    for (index, member) in known.iter().enumerate() {
        if index.is_multiple_of(4096) && deadline.expired() {
            all.incomplete(Finding::new("ENG101", member.entry.at));
            break;
        }
        check_name(all, &member.entry.name, member.entry.at);
        if let Some(how) = names::oddity(&member.entry.name) {
            odd.entry(how).or_insert((member.entry.at, 0)).1 += 1;
        }
        empty += usize::from(member.entry.size == 0 && !is_folder(&member.entry));
        if member.directory.is_none() && all.has_end() {
            let finding = Finding::new("ZIP104", member.header).fact("name", names::shown(&member.entry.name));
            all.report(finding.detail("size", member.entry.packed));
        }
        check_unicode(all, member);
        let first = *seen.entry(names::folded(&member.entry.name)).or_insert(index);
        if let Some(other) = known.get(first).filter(|_| first != index) {
            check_pair(all, other, member);
        }
    }
    let mut odd: Vec<_> = odd.into_iter().collect();
    odd.sort_unstable_by_key(|(_, (at, _))| *at);
    for (how, (at, count)) in odd {
        all.report(Finding::new("ZIP123", at).fact("how", how).fact("count", count as u64));
    }
    if empty >= FLOOD && empty * 2 > known.len() {
        all.report(Finding::new("ZIP129", 0).fact("count", empty as u64));
    }
    overlaps(all, &known);
    all.known = known;
}

fn check_name(all: &mut Collector, name: &[u8], at: u64) {
    let how = names::escape(name).or_else(|| names::escape(names::before_nul(name)));
    if let Some(how) = how {
        all.report(Finding::new("ZIP122", at).fact("name", names::shown(name)).fact("how", how));
    }
}

/// Another name in an extra field, which some readers use.
fn check_unicode(all: &mut Collector, member: &Known) {
    let Some((crc, other)) = member.entry.rare.as_ref().and_then(|rare| rare.unicode.as_ref()) else { return };
    let mut own = crc32fast::Hasher::new();
    own.update(&member.entry.name);
    if own.finalize() != *crc {
        return;
    }
    check_name(all, other, member.entry.at);
    if names::renames(&member.entry.name, other) {
        let finding = Finding::new("ZIP117", member.entry.at).fact("name", names::shown(&member.entry.name));
        all.report(finding.fact("other", names::shown(other)));
    }
}

/// Two members of one name, to some reader.
fn check_pair(all: &mut Collector, first: &Known, second: &Known) {
    if first.header == second.header || (is_folder(&first.entry) && is_folder(&second.entry)) {
        return;
    }
    let content = |known: &Known| (known.entry.crc, known.entry.size, known.entry.packed, known.entry.method);
    let (name, other) = (names::before_nul(&first.entry.name), names::before_nul(&second.entry.name));
    let finding = |rule| Finding::new(rule, second.header).fact("name", names::shown(&first.entry.name));
    if name == other && content(first) != content(second) {
        let finding = finding("ZIP102").detail("first_offset", first.header);
        all.report(finding.detail("readers", "torch searches among equal names, Python takes the last, unzip both"));
    } else {
        all.report(finding("ZIP103").fact("other", names::shown(&second.entry.name)));
    }
}

/// Whether the entry is a folder, by its name.
pub(super) fn is_folder(entry: &Entry) -> bool {
    entry.name.last() == Some(&b'/')
}

/// Bytes that belong to two members, or to a member and to the archive's own structure.
fn overlaps(all: &mut Collector, known: &[Known]) {
    let mut spans: Vec<(u64, u64, Option<&Known>)> =
        known.iter().map(|member| (member.header, member.end, Some(member))).collect();
    spans.extend(all.structure.iter().map(|(start, end)| (*start, *end, None)));
    spans.sort_by_key(|(start, end, _)| (*start, *end));
    let mut last: Option<(u64, Option<&Known>)> = None;
    for (start, end, member) in spans {
        if let Some((reach, earlier)) = last {
            let shared = reach.min(end).saturating_sub(start);
            if shared > 0 && (member.is_some() || earlier.is_some()) {
                let call = |member: Option<&Known>| {
                    member.map_or_else(|| "the directory".to_owned(), |known| names::shown(&known.entry.name))
                };
                let finding = Finding::new("ZIP114", start).fact("name", call(earlier)).fact("other", call(member));
                all.report(finding.fact("size", shared));
            }
        }
        if last.is_none_or(|(reach, _)| end > reach) {
            last = Some((end, member));
        }
    }
}
