//! What no directory accounts for: local headers, further directories and end records in it, and what is left over.

use super::Slack;
use super::bytes::Peek;
use super::central;
use super::collect::{Collector, Known};
use super::end::{self, Directory};
use super::local::{self, Local};
use super::method::Method;
use crate::deadline::Deadline;
use crate::error::Result;
use crate::finding::Finding;

/// The highest "version needed" that means anything (APPNOTE 4.4.3.2), with room for the future.
const VERSION: u16 = 100;

/// Walks every gap between what is accounted for.
pub(super) fn walk(all: &mut Collector, deadline: &Deadline) -> Result<()> {
    let mut taken: Vec<(u64, u64)> = all.known.iter().map(|known| (known.header, known.end)).collect();
    taken.extend_from_slice(&all.structure);
    taken.sort_unstable();
    let size = all.peek.size;
    let mut at = 0_u64;
    for (start, end) in taken.into_iter().chain([(size, size)]) {
        if at < start {
            let place = match (at, start) {
                (0, _) => "before the first member",
                (_, start) if start == size => "behind the end record",
                _ => "between members",
            };
            // A comment is looked at apart from what may follow it.
            let comment = all.comments.iter().find(|comment| comment.0 == at).map_or(at, |comment| comment.1);
            let middle = comment.min(start);
            gap(all, at, middle, COMMENT, deadline)?;
            gap(all, middle, start.min(size), place, deadline)?;
        }
        at = at.max(end);
    }
    Ok(())
}

/// The place whose content may be text.
const COMMENT: &str = "in the comment of the archive";

/// Looks for structure in `from..to` and hands out what is none.
fn gap(all: &mut Collector, from: u64, to: u64, place: &'static str, deadline: &Deadline) -> Result<()> {
    if from >= to {
        return Ok(());
    }
    let from = behind_descriptor(all, from)?;
    let (mut at, mut rest) = (from, from);
    while let Some(found) = all.peek.find(b"PK", at, to)? {
        if deadline.expired() {
            all.incomplete(Finding::new("ENG101", found));
            break;
        }
        let magic: [u8; 4] = all.peek.get(found, 4)?.try_into().unwrap_or_default();
        let next = match &magic {
            b"PK\x03\x04" => hidden(all, found, to)?.map(|end| (found, end)),
            b"PK\x01\x02" => orphan(all, found, to, deadline)?.map(|end| (found, end)),
            b"PK\x05\x06" => all.open(found, deadline)?,
            _ => None,
        };
        match next {
            Some((start, end)) if end > found => {
                leave(all, rest, start, place)?;
                rest = behind_descriptor(all, end)?;
                at = rest;
            }
            _ => at = found + 2,
        }
    }
    leave(all, rest, to, place)
}

/// Where the descriptor of the member that ends at `at` ends.
fn behind_descriptor(all: &mut Collector, at: u64) -> Result<u64> {
    let Some(known) = all.ending_at(at) else { return Ok(at) };
    let (crc, packed, size) = (known.entry.crc, known.entry.packed, known.entry.size);
    Ok(at + local::descriptor(&mut all.peek, at, crc, packed, size)?)
}

/// A local header that nobody lists (so far). Returns where its bytes end.
fn hidden(all: &mut Collector, at: u64, to: u64) -> Result<Option<u64>> {
    if let Some(known) = all.by_header.get(&at).and_then(|index| all.known.get(*index)) {
        return Ok(Some(known.end.min(to)));
    }
    let Some(local) = local::parse(&mut all.peek, at)? else { return Ok(None) };
    if !plausible(&local, to) {
        return Ok(None);
    }
    let end = end_of(&mut all.peek, &local, to)?;
    let packed = if is_open(&local) { end.saturating_sub(local.data) } else { local.packed };
    all.keep(Known::hidden(local, at, end, packed));
    Ok(Some(end))
}

/// Whether a header is one, and not four bytes that look like its beginning.
fn plausible(local: &Local, to: u64) -> bool {
    local.version & 0xff <= VERSION
        && Method(local.method).assigned()
        && !local.name.is_empty()
        && local.name.iter().all(|byte| *byte >= b' ')
        && local.data <= to
}

/// Whether a header does not say how many bytes follow.
fn is_open(local: &Local) -> bool {
    local.packed == u64::from(u32::MAX) || (local.flags & local::DESCRIPTOR != 0 && local.packed == 0)
}

/// Where the data of a header ends that may not say so: before the next record, or with the gap.
fn end_of(peek: &mut Peek, local: &Local, to: u64) -> Result<u64> {
    if !is_open(local) {
        return Ok(local.data.saturating_add(local.packed).min(to));
    }
    let mut at = local.data;
    while let Some(found) = peek.find(b"PK", at, to)? {
        if matches!(peek.get(found, 4)?, b"PK\x01\x02" | b"PK\x03\x04" | b"PK\x05\x06" | b"PK\x07\x08") {
            return Ok(found);
        }
        at = found + 2;
    }
    Ok(to)
}

/// A directory that no end record leads to. Returns where it ends.
fn orphan(all: &mut Collector, at: u64, to: u64, deadline: &Deadline) -> Result<Option<u64>> {
    let run = central::run(&mut all.peek, at, to, deadline)?;
    let Some(first) = run.entries.first() else {
        if run.cut {
            all.incomplete(Finding::new("ZIP128", at).fact("reason", "an entry of its directory is cut"));
            return Ok(Some(to));
        }
        return Ok(None);
    };
    let offset = first.offset;
    if matches!(all.peek.get(run.end, 4)?, b"PK\x05\x06" | b"PK\x06\x06")
        && let Some(end) = all.peek.find(end::MAGIC, run.end, to)?
    {
        all.open(end, deadline)?;
    }
    if !local_stands(all, offset)? {
        return Ok(Some(run.end));
    }
    let directory = Directory { start: at, base: 0, count: run.entries.len() as u64, size: run.end - at };
    if all.index(directory, to, deadline)? && all.has_end() {
        all.report(Finding::new("ZIP101", at).fact("reason", "a directory that no end record leads to"));
    }
    Ok(Some(run.end))
}

fn local_stands(all: &mut Collector, at: u64) -> Result<bool> {
    all.peek.stands(at, local::MAGIC)
}

/// Hands out what is left, unless it is padding.
fn leave(all: &mut Collector, from: u64, to: u64, place: &'static str) -> Result<()> {
    if from >= to || all.peek.zeros(from, to)? {
        return Ok(());
    }
    let source = all.source.slice(from, to - from);
    all.scan.slack.push(Slack { offset: from, source, place });
    if place == COMMENT && all.peek.is_text(from, to)? {
        return Ok(());
    }
    all.report(Finding::new("ZIP121", from).fact("size", to - from).fact("place", place));
    Ok(())
}
