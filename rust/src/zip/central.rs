//! Entries of a central directory (APPNOTE 4.3.12), read as long as one follows the other.

use super::ENTRIES;
use super::bytes::{Peek, long, number, short};
use super::extra::{self, Extra};
use crate::deadline::Deadline;
use crate::error::Result;

/// What begins an entry.
pub(super) const MAGIC: &[u8] = b"PK\x01\x02";

/// The fixed part of an entry.
const FIXED: usize = 46;

/// Bytes of names in one directory. A million members with the names that honest archives have need less.
const NAMES: usize = 64 << 20;

/// One entry of a directory, or a local header that none lists.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: Vec<u8>,
    pub(super) made_by: u16,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc: u32,
    pub(super) packed: u64,
    pub(super) size: u64,
    pub(super) disk: u16,
    pub(super) external: u32,
    /// Where the local header lies, as written.
    pub(super) offset: u64,
    /// Where this entry lies.
    pub(super) at: u64,
    /// What few entries have; kept apart because there may be a million of them.
    pub(super) rare: Option<Box<Rare>>,
}

/// What few entries have.
#[derive(Debug, Default)]
pub(super) struct Rare {
    /// Another name, for the name of this checksum.
    pub(super) unicode: Option<(u32, Vec<u8>)>,
    /// The method under the encryption.
    pub(super) aes: Option<u16>,
    /// Several readings of its large sizes are possible.
    pub(super) ambiguous: bool,
    /// Where a comment that is no text lies, and its size.
    pub(super) comment: Option<(u64, u64)>,
}

/// A run of entries.
#[derive(Debug, Default)]
pub(super) struct Run {
    pub(super) entries: Vec<Entry>,
    /// Where the first byte lies that is no entry.
    pub(super) end: u64,
    /// The last entry is cut.
    pub(super) cut: bool,
    /// There are more than can be listed, or the time is over.
    pub(super) stopped: bool,
}

/// Reads entries from `start` on, not beyond `limit`.
pub(super) fn run(peek: &mut Peek, start: u64, limit: u64, deadline: &Deadline) -> Result<Run> {
    let mut run = Run { end: start, ..Run::default() };
    let mut names = 0_usize;
    loop {
        let at = run.end;
        let fixed = peek.get(at, FIXED)?;
        if !fixed.starts_with(MAGIC) || at >= limit {
            return Ok(run);
        }
        if run.entries.len() >= ENTRIES || (run.entries.len().is_multiple_of(4096) && deadline.expired()) {
            run.stopped = true;
            return Ok(run);
        }
        if names > NAMES {
            run.stopped = true;
            return Ok(run);
        }
        let lengths = [28, 30, 32].map(|field| usize::from(short(fixed, field)));
        let variable: usize = lengths.iter().sum();
        let end = at.saturating_add((FIXED + variable) as u64);
        if fixed.len() < FIXED || end > limit {
            run.cut = true;
            return Ok(run);
        }
        let mut entry = Entry {
            name: Vec::new(),
            made_by: short(fixed, 4),
            flags: short(fixed, 8),
            method: short(fixed, 10),
            crc: long(fixed, 16),
            packed: number(fixed, 20, 4),
            size: number(fixed, 24, 4),
            disk: short(fixed, 34),
            external: long(fixed, 38),
            offset: number(fixed, 42, 4),
            at,
            rare: None,
        };
        let rest = peek.get(at + FIXED as u64, variable)?;
        let [name, extra, comment] = lengths;
        entry.name = rest.get(..name).unwrap_or_default().to_vec();
        if extra > 0 {
            entry.take(extra::parse(rest.get(name..name + extra).unwrap_or_default()));
        }
        let text = rest.get(name + extra..).unwrap_or_default();
        if comment > 0 && text.iter().any(|byte| *byte < b' ' && !b"\t\n\r".contains(byte)) {
            entry.rare.get_or_insert_default().comment = Some((end - comment as u64, comment as u64));
        }
        names = names.saturating_add(entry.name.len());
        run.entries.push(entry);
        run.end = end;
    }
}

impl Entry {
    /// Takes over what the extra fields say. Numbers that are not all ones stay, as most readers have it.
    fn take(&mut self, extra: Extra) {
        let mut large = extra.large.unwrap_or_default().into_iter();
        for field in [&mut self.size, &mut self.packed, &mut self.offset] {
            if *field == u64::from(u32::MAX) {
                *field = large.next().unwrap_or(*field);
            }
        }
        if extra.ambiguous || extra.unicode.is_some() || extra.aes.is_some() {
            let Extra { ambiguous, unicode, aes, .. } = extra;
            self.rare = Some(Box::new(Rare { unicode, aes, ambiguous, comment: None }));
        }
    }
}
