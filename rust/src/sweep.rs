//! Every byte of a source, once, in overlapping blocks, on as many processors as there are.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::source::{Reader, Source};

/// How much is looked at in one piece: it stays in the cache of a processor.
const BLOCK: u64 = 1 << 20;

/// How far a view reaches beyond its block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sight {
    /// Bytes before the block.
    pub(crate) behind: u64,
    /// Bytes behind it.
    pub(crate) ahead: usize,
}

/// Bytes that are passed over between two looks at the clock.
const STEP: u64 = 16 << 20;

/// Between parts that are smaller it is quicker to look than to leap.
const LEAP: u64 = 64 << 10;

/// Bytes that make another thread worth its start.
const SHARE: u64 = 4 << 20;

/// Threads of one sweep: more wait for memory rather than work.
const THREADS: usize = 16;

/// A block and what is around it.
pub(crate) struct View<'a> {
    /// The block, some bytes before it and some behind it, as far as there are any.
    pub(crate) bytes: &'a [u8],
    /// The offset in the source of the first of them.
    pub(crate) base: u64,
    /// The offsets that belong to this block and to no other.
    pub(crate) own: Range<u64>,
}

/// How a sweep ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swept {
    /// All was seen, up to the end of the source or to where compressed data breaks.
    Whole,
    /// The deadline came before.
    Late,
}

/// What of a source is to be looked at where `parts`, in order, are left out but for their last `reach` bytes.
pub(crate) fn regions(parts: &[Range<u64>], size: u64, reach: u64) -> Vec<Range<u64>> {
    let (mut regions, mut next) = (Vec::new(), 0);
    for part in parts {
        let end = part.end.saturating_sub(reach);
        if end.saturating_sub(part.start) > LEAP && part.start >= next {
            regions.push(next..part.start);
            next = end;
        }
    }
    regions.push(next..size.max(next));
    regions.retain(|region| region.start < region.end);
    regions
}

/// Calls `look` for each block of `regions`, which are in order; what it makes of them is returned, thread by thread.
///
/// Without random access one thread reads from front to back.
pub(crate) fn sweep<T: Default + Send>(
    source: &Source,
    regions: &[Range<u64>],
    sight: Sight,
    deadline: &Deadline,
    look: impl Fn(&mut T, &View<'_>) + Sync,
) -> Result<(Vec<T>, Swept)> {
    let total = regions.iter().fold(0_u64, |sum, region| sum.saturating_add(region.end.saturating_sub(region.start)));
    let threads = usize::try_from(total / SHARE).unwrap_or(usize::MAX).saturating_add(1).min(THREADS);
    // Asking for the number of processors takes longer than looking at a small source.
    let alone = threads == 1 || !source.random_access();
    let threads = if alone { 1 } else { processors().min(threads) };
    if threads == 1 {
        let mut found = T::default();
        let swept = in_turn(source, regions, sight, deadline, |view| look(&mut found, view))?;
        return Ok((vec![found], swept));
    }
    if deadline.expired() {
        return Ok((Vec::new(), Swept::Late));
    }
    let blocks = Mutex::new(blocks(regions));
    let (stop, late) = (AtomicBool::new(false), AtomicBool::new(false));
    let work = |first: bool| -> Result<T> {
        let mut found = T::default();
        let mut buffer = Vec::new();
        while let Some(own) = blocks.lock().ok().and_then(|mut blocks| blocks.next()) {
            // Only the thread of the caller hears Ctrl-C.
            if first && deadline.expired() {
                late.store(true, Ordering::Relaxed);
                stop.store(true, Ordering::Relaxed);
            }
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let base = own.start.saturating_sub(sight.behind);
            let want = length(own.end.saturating_sub(base)).saturating_add(sight.ahead);
            let outcome = source.reader(base).and_then(|mut reader| fill(&mut reader, &mut buffer, 0, want));
            if let Err(error) = outcome {
                stop.store(true, Ordering::Relaxed);
                return Err(error);
            }
            look(&mut found, &View { bytes: &buffer, base, own });
        }
        Ok(found)
    };
    let all: Result<Vec<T>> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(|| work(false))).collect();
        let mut all = vec![work(true)];
        all.extend(others.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err(failed()))));
        all.into_iter().collect()
    });
    Ok((all?, if late.load(Ordering::Relaxed) { Swept::Late } else { Swept::Whole }))
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn failed() -> Error {
    Error::Io(std::io::Error::other("a thread of the search failed"))
}

fn length(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

fn blocks(regions: &[Range<u64>]) -> impl Iterator<Item = Range<u64>> {
    regions.iter().flat_map(|region| {
        let end = region.end;
        let mut next = region.start;
        std::iter::from_fn(move || {
            let start = next;
            next = start.saturating_add(BLOCK).min(end);
            (start < end).then_some(start..next)
        })
    })
}

/// One thread reads on and on: what lies before a block is still there, what lies behind it is read for the next.
fn in_turn(
    source: &Source,
    regions: &[Range<u64>],
    sight: Sight,
    deadline: &Deadline,
    mut look: impl FnMut(&View<'_>),
) -> Result<Swept> {
    let mut reader: Option<Reader> = None;
    // What is in the buffer begins here; where the reader stands is behind it.
    let (mut buffer, mut base) = (Vec::new(), 0_u64);
    for own in blocks(regions) {
        if deadline.expired() {
            return Ok(Swept::Late);
        }
        let reader = match &mut reader {
            Some(reader) => reader,
            none => none.insert(source.reader(0)?),
        };
        let from = own.start.saturating_sub(sight.behind);
        let held = base.saturating_add(buffer.len() as u64);
        if from < held {
            buffer.drain(..length(from.saturating_sub(base)).min(buffer.len()));
        } else {
            buffer.clear();
            // What is passed over is decompressed all the same.
            let mut at = held;
            while at < from {
                let step = (from - at).min(STEP);
                if deadline.expired() {
                    return Ok(Swept::Late);
                }
                if whole(reader.skip(step))?.unwrap_or(0) < step {
                    return Ok(Swept::Whole);
                }
                at += step;
            }
        }
        base = from;
        let (kept, want) = (buffer.len(), length(own.end.saturating_sub(base)).saturating_add(sight.ahead));
        fill(reader, &mut buffer, kept, want)?;
        if base.saturating_add(buffer.len() as u64) <= own.start {
            return Ok(Swept::Whole);
        }
        look(&View { bytes: &buffer, base, own });
    }
    Ok(Swept::Whole)
}

/// Reads until the buffer holds `want` bytes or the source ends; the first `kept` are there.
fn fill(reader: &mut Reader, buffer: &mut Vec<u8>, kept: usize, want: usize) -> Result<()> {
    buffer.truncate(kept);
    let mut filled = buffer.len();
    // A small source gets a small buffer.
    let want = reader.left().map_or(want, |left| want.min(filled.saturating_add(left)));
    buffer.resize(want.max(filled), 0);
    while let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
        match whole(reader.read(room))?.unwrap_or(0) {
            0 => break,
            count => filled = filled.saturating_add(count),
        }
    }
    buffer.truncate(filled);
    Ok(())
}

/// Nothing where compressed data breaks: whoever scans the stream says so.
fn whole<T>(outcome: Result<T>) -> Result<Option<T>> {
    match outcome {
        Err(Error::Codec { .. } | Error::Budget { .. } | Error::Late) => Ok(None),
        other => other.map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Codec;
    use std::io::Write;

    fn content() -> Vec<u8> {
        (0..9_000_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
    }

    fn seen(source: &Source, regions: &[Range<u64>]) -> Vec<(u64, Vec<u8>)> {
        let look = |found: &mut Vec<(u64, Vec<u8>)>, view: &View<'_>| {
            let from = length(view.own.start - view.base);
            let to = length(view.own.end - view.base).min(view.bytes.len());
            found.push((view.own.start, view.bytes[from..to].to_vec()));
            let all = content();
            let base = length(view.base);
            assert!(view.bytes == &all[base..base + view.bytes.len()], "{}", view.base);
            assert!(base + view.bytes.len() >= (length(view.own.end) + 100).min(all.len()));
        };
        let (parts, swept) = sweep(source, regions, Sight { behind: 9, ahead: 100 }, &Deadline::never(), look)
            .unwrap_or_else(|_| unreachable!());
        assert_eq!(swept, Swept::Whole);
        let mut all: Vec<_> = parts.into_iter().flatten().collect();
        all.sort();
        all
    }

    fn deflated() -> Source {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&content()).unwrap_or_default();
        Source::from_bytes(encoder.finish().unwrap_or_default()).decode(Codec::Deflate, u64::MAX)
    }

    #[test]
    fn every_byte_of_the_regions_is_seen_once() {
        for source in [Source::from_bytes(content()), deflated()] {
            let all = seen(&source, std::slice::from_ref(&(0..source.size().unwrap_or(u64::MAX))));
            assert!(all.iter().flat_map(|(_, bytes)| bytes.clone()).eq(content()));
            let some = seen(&source, &[3..10, 12..2_000_000, 5_000_000..5_000_001, 8_999_990..9_000_000]);
            let expected = [&content()[3..10], &content()[12..2_000_000], &content()[5_000_000..5_000_001]].concat();
            let bytes: Vec<u8> = some.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
            assert!(bytes == [&expected[..], &content()[8_999_990..]].concat());
        }
    }

    #[test]
    fn a_deadline_ends_it() {
        let deadline = Deadline::never();
        deadline.cancel();
        let source = Source::from_bytes(content());
        let count = |found: &mut u64, _: &View<'_>| *found += 1;
        let outcome =
            sweep(&source, std::slice::from_ref(&(0..9_000_000)), Sight { behind: 0, ahead: 0 }, &deadline, count);
        assert_eq!(outcome.map(|(_, swept)| swept).ok(), Some(Swept::Late));
    }
}
