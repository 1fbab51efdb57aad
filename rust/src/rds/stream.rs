//! The three encodings of R's serialization: big-endian (XDR), native binary, and text.

use crate::deadline::Deadline;
use crate::error::Result;
use crate::source::Source;
use crate::walk::{Cursor, Stop, Taken};

/// Bytes of a number written as text: R reads at most 100.
const WORD: usize = 100;

/// How integers and strings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Binary,
    Text,
}

/// What a stream says of itself before its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// Whether it is a saved workspace: `load` binds what is in it.
    pub workspace: bool,
    /// Its version; none for workspaces of R before 1.4.
    pub version: Option<i32>,
}

/// The next numbers and strings of a file.
pub(super) struct Stream<'a> {
    pub cursor: Cursor<'a>,
    encoding: Encoding,
}

impl<'a> Stream<'a> {
    pub(super) fn new(source: &Source, deadline: &'a Deadline) -> Result<Self> {
        let mut cursor = Cursor::new(source, 0, deadline)?;
        cursor.big_endian = true;
        Ok(Self { cursor, encoding: Encoding::Binary })
    }

    /// Whether objects have a size in bytes.
    pub(super) fn is_binary(&self) -> bool {
        self.encoding == Encoding::Binary
    }

    /// Reads up to the value.
    pub(super) fn header(&mut self) -> Taken<Header> {
        let mut format: [u8; 2] = self.cursor.array()?;
        let workspace = format == *b"RD";
        if workspace {
            let rest: [u8; 3] = self.cursor.array()?;
            if rest[1] == b'1' {
                return Ok(Header { workspace, version: None });
            }
            format = self.cursor.array()?;
        }
        if format == *b"\nA" {
            // R lets a line feed pass that an earlier text has left behind.
            format = [b'A', self.cursor.byte()?];
        }
        let version = match format {
            [b'X', b'\n'] => self.int()?,
            [b'A', b'\n'] => {
                self.encoding = Encoding::Text;
                self.int()?
            }
            [b'B', b'\n'] => {
                let bytes = self.cursor.array()?;
                self.cursor.big_endian = i32::from_be_bytes(bytes).unsigned_abs() < 0x1_0000;
                if self.cursor.big_endian { i32::from_be_bytes(bytes) } else { i32::from_le_bytes(bytes) }
            }
            _ => return Err(Stop::Broken("it does not begin like one")),
        };
        self.int()?;
        self.int()?;
        if version == 3 {
            let length = self.int()?;
            self.string(i64::from(length), 0)?;
        }
        Ok(Header { workspace, version: Some(version) })
    }

    pub(super) fn int(&mut self) -> Taken<i32> {
        if self.encoding == Encoding::Binary {
            return Ok(self.cursor.u32()?.cast_signed());
        }
        let word = self.word()?;
        if word == b"NA" {
            return Ok(i32::MIN);
        }
        let text = std::str::from_utf8(&word).unwrap_or_default();
        text.parse().map_err(|_| Stop::Broken("a word that is no number"))
    }

    fn word(&mut self) -> Taken<Vec<u8>> {
        let mut word = vec![self.after_space()?];
        while !self.cursor.at_end()? {
            let byte = self.cursor.byte()?;
            if byte.is_ascii_whitespace() {
                return Ok(word);
            }
            if word.len() >= WORD {
                return Err(Stop::Broken("a word that is longer than R reads"));
            }
            word.push(byte);
        }
        Ok(word)
    }

    fn after_space(&mut self) -> Taken<u8> {
        loop {
            let byte = self.cursor.byte()?;
            if !byte.is_ascii_whitespace() {
                return Ok(byte);
            }
        }
    }

    /// The length of a vector: R has a form for those beyond 31 bits.
    pub(super) fn length(&mut self) -> Taken<u64> {
        const HIGHEST: u32 = 1 << 16;
        let length = self.int()?;
        if length >= 0 {
            return Ok(u64::from(length.unsigned_abs()));
        }
        if length < -1 {
            return Err(Stop::Broken("a vector of negative length"));
        }
        let (high, low) = (self.int()?.cast_unsigned(), self.int()?.cast_unsigned());
        if high > HIGHEST {
            return Err(Stop::Broken("a vector that is longer than R allows"));
        }
        Ok((u64::from(high) << 32) | u64::from(low))
    }

    /// A string of so many bytes: what it says, as far as `most` bytes go, or nothing if it is longer.
    pub(super) fn string(&mut self, length: i64, most: usize) -> Taken<Option<Vec<u8>>> {
        // -1 stands for NA.
        let Ok(length) = u64::try_from(length) else { return Ok(None) };
        if self.encoding == Encoding::Binary {
            if length <= most as u64 {
                return self.cursor.bytes(usize::try_from(length).unwrap_or(0)).map(Some);
            }
            return self.cursor.skip(length).map(|()| None);
        }
        let mut kept = Vec::new();
        for index in 0..length {
            let byte = if index == 0 { self.after_space()? } else { self.cursor.byte()? };
            let byte = if byte == b'\\' { self.escaped()? } else { byte };
            if kept.len() < most {
                kept.push(byte);
            }
        }
        Ok((length <= most as u64).then_some(kept))
    }

    fn escaped(&mut self) -> Taken<u8> {
        Ok(match self.cursor.byte()? {
            b'n' => b'\n',
            b't' => b'\t',
            b'v' => 0x0B,
            b'b' => 0x08,
            b'r' => b'\r',
            b'f' => 0x0C,
            b'a' => 0x07,
            first @ b'0'..=b'7' => {
                let mut value = first & 7;
                for _ in 0..2 {
                    match self.cursor.peek() {
                        Ok(digit @ b'0'..=b'7') => {
                            value = (value << 3) | (digit & 7);
                            self.cursor.byte()?;
                        }
                        _ => break,
                    }
                }
                value
            }
            other => other,
        })
    }

    /// Passes over the items of a vector of numbers; returns where its bytes lie, if they stand there as they are.
    pub(super) fn numbers(&mut self, count: u64, each: u64) -> Taken<Option<(u64, u64)>> {
        if self.encoding == Encoding::Binary {
            let bytes = count.checked_mul(each).ok_or(Stop::Ended)?;
            let start = self.cursor.position();
            return self.cursor.skip(bytes).map(|()| Some((start, bytes)));
        }
        // A complex number is two words, a raw byte is one of two digits.
        for _ in 0..if each == 16 { count.saturating_mul(2) } else { count } {
            self.word()?;
        }
        Ok(None)
    }

    /// Whether nothing follows but the white space that ends a text.
    pub(super) fn at_end(&mut self) -> Taken<bool> {
        if self.encoding == Encoding::Text {
            while !self.cursor.at_end()? && self.cursor.peek()?.is_ascii_whitespace() {
                self.cursor.byte()?;
            }
        }
        self.cursor.at_end()
    }
}
