//! Literal patterns, whatever the case of their letters, in all bytes of a source: as UTF-8 and as UTF-16.
//!
//! `fold` says which letters are the same, `segment` which part of a pattern is looked for, `filter` where it may stand,
//! `encoding` whether the pattern does.

mod encoding;
mod filter;
mod fold;
mod segment;
#[cfg(test)]
mod tests;

use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::deadline::Deadline;
use crate::error::Result;
use crate::source::Source;
use crate::sweep::{Sight, Swept, View, regions, sweep};
use encoding::Encoding;
use filter::{Filter, filters};

/// Letters of one pattern: the longest text that somebody means literally.
const LONGEST: usize = 4096;

/// Bytes of a letter in any encoding, with a dot that may follow.
const LETTER: usize = 4;

/// Patterns, ready to be looked for.
#[derive(Debug)]
pub struct Patterns {
    /// Folded.
    letters: Vec<Vec<char>>,
    filters: Vec<Filter>,
    /// Bytes that the longest can take.
    reach: usize,
}

/// How often a pattern stands in a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// Which pattern, by its place in the list.
    pub pattern: usize,
    /// Beginnings, also where one overlaps another.
    pub count: u64,
    /// The offset of the first.
    pub first: u64,
}

/// What one thread has found: by pattern, how often and where first.
type Seen = FxHashMap<u32, (u64, u64)>;

impl Patterns {
    /// Compiles patterns; `Err` holds the place of one that is empty or longer than any text that is meant.
    pub fn new<'a>(patterns: impl IntoIterator<Item = &'a str>) -> std::result::Result<Self, usize> {
        let letters: Vec<Vec<char>> = patterns.into_iter().map(fold::folded).collect();
        if let Some(place) = letters.iter().position(|letters| letters.is_empty() || letters.len() > LONGEST) {
            return Err(place);
        }
        let reach = letters.iter().map(|letters| letters.len() * LETTER).max().unwrap_or(0);
        Ok(Self { filters: filters(&letters), letters, reach })
    }

    /// Looks through a source, but for what lies in `parts` of it, packed or not: those are looked through on their own.
    ///
    /// Bytes behind the end of a compressed stream count as following its content: whoever unpacks it leaves them.
    pub fn search(&self, source: &Source, parts: &[Source], deadline: &Deadline) -> Result<(Vec<Hit>, Swept)> {
        let parts = source.parts(parts);
        let regions = regions(&parts, source.size().unwrap_or(u64::MAX), self.reach as u64);
        let sight = Sight { behind: 1, ahead: self.reach.saturating_add(2) };
        let look = |seen: &mut Seen, view: &View<'_>| self.look(seen, view, &parts);
        let (mut seen, mut swept) = sweep(source, &regions, sight, deadline, look)?;
        if let (Some(packed), Some(end)) = (source.packed(), source.end().filter(|end| end.trailing > 0)) {
            let rest = packed.slice(packed.size().unwrap_or(0).saturating_sub(end.trailing), end.trailing);
            let look = |seen: &mut Seen, view: &View<'_>| self.look(seen, view, &[]);
            let behind = sweep(&rest, std::slice::from_ref(&(0..end.trailing)), sight, deadline, look)?;
            let moved = |(pattern, (count, first))| (pattern, (count, end.size.saturating_add(first)));
            seen.extend(behind.0.into_iter().map(|seen| seen.into_iter().map(moved).collect()));
            swept = behind.1;
        }
        Ok((merged(seen), swept))
    }

    /// The patterns that stand in some bytes, such as those of a name.
    pub fn within(&self, bytes: &[u8]) -> Vec<usize> {
        let mut seen = Seen::default();
        self.look(&mut seen, &View { bytes, base: 0, own: 0..bytes.len() as u64 }, &[]);
        merged(vec![seen]).iter().map(|hit| hit.pattern).collect()
    }

    fn look(&self, seen: &mut Seen, view: &View<'_>, parts: &[Range<u64>]) {
        let inside = |offset: u64| usize::try_from(offset.saturating_sub(view.base)).unwrap_or(usize::MAX);
        let (start, end) = (inside(view.own.start), inside(view.own.end).min(view.bytes.len()));
        for filter in &self.filters {
            filter.run(view.bytes, start, end, |at, needle| {
                let stands = |at: usize, encoding: Encoding| {
                    let letters = self.letters.get(needle.pattern as usize)?;
                    encoding.stands(view.bytes.get(at..)?, letters)
                };
                let Some(length) = stands(at, needle.encoding) else { return };
                // Latin letters in UTF-16 read the same in both byte orders, one byte apart: they count once.
                let neighbours = [at.checked_add(1), at.checked_sub(1)];
                let twin = |at: &usize| stands(*at, Encoding::Utf16Le).is_some();
                if needle.encoding == Encoding::Utf16Be && neighbours.iter().flatten().any(twin) {
                    return;
                }
                let place = view.base.saturating_add(at as u64);
                if lies_in(parts, place, place.saturating_add(length as u64)) {
                    return;
                }
                let (count, first) = seen.entry(needle.pattern).or_insert((0, place));
                *count = count.saturating_add(1);
                *first = place.min(*first);
            });
        }
    }
}

fn lies_in(parts: &[Range<u64>], start: u64, end: u64) -> bool {
    let before = parts.partition_point(|part| part.start <= start);
    before.checked_sub(1).and_then(|last| parts.get(last)).is_some_and(|part| end <= part.end)
}

fn merged(parts: Vec<Seen>) -> Vec<Hit> {
    let mut all = Seen::default();
    for (pattern, (count, first)) in parts.into_iter().flatten() {
        let known = all.entry(pattern).or_insert((0, first));
        *known = (known.0.saturating_add(count), known.1.min(first));
    }
    let mut hits: Vec<Hit> =
        all.into_iter().map(|(pattern, (count, first))| Hit { pattern: pattern as usize, count, first }).collect();
    hits.sort_unstable_by_key(|hit| hit.pattern);
    hits
}
