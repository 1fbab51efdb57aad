//! A sliding view of a source: sequential, refilled in blocks, with some of the past kept for looking back.

use crate::error::{Error, Result};
use crate::source::{Reader, Source};

/// How much is read at a time: large enough that the system call does not show, small enough for the cache.
const BLOCK: usize = 256 << 10;

/// How much is read first: many a look at a source ends after a few opcodes. It doubles from there.
const FIRST_BLOCK: usize = 4 << 10;

/// How much of the past stays readable, for constants that are used shortly after they were read.
const HISTORY: usize = 64 << 10;

/// The buffer over a source. `unread` begins at `position`.
pub struct Window {
    reader: Reader,
    size: Option<u64>,
    /// The offset in the source of the first byte of `bytes`.
    start: u64,
    bytes: Vec<u8>,
    /// The index in `bytes` of the next unread byte.
    next: usize,
    /// The number of valid bytes in `bytes`.
    filled: usize,
    ended: bool,
    block: usize,
    /// Why the bytes end, where that is not the end of the source.
    broken: Option<Error>,
}

impl Window {
    /// A window whose first unread byte lies at `offset`.
    pub fn new(source: &Source, offset: u64) -> Result<Self> {
        let (reader, size) = (source.reader(offset)?, source.size());
        Ok(Self {
            reader,
            size,
            start: offset,
            bytes: Vec::new(),
            next: 0,
            filled: 0,
            ended: false,
            block: FIRST_BLOCK,
            broken: None,
        })
    }

    /// The offset of the next unread byte.
    pub fn position(&self) -> u64 {
        self.start + self.next as u64
    }

    /// The bytes that can be read without touching the source.
    pub fn unread(&self) -> &[u8] {
        self.bytes.get(self.next..self.filled).unwrap_or_default()
    }

    /// Marks `count` of the unread bytes as read.
    pub fn advance(&mut self, count: usize) {
        self.next = self.next.saturating_add(count).min(self.filled);
    }

    /// Reads on until at least `want` bytes are unread or the source ends; returns how many are unread.
    ///
    /// What compressed data delivers before it breaks counts: `broken` then tells why it ends.
    pub fn fill(&mut self, want: usize) -> Result<usize> {
        while self.filled - self.next < want && !self.ended {
            self.refill(want)?;
        }
        Ok(self.filled - self.next)
    }

    /// Whether the source ends here, and not because it breaks.
    pub fn at_end(&mut self) -> Result<bool> {
        Ok(self.fill(1)? == 0 && self.broken.is_none())
    }

    fn refill(&mut self, want: usize) -> Result<()> {
        let keep_from = self.next.saturating_sub(HISTORY);
        self.bytes.copy_within(keep_from..self.filled, 0);
        self.start += keep_from as u64;
        self.next -= keep_from;
        self.filled -= keep_from;
        let target = (self.filled + self.block).max(self.next.saturating_add(want));
        if self.bytes.len() < target {
            // Small files get small buffers.
            let left =
                self.size.map(|size| size.saturating_sub(self.start)).and_then(|left| usize::try_from(left).ok());
            let enough = left.map_or(target, |left| target.min(left.saturating_add(1)));
            self.bytes.resize(enough.max(self.filled + 1), 0);
        }
        self.block = (self.block * 2).min(BLOCK);
        let Some(room) = self.bytes.get_mut(self.filled..) else { return Ok(()) };
        let count = match self.reader.read(room) {
            Err(error @ (Error::Codec { .. } | Error::Budget { .. } | Error::Late)) => {
                self.broken = Some(error);
                0
            }
            other => other?,
        };
        self.ended = count == 0;
        self.filled += count;
        Ok(())
    }

    /// Moves on by `count` bytes, seeking where they are not in the buffer; returns how many there were.
    pub fn skip(&mut self, count: u64) -> Result<u64> {
        let here = (self.filled - self.next) as u64;
        if count <= here {
            self.next += usize::try_from(count).unwrap_or(0);
            return Ok(count);
        }
        let beyond = match self.reader.skip(count - here) {
            Err(error @ (Error::Codec { .. } | Error::Budget { .. } | Error::Late)) => {
                self.broken = Some(error);
                0
            }
            other => other?,
        };
        self.start = self.position() + here + beyond;
        self.next = 0;
        self.filled = 0;
        self.ended = false;
        Ok(here + beyond)
    }

    /// Why the bytes end before the source does; told once.
    pub fn take_broken(&mut self) -> Option<Error> {
        self.broken.take()
    }

    /// The `length` bytes at `offset`, when they are still in the buffer.
    pub fn look_back(&self, offset: u64, length: usize) -> Option<&[u8]> {
        let from = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        let to = from.checked_add(length)?;
        self.bytes.get(..self.filled)?.get(from..to)
    }

    /// The size of the source, where it is known.
    pub fn size(&self) -> Option<u64> {
        self.size
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_in_order_and_recent_ones_stay_visible() {
        let data: Vec<u8> = (0..1_000_000_u32).map(|n| (n % 251) as u8).collect();
        let source = Source::from_bytes(data.clone());
        let mut window = Window::new(&source, 10).unwrap_or_else(|_| unreachable!());
        let mut read = Vec::new();
        while window.fill(1).unwrap_or_default() > 0 {
            let count = window.unread().len().min(1000);
            read.extend_from_slice(&window.unread()[..count]);
            window.advance(count);
            let back = window.look_back(window.position() - 5, 5).map(<[u8]>::to_vec);
            assert_eq!(back.as_deref(), read.get(read.len() - 5..));
        }
        assert_eq!(read, data[10..]);
    }

    #[test]
    fn skipping_beyond_the_buffer_lands_at_the_right_byte() {
        let source = Source::from_bytes((0..1_000_000_u32).map(|n| (n % 251) as u8).collect());
        let mut window = Window::new(&source, 0).unwrap_or_else(|_| unreachable!());
        window.fill(1).unwrap_or_default();
        assert_eq!(window.skip(700_000).unwrap_or_default(), 700_000);
        window.fill(1).unwrap_or_default();
        assert_eq!(window.unread().first().copied(), Some((700_000 % 251) as u8));
        assert_eq!(window.skip(u64::MAX).unwrap_or_default(), 300_000);
    }
}
