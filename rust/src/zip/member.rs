//! Makes members of entries: the source of their content, once for each method and range that some reader would use.

use super::Member;
use super::collect::{Collector, Known};
use super::judge::is_folder;
use super::method::Method;
use super::names;
use crate::codec::Status;
use crate::error::Error;
use crate::finding::Finding;

/// Bytes of members marked as encrypted that are decoded to see whether they are.
const TRIED: u64 = 16 << 20;

/// The largest target of a link that is read: the longest path any system takes.
const TARGET: usize = 4096;

/// Adds all readings of a member to the scan.
pub(super) fn push(all: &mut Collector, known: &Known) {
    let name = names::shown(&known.entry.name);
    let finding = |rule| Finding::new(rule, known.header).fact("name", name.as_str());
    if known.data.saturating_add(known.entry.packed) > all.peek.size {
        all.incomplete(finding("ZIP128").fact("reason", "the bytes of a member are cut"));
    }
    let mut member = reading(all, known, known.method(), known.entry.packed);
    if known.encrypted() {
        member.encrypted = !is_plain(&member, known);
        if member.encrypted {
            member.codec = None;
            all.incomplete(finding("ZIP118"));
        } else {
            all.report(finding("ZIP130"));
        }
    }
    if !member.encrypted && member.method != Method::STORED && member.codec.is_none() {
        all.incomplete(
            finding("ZIP119").fact("method", member.method.name()).detail("number", u64::from(member.method.0)),
        );
    }
    if member.folder && known.entry.packed > 0 && known.entry.size > 0 {
        all.report(finding("ZIP132").fact("size", known.entry.size));
    }
    let stored = member.method == Method::STORED && !member.encrypted;
    if stored && known.entry.size != known.entry.packed {
        all.report(finding("ZIP110").fact("stored", known.entry.packed).fact("size", known.entry.size));
    }
    if member.link {
        check_link(all, known, &member);
    }
    let longer = stored && known.entry.size > known.entry.packed;
    all.scan.members.push(member);
    if longer {
        variant(all, known, Method::STORED, known.entry.size);
    }
    if let Some((method, packed)) = known.other.as_deref() {
        variant(all, known, Method(*method), *packed);
    }
}

fn variant(all: &mut Collector, known: &Known, method: Method, packed: u64) {
    let mut member = reading(all, known, method, packed);
    member.variant = true;
    all.scan.members.push(member);
}

fn reading(all: &Collector, known: &Known, method: Method, packed: u64) -> Member {
    let entry = &known.entry;
    let system = entry.made_by >> 8;
    Member {
        name: names::shown(&entry.name),
        stored: all.source.slice(known.data, packed),
        codec: method.codec(entry.size, entry.flags & 2 != 0),
        size: entry.size,
        packed,
        crc: entry.crc,
        method,
        encrypted: false,
        folder: is_folder(entry),
        hidden: known.directory.is_none(),
        variant: false,
        // Unix (3) and macOS (19) keep the file type in the upper half.
        link: matches!(system, 3 | 19) && entry.external >> 28 == 0xa,
        header: known.header,
        data: known.data,
        listed: known.directory.map(|_| entry.at),
    }
}

/// Whether bytes that are said to be encrypted are not: they decode to what the headers promise.
fn is_plain(member: &Member, known: &Known) -> bool {
    if known.entry.packed > TRIED || known.entry.method == 99 {
        return false;
    }
    let content = member.content();
    let Ok(mut reader) = content.reader(0) else { return false };
    let (mut size, mut crc, mut block) = (0_u64, crc32fast::Hasher::new(), vec![0; 1 << 16]);
    loop {
        match reader.read(&mut block) {
            Ok(0) => break,
            Ok(count) => {
                size += count as u64;
                crc.update(block.get(..count).unwrap_or_default());
                if size > TRIED {
                    return false;
                }
            }
            Err(Error::Codec { .. } | Error::Budget { .. } | Error::Io(_)) => return false,
        }
    }
    let whole = content.end().is_some_and(|end| end.status == Status::Complete && end.trailing == 0);
    crc.finalize() == known.entry.crc || (whole && size == known.entry.size)
}

/// A symbolic link: where it leads.
fn check_link(all: &mut Collector, known: &Known, member: &Member) {
    let target = member.content().read(0, TARGET).unwrap_or_default();
    let escapes = names::link_escapes(&known.entry.name, &target);
    let finding = Finding::new(if escapes { "ZIP124" } else { "ZIP125" }, known.header);
    all.report(finding.fact("name", member.name.as_str()).fact("target", names::shown(&target)));
}
