//! Puts an archive together: all end records, all directories they may mean, each member once for each way to read it.

use rustc_hash::{FxHashMap, FxHashSet};

use super::bytes::Peek;
use super::central::{self, Entry};
use super::end::{self, Directory, End};
use super::local::{self, Local};
use super::method::Method;
use super::{ENTRIES, Slack, ZipScan};
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::finding::Finding;
use crate::source::Source;

/// How far from the end readers look for the end record: the longest comment.
pub(super) const TAIL: u64 = end::FIXED + 0xffff;

/// End records that are followed up. A file with more was made to exhaust readers.
const ENDS: usize = 64;

/// Bytes that members may expand to in all where they share their stored bytes: it takes seconds, and such an archive
/// is reported in any case.
const OVERLAPPING: u64 = 4 << 30;

/// Findings that are kept; the report has a limit of its own below this.
const FINDINGS: usize = 20_000;

/// An entry with its place in the file.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) entry: Entry,
    pub(super) header: u64,
    pub(super) data: u64,
    /// Where the stored bytes end, as the directory has it.
    pub(super) end: u64,
    /// The directory that lists it; none lists hidden ones.
    pub(super) directory: Option<usize>,
    /// Other readings of the same bytes: method and stored size of the local header, where they differ.
    pub(super) other: Option<Box<(u16, u64)>>,
}

/// An archive at work.
pub(super) struct Collector {
    pub(super) source: Source,
    pub(super) peek: Peek,
    pub(super) known: Vec<Known>,
    pub(super) by_header: FxHashMap<u64, usize>,
    /// End records, directories, comments: what is accounted for besides members.
    pub(super) structure: Vec<(u64, u64)>,
    /// Where extra fields or comments lie that are looked at as bytes of their own.
    pub(super) aside: Vec<(u64, u64, &'static str)>,
    /// Where comments of the archive lie.
    pub(super) comments: Vec<(u64, u64)>,
    by_end: FxHashMap<u64, usize>,
    directories: FxHashSet<(u64, i64)>,
    ends: Vec<u64>,
    too_many_ends: bool,
    pub(super) scan: ZipScan,
}

impl Collector {
    pub(super) fn new(source: &Source) -> Self {
        Self {
            source: source.clone(),
            peek: Peek::new(source),
            known: Vec::new(),
            by_header: FxHashMap::default(),
            structure: Vec::new(),
            aside: Vec::new(),
            comments: Vec::new(),
            by_end: FxHashMap::default(),
            directories: FxHashSet::default(),
            ends: Vec::new(),
            too_many_ends: false,
            scan: ZipScan { complete: true, ..ZipScan::default() },
        }
    }

    pub(super) fn run(mut self, deadline: &Deadline) -> ZipScan {
        if let Err(error) = self.read(deadline) {
            let reason = match error {
                Error::Io(error) => error.to_string(),
                other => other.to_string(),
            };
            self.incomplete(Finding::new("ZIP128", 0).fact("reason", reason));
        }
        super::judge::judge(&mut self, deadline);
        self.finish()
    }

    fn read(&mut self, deadline: &Deadline) -> Result<()> {
        let size = self.peek.size;
        let mut content = Vec::new();
        for at in self.candidates(deadline)? {
            // In the bytes of a member it is the member's own affair.
            let before = content.partition_point(|(start, _)| *start <= at);
            let holder: Option<&(u64, u64)> = before.checked_sub(1).and_then(|last| content.get(last));
            if holder.is_none_or(|(_, end)| at >= *end) && self.open(at, deadline)?.is_some() {
                content = self.content();
            }
        }
        if self.ends.is_empty() {
            self.incomplete(Finding::new("ZIP127", size));
        }
        super::gaps::walk(self, deadline)
    }

    /// Where end records stand, the last one first: those in the tail, or else the last one anywhere.
    fn candidates(&mut self, deadline: &Deadline) -> Result<Vec<u64>> {
        let size = self.peek.size;
        let mut to = size;
        let mut length = TAIL;
        while to > 0 && !deadline.expired() {
            let from = to.saturating_sub(length);
            let mut found = Vec::new();
            // A record that begins in this part may end in the one behind it.
            let (mut at, beyond) = (from, to.saturating_add(3).min(size));
            while let Some(next) = self.peek.find(end::MAGIC, at, beyond)? {
                found.push(next);
                at = next + 1;
            }
            found.reverse();
            if !found.is_empty() {
                return Ok(found);
            }
            to = from;
            length = 4 << 20;
        }
        Ok(Vec::new())
    }

    /// The bytes of members, joined where they touch or overlap, in order.
    fn content(&self) -> Vec<(u64, u64)> {
        let mut spans: Vec<(u64, u64)> = self.known.iter().map(|known| (known.data, known.end)).collect();
        spans.sort_unstable();
        spans.dedup_by(|next, last| {
            let touches = next.0 <= last.1;
            last.1 = if touches { last.1.max(next.1) } else { last.1 };
            touches
        });
        spans
    }

    /// Follows an end record. Returns where it ends, and where its records begin.
    pub(super) fn open(&mut self, at: u64, deadline: &Deadline) -> Result<Option<(u64, u64)>> {
        let Some(end) = end::parse(&mut self.peek, at)? else { return Ok(None) };
        if self.ends.contains(&at) {
            return Ok(Some((end.first, end.at + end::FIXED)));
        }
        if self.ends.len() >= ENDS {
            if !self.too_many_ends {
                self.incomplete(Finding::new("ZIP131", at).fact("limit", ENDS as u64).fact("what", "end records"));
            }
            self.too_many_ends = true;
            return Ok(None);
        }
        let (before, first) = (self.known.len(), self.ends.is_empty());
        self.ends.push(at);
        self.structure.push((end.first, end.at + end::FIXED));
        self.comments.push((end.at + end::FIXED, end.end()));
        if let Some((place, _)) = end.large {
            self.structure.push((place, place.saturating_add(56)));
        }
        self.check_end(&end);
        let mut readings = 0_u64;
        for directory in &end.directories {
            if self.index(*directory, end.first, deadline)? {
                readings += 1;
            }
        }
        if readings > 1 {
            let reason =
                "its end record leads to two directories, with offsets as written and with the bytes before it added";
            self.report(Finding::new("ZIP101", at).fact("reason", reason));
        } else if !first {
            let reason = if self.known.len() > before {
                "each end record has members of its own"
            } else {
                "several end records"
            };
            self.report(Finding::new("ZIP101", at).fact("reason", reason));
        }
        Ok(Some((end.first, end.at + end::FIXED)))
    }

    fn check_end(&mut self, end: &End) {
        let at = end.at;
        if end.disk != 0 && end.disk != u16::MAX {
            self.incomplete(Finding::new("ZIP120", at));
        }
        if end.contradiction {
            self.report(Finding::new("ZIP115", at));
        }
        if let Some((place, false)) = end.large {
            self.report(Finding::new("ZIP116", place));
        }
        if end.lost {
            self.incomplete(Finding::new("ZIP128", at).fact("reason", "its Zip64 locator leads to no record"));
        }
        if end.comment < end.declared_comment {
            self.report(Finding::new("ZIP128", at).fact("reason", "its comment is cut"));
        }
        if end.directories.is_empty() {
            let reason = "there is no directory where its end record says";
            self.incomplete(Finding::new("ZIP128", at).fact("reason", reason));
        }
    }

    /// Takes over the members of a directory, up to `limit`. Returns whether it was a new one.
    pub(super) fn index(&mut self, directory: Directory, limit: u64, deadline: &Deadline) -> Result<bool> {
        let number = self.directories.len();
        if !self.directories.insert((directory.start, directory.base)) {
            return Ok(false);
        }
        let run = central::run(&mut self.peek, directory.start, limit, deadline)?;
        self.structure.push((directory.start, run.end));
        if run.cut {
            let reason = "an entry of its directory is cut";
            self.incomplete(Finding::new("ZIP128", run.end).fact("reason", reason));
        }
        if run.stopped || self.known.len().saturating_add(run.entries.len()) > ENTRIES {
            self.incomplete(Finding::new("ZIP131", run.end).fact("limit", ENTRIES as u64).fact("what", "entries"));
        }
        let found = run.entries.len() as u64;
        let length = run.end - directory.start;
        let count = |rule| Finding::new(rule, directory.start).fact("count", directory.count).fact("found", found);
        if directory.count < found || directory.size < length {
            // Old writers count modulo 65,536.
            let wrapped = directory.count == found & 0xffff && directory.size == length;
            self.report(count(if wrapped { "ZIP113" } else { "ZIP112" }).fact("size", directory.size));
        } else if directory.count > found || directory.size > length {
            self.report(count("ZIP113").fact("size", directory.size));
        }
        let mut entries = run.entries;
        entries.truncate(ENTRIES.saturating_sub(self.known.len()));
        // In the order of the bytes, so that neighbours share a read.
        entries.sort_by_key(|entry| entry.offset);
        for entry in entries {
            self.place(entry, directory, number)?;
        }
        Ok(true)
    }

    /// Finds the local header of an entry and compares the two.
    fn place(&mut self, entry: Entry, directory: Directory, number: usize) -> Result<()> {
        let mut header = directory.resolve(entry.offset);
        let mut found = local::parse(&mut self.peek, header)?;
        if found.is_none() && directory.base != 0 {
            header = entry.offset;
            found = local::parse(&mut self.peek, header)?;
        }
        if let Some((at, length)) = entry.rare.as_ref().and_then(|rare| rare.comment) {
            self.aside.push((at, length, "comment of a member"));
        }
        let Some(local) = found else {
            let finding = Finding::new("ZIP126", entry.at).fact("name", super::names::shown(&entry.name));
            self.incomplete(finding.detail("header_offset", header));
            return Ok(());
        };
        if entry.disk != 0 && entry.disk != u16::MAX {
            self.incomplete(Finding::new("ZIP120", entry.at));
        }
        self.aside.extend(local.bulky.iter().map(|(at, length)| (*at, *length, "extra field")));
        let other = super::judge::compare(self, &entry, &local, header);
        let known = Known {
            data: local.data,
            end: local.data.saturating_add(entry.packed),
            other: other.map(Box::new),
            directory: Some(number),
            header,
            entry,
        };
        self.keep(known);
        Ok(())
    }

    /// Keeps a member, unless it is known from another directory.
    pub(super) fn keep(&mut self, known: Known) {
        if let Some(earlier) = self.by_header.get(&known.header).and_then(|index| self.known.get_mut(*index)) {
            if earlier.directory.is_none() {
                *earlier = known;
                return;
            }
            let same = earlier.end == known.end && earlier.entry.method == known.entry.method;
            if same && earlier.directory != known.directory && earlier.entry.name == known.entry.name {
                return;
            }
        }
        self.by_header.entry(known.header).or_insert(self.known.len());
        self.by_end.insert(known.end, self.known.len());
        self.known.push(known);
    }

    /// The member whose bytes end at a place.
    pub(super) fn ending_at(&self, at: u64) -> Option<&Known> {
        self.by_end.get(&at).and_then(|index| self.known.get(*index))
    }

    pub(super) fn report(&mut self, finding: Finding) {
        if self.scan.findings.len() < FINDINGS {
            self.scan.findings.push(finding);
        }
    }

    /// Reports what was not understood or not looked at.
    pub(super) fn incomplete(&mut self, finding: Finding) {
        self.scan.complete = false;
        self.report(finding);
    }

    /// Whether any end record was found.
    pub(super) fn has_end(&self) -> bool {
        !self.ends.is_empty()
    }

    fn finish(mut self) -> ZipScan {
        self.known.sort_by_key(|known| (known.header, known.entry.at));
        let known = std::mem::take(&mut self.known);
        for known in &known {
            super::member::push(&mut self, known);
        }
        for (at, length, place) in std::mem::take(&mut self.aside) {
            self.scan.slack.push(Slack { offset: at, source: self.source.slice(at, length), place });
        }
        if self.scan.findings.iter().any(|finding| finding.rule == "ZIP114") {
            self.source.limit_work(OVERLAPPING);
        }
        self.scan.slack.sort_by_key(|slack| slack.offset);
        self.scan.findings.sort_by_key(|finding| (finding.offset, finding.rule));
        self.scan
    }
}

impl Known {
    /// A local header that no directory lists, or not yet.
    pub(super) fn hidden(local: Local, header: u64, end: u64, packed: u64) -> Self {
        let entry = Entry {
            name: local.name,
            made_by: 0,
            flags: local.flags,
            method: local.method,
            crc: local.crc,
            packed,
            size: local.size,
            disk: 0,
            external: 0,
            offset: header,
            at: header,
            rare: None,
        };
        Self { entry, header, data: local.data, end, directory: None, other: None }
    }

    pub(super) fn method(&self) -> Method {
        let hidden = self.entry.rare.as_ref().and_then(|rare| rare.aes);
        Method(hidden.filter(|_| self.entry.method == 99).unwrap_or(self.entry.method))
    }

    /// Whether the headers say that the bytes are encrypted.
    pub(super) fn encrypted(&self) -> bool {
        self.entry.flags & 0x0041 != 0 || self.entry.method == 99
    }
}
