//! GGUF files: metadata and tensor directory walked within bounds, every count and size with wide integers.
//!
//! `tensor` knows types and how data lies in the file. Versions 1 to 3, both byte orders. Strings and arrays are passed over
//! where they stand: cost follows the bytes of the directory, memory the number of keys and tensors.

mod tensor;

use rustc_hash::FxHashSet;
use std::hash::{BuildHasher, RandomState};

use crate::deadline::Deadline;
use crate::error::Result;
use crate::finding::Finding;
use crate::source::Source;
use crate::starts;
use crate::walk::{Cursor, Ends, Stop, Taken, Tally, Text, Walk};
use tensor::Extent;

const ENDS: Ends = Ends { broken: "GGU101", limit: "GGU109" };

/// Keys, and tensors: honest files have hundreds of the one and some ten thousand of the other.
const ENTRIES: u64 = 1 << 20;

/// Bytes of a name: the specification allows 65,535 for a key, and 64 for a tensor.
const NAME: u64 = 0xFFFF;

/// Bytes of text that are handed on, all together: a tokenizer as JSON has ten million.
const TEXT: u64 = 32 << 20;

/// Pieces of text that are handed on.
const TEXTS: usize = 1 << 16;

/// Arrays inside each other. Nobody writes any; the specification allows them.
const DEPTH: usize = 16;

/// The least that a table of so many entries costs a loader: what wraps around with it wraps around in every loader.
const ENTRY: u64 = 64;

const U32: u32 = 4;
const STRING: u32 = 8;
const ARRAY: u32 = 9;

/// The bytes of a scalar, by number of its type.
fn scalar(kind: u32) -> Option<u64> {
    Some(match kind {
        0 | 1 | 7 => 1,
        2 | 3 => 2,
        4..=6 => 4,
        10..=12 => 8,
        _ => return None,
    })
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    walk: Walk,
    tally: Tally,
    version: u32,
    alignment: u64,
    extents: Vec<Extent>,
    /// Where all data begins, once that is known.
    start: Option<u64>,
    /// Bytes of text that may still be kept.
    room: u64,
    hasher: RandomState,
}

/// Walks a GGUF file.
pub fn scan(source: &Source, deadline: &Deadline) -> Result<Walk> {
    let mut reader = Reader {
        cursor: Cursor::new(source, 0, deadline)?,
        walk: Walk::default(),
        tally: Tally::default(),
        version: 0,
        alignment: 32,
        extents: Vec::new(),
        start: None,
        room: TEXT,
        hasher: RandomState::new(),
    };
    let outcome = reader.file();
    let Reader { cursor, mut walk, tally, extents, start, .. } = reader;
    tally.tell(&mut walk);
    if let Some(start) = start {
        let place = |extent: &Extent| (start.saturating_add(extent.offset), extent.size.unwrap_or(u64::MAX));
        let places: Vec<_> = extents.iter().map(place).collect();
        let found = starts::suspects(&places, source, deadline, starts::MOST)?;
        walk.nested.extend(found.into_iter().filter_map(|number| places.get(number)));
    }
    if let Err(stop) = outcome {
        ENDS.note(&mut walk, stop, cursor.position())?;
    }
    Ok(walk)
}

impl Reader<'_> {
    fn file(&mut self) -> Taken<()> {
        if self.cursor.array()? != *b"GGUF" {
            return Err(Stop::Broken("it does not begin like one"));
        }
        self.version = self.cursor.u32()?;
        // A small number whose bytes are the other way round.
        if self.version.trailing_zeros() >= 16 {
            self.version = self.version.swap_bytes();
            self.cursor.big_endian = true;
        }
        if !(1..=3).contains(&self.version) {
            self.walk.find(Finding::new("GGU110", 4).fact("version", u64::from(self.version)));
            return Ok(());
        }
        let at = self.cursor.position();
        let (tensors, keys) = (self.length()?, self.length()?);
        let (key_least, tensor_least) = if self.version == 1 { (9, 20) } else { (13, 24) };
        self.count(at, "tensors", tensors, tensor_least);
        self.count(at, "keys", keys, key_least);
        self.keys(keys)?;
        self.tensors(tensors)?;
        self.data()
    }

    /// A count or length: version 1 has 32 bits for it.
    fn length(&mut self) -> Taken<u64> {
        if self.version == 1 { Ok(u64::from(self.cursor.u32()?)) } else { self.cursor.u64() }
    }

    /// Reports a count that no file of this size can have, or that wraps around when a loader makes room for it.
    fn count(&mut self, at: u64, what: &'static str, count: u64, least: u64) {
        let fits = |left: u64| count.checked_mul(least).is_some_and(|bytes| bytes <= left);
        if count.checked_mul(ENTRY).is_none_or(|bytes| bytes > i64::MAX.unsigned_abs()) {
            self.tally.add(Finding::new("GGU103", at).fact("what", what).fact("value", count));
        } else if self.cursor.left().is_some_and(|left| !fits(left)) {
            self.tally.add(Finding::new("GGU102", at).fact("what", what).fact("count", count));
        }
    }

    fn keys(&mut self, count: u64) -> Taken<()> {
        let mut known = FxHashSet::default();
        for _ in 0..count.min(ENTRIES) {
            let at = self.cursor.position();
            let name = self.name()?;
            if !known.insert(self.hasher.hash_one(&name)) {
                let text = String::from_utf8_lossy(&name).into_owned();
                self.tally.add(Finding::new("GGU108", at).fact("what", "key").fact("name", text));
            }
            let kind = self.cursor.u32()?;
            self.value(&name, kind)?;
        }
        if count > ENTRIES { Err(Stop::Limit("keys", ENTRIES)) } else { Ok(()) }
    }

    fn name(&mut self) -> Taken<Vec<u8>> {
        let length = self.length()?;
        if length > NAME {
            return Err(self.too_long("bytes of a name", length, 1));
        }
        self.cursor.bytes(usize::try_from(length).unwrap_or(0))
    }

    /// Reports a length that leads out of the file, and ends the walk: nothing tells where the next value begins.
    fn too_long(&mut self, what: &'static str, count: u64, each: u64) -> Stop {
        let at = self.cursor.position();
        if count.checked_mul(each).is_none_or(|bytes| bytes > i64::MAX.unsigned_abs()) {
            self.tally.add(Finding::new("GGU103", at).fact("what", what).fact("value", count));
        } else {
            self.tally.add(Finding::new("GGU102", at).fact("what", what).fact("count", count));
        }
        Stop::Broken("a length leads nowhere")
    }

    fn value(&mut self, name: &[u8], kind: u32) -> Taken<()> {
        let at = self.cursor.position();
        if name == b"general.alignment" && kind != U32 {
            self.tally.add(Finding::new("GGU105", at).fact("what", "the alignment is no number of 32 bits"));
        }
        match kind {
            STRING => self.text(name),
            ARRAY => self.array(name),
            U32 if name == b"general.alignment" => {
                let alignment = self.cursor.u32()?;
                if alignment.is_power_of_two() {
                    self.alignment = u64::from(alignment);
                } else {
                    let what = "the alignment is no power of two";
                    self.tally.add(Finding::new("GGU105", at).fact("what", what));
                }
                Ok(())
            }
            _ => {
                let size = scalar(kind).ok_or(Stop::Broken("a value of an unknown type"))?;
                self.cursor.skip(size)
            }
        }
    }

    /// The length of a string that lies in the file as a whole.
    fn string(&mut self) -> Taken<u64> {
        let length = self.length()?;
        if self.cursor.left().is_some_and(|left| length > left) {
            return Err(self.too_long("bytes of a string", length, 1));
        }
        Ok(length)
    }

    fn text(&mut self, name: &[u8]) -> Taken<()> {
        let length = self.string()?;
        let offset = self.cursor.position();
        if !self.may_keep(length) {
            return self.cursor.skip(length);
        }
        let bytes = self.cursor.bytes(usize::try_from(length).unwrap_or(0))?;
        self.keep(name, &bytes, offset);
        Ok(())
    }

    fn may_keep(&mut self, length: u64) -> bool {
        let fits = length <= self.room && self.walk.texts.len() < TEXTS;
        if fits {
            self.room -= length;
        } else {
            let at = self.cursor.position();
            self.tally.add(Finding::new("GGU109", at).fact("what", "bytes of text").fact("limit", TEXT));
        }
        fits
    }

    fn keep(&mut self, name: &[u8], bytes: &[u8], offset: u64) {
        let name = String::from_utf8_lossy(name).into_owned();
        let text = String::from_utf8_lossy(bytes).into_owned();
        self.walk.texts.push(Text { name, text, offset });
    }

    /// An array, and those in it, without recursion.
    fn array(&mut self, name: &[u8]) -> Taken<()> {
        // The vocabulary is what a model was trained on, a hundred thousand strings of it.
        let vocabulary = name.starts_with(b"tokenizer.ggml.");
        let mut open = vec![1_u64];
        while let Some(left) = open.last_mut() {
            if *left == 0 {
                open.pop();
                continue;
            }
            *left -= 1;
            let kind = self.cursor.u32()?;
            let count = self.length()?;
            let least = match kind {
                STRING if self.version == 1 => 4,
                STRING => 8,
                ARRAY if self.version == 1 => 8,
                ARRAY => 12,
                _ => scalar(kind).ok_or(Stop::Broken("an array of an unknown type"))?,
            };
            let bytes = count.checked_mul(least).filter(|bytes| *bytes <= i64::MAX.unsigned_abs());
            let Some(bytes) = bytes.filter(|bytes| self.cursor.left().is_none_or(|left| *bytes <= left)) else {
                return Err(self.too_long("items of an array", count, least));
            };
            match kind {
                STRING => self.strings(name, count, vocabulary)?,
                ARRAY if open.len() >= DEPTH => return Err(Stop::Limit("arrays inside each other", DEPTH as u64)),
                ARRAY => open.push(count),
                _ => self.cursor.skip(bytes)?,
            }
        }
        Ok(())
    }

    fn strings(&mut self, name: &[u8], count: u64, vocabulary: bool) -> Taken<()> {
        let offset = self.cursor.position();
        let mut joined = Vec::new();
        for _ in 0..count {
            let length = self.string()?;
            if vocabulary || !self.may_keep(length.saturating_add(1)) {
                self.cursor.skip(length)?;
            } else {
                joined.extend_from_slice(&self.cursor.bytes(usize::try_from(length).unwrap_or(0))?);
                joined.push(b'\n');
            }
        }
        if !joined.is_empty() {
            self.keep(name, &joined, offset);
        }
        Ok(())
    }

    fn tensors(&mut self, count: u64) -> Taken<()> {
        let mut known = FxHashSet::default();
        for _ in 0..count.min(ENTRIES) {
            let at = self.cursor.position();
            let name = self.name()?;
            if !known.insert(self.hasher.hash_one(&name)) {
                let text = String::from_utf8_lossy(&name).into_owned();
                self.tally.add(Finding::new("GGU108", at).fact("what", "tensor").fact("name", text));
            }
            let extent = self.tensor(at)?;
            self.extents.push(extent);
        }
        if count > ENTRIES { Err(Stop::Limit("tensors", ENTRIES)) } else { Ok(()) }
    }

    fn tensor(&mut self, at: u64) -> Taken<Extent> {
        const DIMS: u32 = 4;
        let count = self.cursor.u32()?;
        if count > DIMS {
            // Loaders write them to an array of four; what follows cannot be told from more of them.
            self.tally
                .add(Finding::new("GGU103", at).fact("what", "dimensions of a tensor").fact("value", u64::from(count)));
            return Err(Stop::Broken("a tensor of more than four dimensions"));
        }
        let mut dims = Vec::with_capacity(4);
        for _ in 0..count {
            dims.push(self.length()?);
        }
        let kind = self.cursor.u32()?;
        let offset = self.cursor.u64()?;
        let Some(block) = tensor::block(kind) else {
            let number = u64::from(kind);
            self.tally.add(Finding::new("GGU106", at).fact("type", number));
            return Ok(Extent { offset, size: None });
        };
        if dims.first().is_some_and(|row| row % block.0 != 0) {
            self.tally.add(Finding::new("GGU105", at).fact("what", "a row of a tensor is no whole number of blocks"));
        }
        let size = tensor::size(&dims, block);
        if size.is_none() || offset.checked_add(size.unwrap_or(0)).is_none() {
            let value = dims.iter().map(u64::to_string).collect::<Vec<_>>().join(" x ");
            self.tally.add(Finding::new("GGU103", at).fact("what", "bytes of a tensor").fact("value", value));
        }
        Ok(Extent { offset, size })
    }

    /// Checks how the data lies, and that it ends where the file does.
    fn data(&mut self) -> Taken<()> {
        let here = self.cursor.position();
        let padding = |position: u64| position.next_multiple_of(self.alignment) - position;
        let start = here.saturating_add(padding(here));
        self.start = Some(start);
        let laid = tensor::lay(&mut self.extents, self.alignment, start, &mut self.walk);
        let end = start.saturating_add(laid.end);
        let padded = end.saturating_add(padding(end.min(1 << 62)).min(tensor::PADDING));
        if laid.end > 0 && start - here > tensor::PADDING {
            self.walk.find(Finding::new("GGU105", here).fact("what", "padding is as wide as data"));
            self.walk.loose.push((here, start - here));
        }
        // Files of metadata alone end where that ends, and some writers leave out the last padding.
        let least = if laid.end == 0 { here } else { end };
        match self.cursor.skip(least.saturating_sub(here)) {
            Err(Stop::Ended) => {
                let size = self.cursor.left().map_or_else(|| self.cursor.position(), |left| here.saturating_add(left));
                self.walk.find(Finding::new("GGU104", here).fact("end", end).fact("size", size));
                return Ok(());
            }
            other => other?,
        }
        if laid.open || self.cursor.at_end()? {
            return Ok(());
        }
        match self.cursor.skip(padded.saturating_sub(least)) {
            Err(Stop::Ended) => return Ok(()),
            other => other?,
        }
        if !self.cursor.at_end()? {
            self.walk.find(Finding::new("GGU107", padded));
            self.walk.loose.push((padded, 1 << 62));
        }
        Ok(())
    }
}
