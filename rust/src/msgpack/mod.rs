//! Checkpoints of Flax: one map in `MessagePack`, walked without recursion, arrays passed over by seeking.
//!
//! `array` knows the arrays that Flax packs into extensions. Sources: the specification of `MessagePack`, and
//! `flax/serialization.py`.

mod array;

use rustc_hash::FxHashSet;
use std::hash::{BuildHasher, RandomState};

use crate::deadline::Deadline;
use crate::error::Result;
use crate::finding::Finding;
use crate::source::Source;
use crate::walk::{Cursor, Ends, Stop, Taken, Tally, Text, Walk};

const ENDS: Ends = Ends { broken: "MSG101", limit: "MSG108" };

/// Maps and arrays inside each other. The readers of Python stop at 1,024.
const DEPTH: usize = 1_024;

/// Keys of open maps that are compared with each other.
const KEYS: usize = 1 << 20;

/// Bytes of a key.
const KEY: u64 = 4_096;

/// Bytes of text that are handed on, all together, and in how many pieces.
const TEXT: u64 = 32 << 20;
const TEXTS: usize = 1 << 16;

/// Values of bytes that are handed on.
const NESTED: usize = 1_024;

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Marker {
    /// A number, a truth or nothing, with so many bytes behind the marker.
    Scalar(u64),
    Text(u64),
    Bytes(u64),
    Array(u64),
    Map(u64),
    /// Its length; the type follows.
    Extension(u64),
}

fn marker(cursor: &mut Cursor<'_>) -> Taken<Marker> {
    let byte = cursor.byte()?;
    Ok(match byte {
        0x00..=0x7F | 0xC0 | 0xC2 | 0xC3 | 0xE0..=0xFF => Marker::Scalar(0),
        0x80..=0x8F => Marker::Map(u64::from(byte & 0x0F)),
        0x90..=0x9F => Marker::Array(u64::from(byte & 0x0F)),
        0xA0..=0xBF => Marker::Text(u64::from(byte & 0x1F)),
        0xC1 => return Err(Stop::Broken("a byte that no value begins with")),
        0xC4 => Marker::Bytes(u64::from(cursor.byte()?)),
        0xC5 => Marker::Bytes(u64::from(cursor.u16()?)),
        0xC6 => Marker::Bytes(u64::from(cursor.u32()?)),
        0xC7 => Marker::Extension(u64::from(cursor.byte()?)),
        0xC8 => Marker::Extension(u64::from(cursor.u16()?)),
        0xC9 => Marker::Extension(u64::from(cursor.u32()?)),
        0xCC | 0xD0 => Marker::Scalar(1),
        0xCD | 0xD1 => Marker::Scalar(2),
        0xCA | 0xCE | 0xD2 => Marker::Scalar(4),
        0xCB | 0xCF | 0xD3 => Marker::Scalar(8),
        0xD4..=0xD8 => Marker::Extension(1 << (byte - 0xD4)),
        0xD9 => Marker::Text(u64::from(cursor.byte()?)),
        0xDA => Marker::Text(u64::from(cursor.u16()?)),
        0xDB => Marker::Text(u64::from(cursor.u32()?)),
        0xDC => Marker::Array(u64::from(cursor.u16()?)),
        0xDD => Marker::Array(u64::from(cursor.u32()?)),
        0xDE => Marker::Map(u64::from(cursor.u16()?)),
        0xDF => Marker::Map(u64::from(cursor.u32()?)),
    })
}

/// A map or an array that is not at its end.
struct Open {
    left: u64,
    /// The keys of a map so far; none for an array.
    keys: Option<FxHashSet<u64>>,
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    walk: Walk,
    tally: Tally,
    open: Vec<Open>,
    /// The key of the value at work.
    key: Vec<u8>,
    /// Keys that are held, of all open maps.
    held: usize,
    room: u64,
    hasher: RandomState,
}

/// Walks a checkpoint.
pub fn scan(source: &Source, deadline: &Deadline) -> Result<Walk> {
    let mut reader = Reader {
        cursor: Cursor::new(source, 0, deadline)?,
        walk: Walk::default(),
        tally: Tally::default(),
        open: Vec::new(),
        key: Vec::new(),
        held: 0,
        room: TEXT,
        hasher: RandomState::new(),
    };
    reader.cursor.big_endian = true;
    let outcome = reader.file();
    let Reader { cursor, mut walk, tally, .. } = reader;
    tally.tell(&mut walk);
    if let Err(stop) = outcome {
        ENDS.note(&mut walk, stop, cursor.position())?;
    }
    Ok(walk)
}

impl Reader<'_> {
    fn file(&mut self) -> Taken<()> {
        self.value()?;
        while let Some(top) = self.open.last_mut() {
            if top.left == 0 {
                let done = self.open.pop();
                self.held -= done.and_then(|done| done.keys).map_or(0, |keys| keys.len());
                continue;
            }
            top.left -= 1;
            if top.keys.is_some() {
                self.key()?;
            }
            self.value()?;
        }
        if !self.cursor.at_end()? {
            let end = self.cursor.position();
            self.walk.find(Finding::new("MSG106", end));
            self.walk.loose.push((end, 1 << 62));
        }
        Ok(())
    }

    fn key(&mut self) -> Taken<()> {
        let at = self.cursor.position();
        let (Marker::Text(length) | Marker::Bytes(length)) = marker(&mut self.cursor)? else {
            return Err(Stop::Broken("a key that is no text"));
        };
        if length > KEY {
            return Err(Stop::Limit("bytes of a key", KEY));
        }
        self.key = self.cursor.bytes(usize::try_from(length).unwrap_or(0))?;
        let hash = self.hasher.hash_one(&self.key);
        let Some(keys) = self.open.last_mut().and_then(|top| top.keys.as_mut()) else { return Ok(()) };
        if keys.contains(&hash) {
            let name = String::from_utf8_lossy(&self.key).into_owned();
            self.tally.add(Finding::new("MSG107", at).fact("key", name));
        } else if self.held < KEYS {
            keys.insert(hash);
            self.held += 1;
        } else {
            return Err(Stop::Limit("keys of open maps", KEYS as u64));
        }
        Ok(())
    }

    fn value(&mut self) -> Taken<()> {
        match marker(&mut self.cursor)? {
            Marker::Scalar(size) => self.cursor.skip(size),
            Marker::Text(length) => self.text(length),
            Marker::Bytes(length) => {
                self.fits("bytes of a value", length)?;
                if length >= 8 && self.walk.nested.len() < NESTED {
                    self.walk.nested.push((self.cursor.position(), length));
                }
                self.cursor.skip(length)
            }
            Marker::Array(count) => {
                self.fits("items of an array", count)?;
                self.open(count, None)
            }
            Marker::Map(count) => {
                self.fits("entries of a map", count.saturating_mul(2))?;
                self.open(count, Some(FxHashSet::default()))
            }
            Marker::Extension(length) => self.extension(length),
        }
    }

    fn open(&mut self, left: u64, keys: Option<FxHashSet<u64>>) -> Taken<()> {
        if self.open.len() >= DEPTH {
            return Err(Stop::Limit("values inside each other", DEPTH as u64));
        }
        self.open.push(Open { left, keys });
        Ok(())
    }

    /// Reports a count or length that the file has no room for, and ends the walk.
    fn fits(&mut self, what: &'static str, least: u64) -> Taken<()> {
        if self.cursor.left().is_some_and(|left| least > left) {
            let at = self.cursor.position();
            self.tally.add(Finding::new("MSG102", at).fact("what", what).fact("count", least));
            return Err(Stop::Ended);
        }
        Ok(())
    }

    fn text(&mut self, length: u64) -> Taken<()> {
        self.fits("bytes of a text", length)?;
        let offset = self.cursor.position();
        if length > self.room || self.walk.texts.len() >= TEXTS {
            self.tally.add(Finding::new("MSG108", offset).fact("what", "bytes of text").fact("limit", TEXT));
            return self.cursor.skip(length);
        }
        self.room -= length;
        let bytes = self.cursor.bytes(usize::try_from(length).unwrap_or(0))?;
        let name = String::from_utf8_lossy(&self.key).into_owned();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        self.walk.texts.push(Text { name, text, offset });
        Ok(())
    }

    fn extension(&mut self, length: u64) -> Taken<()> {
        let kind = self.cursor.byte()?.cast_signed();
        self.fits("bytes of an extension", length)?;
        let start = self.cursor.position();
        let end = start.saturating_add(length);
        match kind {
            1 | 3 => self.ndarray(end)?,
            // A complex number: two numbers in an array.
            2 => {}
            // A time, as the specification defines it.
            -1 => {}
            _ => {
                let number = format!("{kind}");
                self.tally.add(Finding::new("MSG104", start).fact("type", number));
                if self.walk.nested.len() < NESTED {
                    self.walk.nested.push((start, length));
                }
            }
        }
        let here = self.cursor.position();
        if here > end || (matches!(kind, 1 | 3) && here < end) {
            return Err(Stop::Broken("an extension that does not end with its content"));
        }
        self.cursor.skip(end - here)
    }
}
