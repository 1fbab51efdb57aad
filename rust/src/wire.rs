//! Protobuf as fields: a cursor over a source that opens the messages asked for and skips everything else by seeking.
//!
//! Nothing here knows a schema. Every length is held against the message around it; what breaks the encoding is a `Fault`
//! with its place, and the walk goes on behind the message that broke, so that what was learned stays and more is learned.
//!
//! References: <https://protobuf.dev/programming-guides/encoding/>.

use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::source::Source;
use crate::window::Window;

/// Messages inside each other. Parsers of protobuf refuse more than 100 unless they are told otherwise.
pub const DEPTH: usize = 100;

/// Faults that are kept. One is enough for a parser to refuse the file; the first few tell where.
const FAULTS: usize = 64;

/// Fields between two looks at the clock.
const FIELDS: u32 = 4096;

/// Bytes that are skipped between two looks at the clock: skipping a stream means decompressing it.
const STEP: u64 = 64 << 20;

/// Bytes of the longest tag and value.
const LONGEST: usize = 20;

/// What is wrong with the encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// The source ends inside a field.
    Truncated,
    /// A length leads beyond the message that the field stands in.
    Length,
    /// A varint has more than ten bytes.
    Varint,
    /// A tag without a field number, with one beyond 29 bits, or of a wire type that does not exist.
    Tag,
    /// A group that ends without having begun, or does not end where its message does.
    Group,
    /// Messages or groups are nested beyond `DEPTH`; what is deeper was not looked at.
    Depth,
    /// The compressed stream breaks here.
    Broken,
}

impl Kind {
    /// In words, for a message.
    pub fn words(self) -> &'static str {
        match self {
            Self::Truncated => "the data ends within a field",
            Self::Length => "a length leads beyond the message around it",
            Self::Varint => "a number has more than ten bytes",
            Self::Tag => "a tag has no valid field number or type",
            Self::Group => "a group does not end where it should",
            Self::Depth => "messages are nested too deep",
            Self::Broken => "the compressed data is broken",
        }
    }
}

/// Where the encoding breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// Where the field stands.
    pub offset: u64,
    /// What is wrong with it.
    pub kind: Kind,
}

/// The value of a field as the encoding gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// Wire type 0.
    Varint(u64),
    /// Wire type 1.
    Fixed64(u64),
    /// Wire type 2: text, bytes, a message or packed numbers, as the schema says. Cut where its length was a lie.
    Bytes {
        /// Where the first byte lies.
        start: u64,
        /// How many there are; in a stream whose size nobody knows yet, how many there should be.
        length: u64,
    },
    /// Wire type 3, with everything up to its end: no current schema has groups, parsers skip them.
    Group,
    /// Wire type 5.
    Fixed32(u32),
}

/// A field of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its number.
    pub number: u32,
    /// Where its tag lies.
    pub offset: u64,
    /// Its value.
    pub value: Value,
}

/// A cursor over the fields of messages.
///
/// `next` gives the fields of the innermost open message. A field of bytes can then be looked at with `peek` or opened as a
/// message with `enter`; otherwise the following `next` skips it. `leave` ends the innermost message, wherever it was left.
pub struct Wire<'d> {
    window: Window,
    deadline: &'d Deadline,
    /// Where the open messages end, the outermost first. That of a stream of unknown size is `u64::MAX`.
    ends: Vec<u64>,
    /// The end of the bytes that the last field is.
    pending: Option<u64>,
    faults: Vec<Fault>,
    fields: u32,
    expired: bool,
    /// The source has no more bytes, though its messages should.
    exhausted: bool,
}

impl<'d> Wire<'d> {
    /// A cursor over a whole source as one message.
    ///
    /// # Errors
    /// Only where the source cannot be read; so for all methods.
    pub fn new(source: &Source, deadline: &'d Deadline) -> Result<Self> {
        let window = Window::new(source, 0)?;
        let end = window.size().unwrap_or(u64::MAX);
        Ok(Self {
            window,
            deadline,
            ends: vec![end],
            pending: None,
            faults: Vec::new(),
            fields: 0,
            expired: false,
            exhausted: false,
        })
    }

    /// What broke the encoding so far, in order; the first ones of many.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Whether the time was over before the end: `next` then gives nothing any more.
    pub fn expired(&self) -> bool {
        self.expired
    }

    /// How many messages are open, besides the outermost.
    pub fn depth(&self) -> usize {
        self.ends.len().saturating_sub(1)
    }

    /// The next byte that was neither read nor skipped.
    pub fn position(&self) -> u64 {
        self.window.position()
    }

    /// The next field of the innermost message; nothing at its end, or where it is broken.
    #[allow(clippy::should_implement_trait)] // It can fail, and it lends nothing.
    pub fn next(&mut self) -> Result<Option<Field>> {
        if let Some(end) = self.pending.take() {
            self.skip_to(end)?;
        }
        self.fields = self.fields.wrapping_add(1);
        if self.expired || (self.fields.is_multiple_of(FIELDS) && self.has_expired()) {
            return Ok(None);
        }
        self.field()
    }

    /// Opens the bytes of the last field as a message; `false` if there are none, or if it would go too deep.
    pub fn enter(&mut self) -> bool {
        let Some(end) = self.pending else { return false };
        if self.depth() >= DEPTH {
            self.fault(self.position(), Kind::Depth);
            return false;
        }
        self.pending = None;
        self.ends.push(end);
        true
    }

    /// Ends the innermost message that was opened: goes to where it ends.
    pub fn leave(&mut self) -> Result<()> {
        self.pending = None;
        if self.ends.len() > 1
            && let Some(end) = self.ends.pop()
        {
            self.skip_to(end)?;
        }
        Ok(())
    }

    /// The front of the bytes of the last field, at most `most` of them; they stay where they are. Packed numbers are read
    /// off with `varint`.
    pub fn peek(&mut self, most: usize) -> Result<&[u8]> {
        let left = self.pending.map_or(0, |end| end.saturating_sub(self.window.position()));
        let want = usize::try_from(left).unwrap_or(usize::MAX).min(most);
        let there = self.window.fill(want)?.min(want);
        Ok(self.window.unread().get(..there).unwrap_or_default())
    }

    fn has_expired(&mut self) -> bool {
        self.expired |= self.deadline.expired();
        self.expired
    }

    fn end(&self) -> u64 {
        self.ends.last().copied().unwrap_or(0)
    }

    fn fault(&mut self, offset: u64, kind: Kind) {
        if self.faults.len() < FAULTS {
            self.faults.push(Fault { offset, kind });
        }
    }

    /// What follows cannot be told any more: the innermost message ends here.
    fn give_up(&mut self, offset: u64, kind: Kind) -> Result<Option<Field>> {
        self.fault(offset, kind);
        // The end of the outermost message may be unknown: skipping to it would decompress all there is.
        if self.ends.len() > 1 {
            self.skip_to(self.end())?;
        } else if let Some(end) = self.ends.first_mut() {
            *end = self.window.position();
        }
        Ok(None)
    }

    fn skip_to(&mut self, end: u64) -> Result<()> {
        loop {
            let (offset, wanted) = (self.window.position(), end.saturating_sub(self.window.position()));
            if wanted == 0 || self.exhausted {
                return Ok(());
            }
            let step = wanted.min(STEP);
            if self.window.skip(step)? < step {
                return self.exhaust(offset);
            }
            if wanted > step && self.has_expired() {
                return Ok(());
            }
        }
    }

    /// The source ends before its messages do.
    fn exhaust(&mut self, offset: u64) -> Result<()> {
        self.exhausted = true;
        match self.window.take_broken() {
            None => self.fault(offset, Kind::Truncated),
            Some(Error::Io(error)) => return Err(Error::Io(error)),
            Some(Error::Late) => self.expired = true,
            Some(_) => self.fault(offset, Kind::Broken),
        }
        Ok(())
    }

    fn field(&mut self) -> Result<Option<Field>> {
        let (offset, end) = (self.window.position(), self.end());
        if offset >= end || self.exhausted {
            return Ok(None);
        }
        let there = self.window.fill(LONGEST)?;
        if there == 0 {
            // Streams tell their size by ending; that is an error only inside of a message.
            if self.ends.len() > 1 || end != u64::MAX || !self.window.at_end()? {
                self.exhaust(offset)?;
            }
            return Ok(None);
        }
        let inside = usize::try_from(end - offset).unwrap_or(usize::MAX).min(there);
        let cut = if inside < there { Kind::Length } else { Kind::Truncated };
        let (tag, taken) = match self.varint(inside, 0) {
            Ok(read) => read,
            Err(malformed) => return self.give_up(offset, if malformed { Kind::Varint } else { cut }),
        };
        let (number, kind) = (tag >> 3, tag & 7);
        if number == 0 || number >= 1 << 29 {
            return self.give_up(offset, Kind::Tag);
        }
        let number = u32::try_from(number).unwrap_or(0);
        let (value, size) = match kind {
            0 | 2 => match self.varint(inside, taken) {
                Ok(read) => read,
                Err(malformed) => return self.give_up(offset, if malformed { Kind::Varint } else { cut }),
            },
            1 | 5 => match self.fixed(inside, taken, if kind == 1 { 8 } else { 4 }) {
                Some(read) => read,
                None => return self.give_up(offset, cut),
            },
            3 => {
                self.window.advance(taken);
                self.skip_group(offset, number)?;
                return Ok(Some(Field { number, offset, value: Value::Group }));
            }
            4 => return self.give_up(offset, Kind::Group),
            _ => return self.give_up(offset, Kind::Tag),
        };
        self.window.advance(taken + size);
        let value = match kind {
            0 => Value::Varint(value),
            1 => Value::Fixed64(value),
            5 => Value::Fixed32(u32::try_from(value).unwrap_or(0)),
            _ => self.bytes(offset, value),
        };
        Ok(Some(Field { number, offset, value }))
    }

    /// The bytes from here on, as far as the message around them goes.
    fn bytes(&mut self, offset: u64, length: u64) -> Value {
        let start = self.window.position();
        let left = self.end().saturating_sub(start);
        if length > left {
            self.fault(offset, if self.ends.len() > 1 { Kind::Length } else { Kind::Truncated });
        }
        let length = length.min(left);
        self.pending = Some(start.saturating_add(length));
        Value::Bytes { start, length }
    }

    /// A varint at a place of the window: its value and size; what is wrong otherwise, as `varint` says it.
    fn varint(&self, inside: usize, from: usize) -> std::result::Result<(u64, usize), bool> {
        varint(self.window.unread().get(from..inside).unwrap_or_default())
    }

    fn fixed(&self, inside: usize, from: usize, size: usize) -> Option<(u64, usize)> {
        let bytes = self.window.unread().get(from..inside)?.get(..size)?;
        Some((bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte)), size))
    }

    /// Goes to the end of a group, which only reading its fields tells.
    fn skip_group(&mut self, offset: u64, number: u32) -> Result<()> {
        let mut open = vec![number];
        while let Some(innermost) = open.last().copied() {
            self.fields = self.fields.wrapping_add(1);
            if self.fields.is_multiple_of(FIELDS) && self.has_expired() {
                return Ok(());
            }
            let (place, end) = (self.window.position(), self.end());
            let there = self.window.fill(LONGEST)?;
            let inside = usize::try_from(end.saturating_sub(place)).unwrap_or(usize::MAX).min(there);
            let Ok((tag, taken)) = self.varint(inside, 0) else { return self.give_up(offset, Kind::Group).map(drop) };
            let number = u32::try_from(tag >> 3).unwrap_or(0);
            self.window.advance(taken);
            let inside = inside.saturating_sub(taken);
            let skipped = match tag & 7 {
                0 => self.varint(inside, 0).map(|(_, size)| size as u64),
                1 => Ok(8),
                2 => self.varint(inside, 0).map(|(length, size)| length.saturating_add(size as u64)),
                5 => Ok(4),
                3 if open.len() < DEPTH => {
                    open.push(number);
                    Ok(0)
                }
                4 if number == innermost => {
                    open.pop();
                    Ok(0)
                }
                _ => Err(true),
            };
            let here = self.window.position();
            match skipped {
                Ok(count) if count <= end.saturating_sub(here) => self.skip_to(here.saturating_add(count))?,
                _ => return self.give_up(offset, Kind::Group).map(drop),
            }
            if self.exhausted {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// The varint at the front of some bytes: its value, as 64 bits hold it, and how many bytes it has.
///
/// # Errors
/// `true` if it has more than ten bytes, `false` if the bytes end before it does.
pub fn varint(bytes: &[u8]) -> std::result::Result<(u64, usize), bool> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        // The tenth byte has one bit that counts; parsers drop the others.
        value |= u64::from(byte & 0x7f).checked_shl(u32::try_from(index * 7).unwrap_or(0)).unwrap_or(0);
        if *byte < 0x80 {
            return Ok((value, index + 1));
        }
    }
    Err(bytes.len() >= 10)
}

#[cfg(test)]
mod tests;
