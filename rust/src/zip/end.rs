//! End records (APPNOTE 4.3.14 to 4.3.16): where they are, and which directories they may mean.

use super::bytes::{Peek, number, short};
use crate::error::Result;

/// What begins an end record.
pub(super) const MAGIC: &[u8] = b"PK\x05\x06";

/// What begins a Zip64 end record.
const LARGE_MAGIC: &[u8] = b"PK\x06\x06";

/// An end record without its comment.
pub(super) const FIXED: u64 = 22;

/// A Zip64 end record, and the locator between it and the end record.
const LARGE: u64 = 56;
const LOCATOR: u64 = 20;

/// An end record with what belongs to it.
#[derive(Debug)]
pub(super) struct End {
    pub(super) at: u64,
    /// Where the records begin, the Zip64 ones included: a directory ends there.
    pub(super) first: u64,
    pub(super) comment: u64,
    /// How long the comment is said to be.
    pub(super) declared_comment: u64,
    pub(super) disk: u16,
    /// The directories that readers would open, the commonest reading first.
    pub(super) directories: Vec<Directory>,
    /// The Zip64 record, where there is one, and whether it lies directly before its locator.
    pub(super) large: Option<(u64, bool)>,
    /// A locator leads nowhere.
    pub(super) lost: bool,
    /// The two records contradict each other.
    pub(super) contradiction: bool,
}

/// A directory as some reader would find it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Directory {
    pub(super) start: u64,
    /// What has to be added to the offsets in it.
    pub(super) base: i64,
    pub(super) count: u64,
    pub(super) size: u64,
}

/// The numbers of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Numbers {
    count: u64,
    size: u64,
    offset: u64,
}

/// The end record at `at`, unless it is cut.
pub(super) fn parse(peek: &mut Peek, at: u64) -> Result<Option<End>> {
    let fixed = peek.get(at, 22)?;
    if !fixed.starts_with(MAGIC) || fixed.len() < 22 {
        return Ok(None);
    }
    let small = Numbers { count: number(fixed, 10, 2), size: number(fixed, 12, 4), offset: number(fixed, 16, 4) };
    let (disk, declared_comment) = (short(fixed, 4), number(fixed, 20, 2));
    let mut end = End {
        at,
        first: at,
        comment: declared_comment.min(peek.size.saturating_sub(at.saturating_add(FIXED))),
        declared_comment,
        disk,
        directories: Vec::new(),
        large: None,
        lost: false,
        contradiction: false,
    };
    let records = large_records(peek, &mut end)?;
    for (place, numbers) in &records {
        end.contradiction |= contradicts(small, *numbers);
        end.add(peek, *numbers, *place)?;
    }
    let saturated = small.count == 0xffff || small.size == 0xffff_ffff || small.offset == 0xffff_ffff;
    if records.is_empty() || !saturated {
        let first = end.first;
        end.add(peek, small, first)?;
    }
    Ok(Some(end))
}

/// The Zip64 records that readers would find: where the locator says, and directly before it.
fn large_records(peek: &mut Peek, end: &mut End) -> Result<Vec<(u64, Numbers)>> {
    let Some(locator) = end.at.checked_sub(LOCATOR) else { return Ok(Vec::new()) };
    let bytes = peek.get(locator, 20)?;
    if !bytes.starts_with(b"PK\x06\x07") {
        return Ok(Vec::new());
    }
    let told = number(bytes, 8, 8);
    end.first = locator;
    let mut records = Vec::new();
    for place in [Some(told), locator.checked_sub(LARGE)].into_iter().flatten() {
        if place >= locator || records.iter().any(|(known, _)| *known == place) {
            continue;
        }
        let bytes = peek.get(place, 56)?;
        if !bytes.starts_with(LARGE_MAGIC) || bytes.len() < 56 {
            continue;
        }
        let numbers = Numbers { count: number(bytes, 32, 8), size: number(bytes, 40, 8), offset: number(bytes, 48, 8) };
        let close = place.saturating_add(12).saturating_add(number(bytes, 4, 8)) == locator;
        if end.large.is_none() {
            end.large = Some((place, close));
        }
        end.first = end.first.min(place);
        records.push((place, numbers));
    }
    end.lost = records.is_empty();
    Ok(records)
}

/// Whether a number of the short record that is not all ones differs from the long one's.
fn contradicts(small: Numbers, large: Numbers) -> bool {
    let differs = |small: u64, large: u64, ones: u64| small != ones && small != large;
    differs(small.count, large.count, 0xffff)
        || differs(small.size, large.size, 0xffff_ffff)
        || differs(small.offset, large.offset, 0xffff_ffff)
}

impl End {
    /// The directory that ends at `ends`, and the one at the offset as written, where these are two.
    fn add(&mut self, peek: &mut Peek, numbers: Numbers, ends: u64) -> Result<()> {
        let Numbers { count, size, offset } = numbers;
        for start in [ends.checked_sub(size), Some(offset)].into_iter().flatten() {
            let there = peek.stands(start, super::central::MAGIC)? && start < ends;
            let empty = count == 0 && size == 0 && start == ends;
            if !there && !empty {
                continue;
            }
            let base = if start == offset { 0 } else { signed(start).saturating_sub(signed(offset)) };
            let directory = Directory { start, base, count, size };
            if !self.directories.iter().any(|known| known.start == start && known.base == base) {
                self.directories.push(directory);
            }
        }
        Ok(())
    }

    /// Where the record and its comment end.
    pub(super) fn end(&self) -> u64 {
        self.at.saturating_add(FIXED).saturating_add(self.comment)
    }
}

fn signed(offset: u64) -> i64 {
    i64::try_from(offset).unwrap_or(i64::MAX)
}

impl Directory {
    /// Where an offset of this directory lies in the file.
    pub(super) fn resolve(&self, offset: u64) -> u64 {
        u64::try_from(signed(offset).saturating_add(self.base)).unwrap_or(u64::MAX)
    }
}
