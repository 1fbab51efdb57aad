//! Positional reads of small records, buffered so that neighbours cost one system call.

use memchr::memmem;

use crate::error::Result;
use crate::source::Source;

/// How much is read where the reads follow each other closely.
const BLOCK: usize = 128 << 10;

/// How much is read elsewhere: a header with its name and extra fields.
const SMALL: usize = 1 << 10;

/// Reads that are no farther apart count as following each other.
const NEAR: u64 = 32 << 10;

/// A little-endian number; bytes that are not there count as zero.
pub(super) fn number(bytes: &[u8], at: usize, length: usize) -> u64 {
    let part = bytes.get(at..).unwrap_or_default();
    part.iter().take(length).rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

/// Two bytes of `bytes` as a number.
pub(super) fn short(bytes: &[u8], at: usize) -> u16 {
    u16::try_from(number(bytes, at, 2)).unwrap_or(0)
}

/// Four bytes of `bytes` as a number.
pub(super) fn long(bytes: &[u8], at: usize) -> u32 {
    u32::try_from(number(bytes, at, 4)).unwrap_or(0)
}

/// A buffer over a source that can be read anywhere.
pub(super) struct Peek {
    source: Source,
    /// The size of the source.
    pub(super) size: u64,
    start: u64,
    buffer: Vec<u8>,
}

impl Peek {
    pub(super) fn new(source: &Source) -> Self {
        Self { source: source.clone(), size: source.size().unwrap_or(0), start: 0, buffer: Vec::new() }
    }

    /// The bytes at `offset`, fewer than `length` only at the end of the source.
    pub(super) fn get(&mut self, offset: u64, length: usize) -> Result<&[u8]> {
        let end = self.start.saturating_add(self.buffer.len() as u64);
        if offset < self.start || offset.saturating_add(length as u64) > end.min(self.size.max(end)) {
            let near = offset >= self.start && offset.saturating_sub(end) <= NEAR && !self.buffer.is_empty();
            self.refill(offset, length.max(if near { BLOCK } else { SMALL }))?;
        }
        let from = usize::try_from(offset.saturating_sub(self.start)).unwrap_or(usize::MAX);
        let rest = self.buffer.get(from..).unwrap_or_default();
        Ok(rest.get(..length.min(rest.len())).unwrap_or_default())
    }

    /// Some bytes at `offset`, at least `least` unless the source ends before.
    fn some(&mut self, offset: u64, least: usize) -> Result<&[u8]> {
        let end = self.start.saturating_add(self.buffer.len() as u64);
        if offset < self.start || offset.saturating_add(least as u64) > end {
            self.refill(offset, BLOCK)?;
        }
        let from = usize::try_from(offset.saturating_sub(self.start)).unwrap_or(usize::MAX);
        Ok(self.buffer.get(from..).unwrap_or_default())
    }

    fn refill(&mut self, offset: u64, length: usize) -> Result<()> {
        self.start = offset;
        self.buffer.clear();
        self.buffer = self.source.read(offset, length)?;
        Ok(())
    }

    /// Whether `magic` stands at `offset`.
    pub(super) fn stands(&mut self, offset: u64, magic: &[u8]) -> Result<bool> {
        Ok(self.get(offset, magic.len())? == magic)
    }

    /// Where the next `needle` in `from..to` begins.
    pub(super) fn find(&mut self, needle: &[u8], from: u64, to: u64) -> Result<Option<u64>> {
        let mut at = from;
        while at.saturating_add(needle.len() as u64) <= to {
            let bytes = self.some(at, needle.len())?;
            let within = usize::try_from(to - at).unwrap_or(usize::MAX).min(bytes.len());
            let bytes = bytes.get(..within).unwrap_or_default();
            if let Some(found) = memmem::find(bytes, needle) {
                return Ok(Some(at + found as u64));
            }
            if bytes.len() < needle.len() {
                return Ok(None);
            }
            at += (bytes.len() - needle.len() + 1) as u64;
        }
        Ok(None)
    }

    /// Whether all bytes of `from..to` are zero.
    pub(super) fn zeros(&mut self, from: u64, to: u64) -> Result<bool> {
        let mut at = from;
        while at < to {
            let bytes = self.some(at, 1)?;
            let within = usize::try_from(to - at).unwrap_or(usize::MAX).min(bytes.len());
            let bytes = bytes.get(..within).unwrap_or_default();
            if bytes.is_empty() || bytes.iter().any(|byte| *byte != 0) {
                return Ok(bytes.is_empty());
            }
            at += bytes.len() as u64;
        }
        Ok(true)
    }

    /// Whether `from..to`, which is short, is text.
    pub(super) fn is_text(&mut self, from: u64, to: u64) -> Result<bool> {
        let length = usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX).min(1 << 16);
        Ok(self.get(from, length)?.iter().all(|byte| *byte >= b' ' || b"\t\n\r\x1a".contains(byte)))
    }
}
