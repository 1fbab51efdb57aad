//! Graphs in protobuf: walks the messages that hold nodes, functions, strings and names, and tells the collector.
//!
//! References: `saved_model.proto`, `meta_graph.proto`, `graph.proto`, `function.proto`, `node_def.proto`,
//! `attr_value.proto`, `tensor.proto`, `saved_object_graph.proto` in `tensorflow/core`. Repeated and merged fields are all
//! looked at: a parser merges messages that come twice.

mod around;

use memchr::memchr;

use super::collect::Collector;
use super::sniff::Kind;
use crate::deadline::Deadline;
use crate::error::Result;
use crate::source::Source;
use crate::wire::{Fault, Field, Value, Wire, varint};

/// `DT_STRING`.
pub(super) const STRING: u64 = 7;

/// Bytes of a text that are looked at, also to tell whether it may be a graph.
const TEXT: usize = 64 << 10;

/// Bytes of packed strings of one tensor that are taken apart.
const CONTENT: u64 = 16 << 20;

/// A walk over one source; what it finds goes to the collector.
pub(super) struct Walk<'a> {
    wire: Wire<'a>,
    source: Source,
    /// Where the source lies in the file.
    base: u64,
    out: &'a mut Collector,
}

impl<'a> Walk<'a> {
    pub(super) fn new(source: &Source, base: u64, deadline: &'a Deadline, out: &'a mut Collector) -> Result<Self> {
        Ok(Self { wire: Wire::new(source, deadline)?, source: source.clone(), base, out })
    }

    /// Walks all of it as a message; returns what is wrong with the encoding, and whether the time was over.
    pub(super) fn run(mut self, kind: Kind) -> Result<(Vec<Fault>, bool)> {
        match kind {
            Kind::SavedModel => self.saved_model()?,
            Kind::MetaGraph => self.meta_graph()?,
            Kind::Graph => self.graph()?,
            Kind::Library => self.library()?,
            Kind::Function => self.function()?,
        }
        self.out.end_meta_graph();
        let faults =
            self.wire.faults().iter().map(|fault| Fault { offset: self.base + fault.offset, kind: fault.kind });
        Ok((faults.collect(), self.wire.expired()))
    }

    /// The next field of the open message; at its end the message is left.
    fn next(&mut self) -> Result<Option<Field>> {
        let field = self.wire.next()?;
        if field.is_none() {
            self.wire.leave()?;
        }
        Ok(field)
    }

    /// Opens the bytes of the last field.
    fn enter(&mut self) -> bool {
        self.wire.enter()
    }

    fn saved_model(&mut self) -> Result<()> {
        while let Some(field) = self.next()? {
            if field.number == 2 && self.enter() {
                self.meta_graph()?;
                self.out.end_meta_graph();
            }
        }
        Ok(())
    }

    fn meta_graph(&mut self) -> Result<()> {
        while let Some(field) = self.next()? {
            if !(2..=7).contains(&field.number) || !self.enter() {
                continue;
            }
            match field.number {
                2 => self.graph()?,
                3 => self.saver()?,
                4 => self.collection()?,
                5 => self.signature()?,
                6 => self.asset()?,
                _ => self.objects()?,
            }
        }
        Ok(())
    }

    fn graph(&mut self) -> Result<()> {
        self.out.begin_scope(false);
        while let Some(field) = self.next()? {
            match field.number {
                1 if self.enter() => self.node(field.offset)?,
                2 if self.enter() => self.library()?,
                _ => {}
            }
        }
        self.out.end_scope();
        Ok(())
    }

    fn library(&mut self) -> Result<()> {
        while let Some(field) = self.next()? {
            if field.number == 1 && self.enter() {
                self.function()?;
            }
        }
        Ok(())
    }

    fn function(&mut self) -> Result<()> {
        self.out.begin_scope(true);
        while let Some(field) = self.next()? {
            match field.number {
                1 if self.enter() => {
                    while let Some(field) = self.next()? {
                        if field.number == 1 {
                            let name = self.wire.peek(TEXT)?;
                            self.out.name_function(name);
                        }
                    }
                }
                3 if self.enter() => self.node(field.offset)?,
                5 if self.enter() => self.attribute()?,
                7 if self.enter() => {
                    // A map of numbers to messages of which field 1 is such a map in turn.
                    while let Some(field) = self.next()? {
                        if field.number == 2 && self.enter() {
                            while let Some(field) = self.next()? {
                                if field.number == 1 && self.enter() {
                                    self.attribute()?;
                                }
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        self.out.end_scope();
        Ok(())
    }

    fn node(&mut self, offset: u64) -> Result<()> {
        self.out.begin_node(self.base + offset);
        while let Some(field) = self.next()? {
            match field.number {
                1 => {
                    let name = self.wire.peek(TEXT)?;
                    self.out.node.name(name);
                }
                2 => {
                    let op = self.wire.peek(TEXT)?;
                    self.out.node.ops.push(op);
                }
                3 => {
                    let input = self.wire.peek(TEXT)?;
                    self.out.node.input(input);
                }
                5 if self.enter() => self.attribute()?,
                _ => {}
            }
        }
        self.out.end_node();
        Ok(())
    }

    /// An entry of a map from names to `AttrValue`.
    fn attribute(&mut self) -> Result<()> {
        let outer = self.out.node.begin_attribute();
        while let Some(field) = self.next()? {
            match field.number {
                1 => {
                    let key = self.wire.peek(TEXT)?;
                    self.out.node.key(key);
                }
                2 if self.enter() => self.value()?,
                _ => {}
            }
        }
        self.out.node.end_attribute(outer);
        Ok(())
    }

    /// An `AttrValue`, or the list in one: its numbers for strings and tensors are the same, that for functions is 9.
    fn value(&mut self) -> Result<()> {
        while let Some(field) = self.next()? {
            match field.number {
                1 if self.enter() => {
                    while let Some(field) = self.next()? {
                        match field.number {
                            2 => self.string(field, true)?,
                            8 if self.enter() => self.tensor()?,
                            9 if self.enter() => self.called()?,
                            _ => {}
                        }
                    }
                }
                2 => self.string(field, true)?,
                8 if self.enter() => self.tensor()?,
                9 => self.out.node.placeholder(),
                10 if self.enter() => self.called()?,
                _ => {}
            }
        }
        Ok(())
    }

    /// A `NameAttrList`: a function with values for its attributes.
    fn called(&mut self) -> Result<()> {
        while let Some(field) = self.next()? {
            match field.number {
                1 => {
                    let name = self.wire.peek(TEXT)?;
                    self.out.node.functions.push(name);
                }
                2 if self.enter() => self.attribute()?,
                _ => {}
            }
        }
        Ok(())
    }

    fn tensor(&mut self) -> Result<()> {
        let (mut dtype, mut count, mut contents) = (0, 1_u64, Vec::new());
        while let Some(field) = self.next()? {
            match (field.number, field.value) {
                (1, Value::Varint(value)) => dtype = value,
                (2, _) if self.enter() => {
                    while let Some(field) = self.next()? {
                        if field.number == 2 && self.enter() {
                            let mut size = 0;
                            while let Some(field) = self.next()? {
                                if let (1, Value::Varint(value)) = (field.number, field.value) {
                                    size = value;
                                }
                            }
                            count = count.saturating_mul(size);
                        }
                    }
                }
                (4, Value::Bytes { start, length }) if contents.len() < 8 => contents.push((start, length)),
                (8, _) => self.string(field, false)?,
                (15, _) if self.enter() => {
                    while let Some(field) = self.next()? {
                        match field.number {
                            2 => self.string(field, false)?,
                            3 if self.enter() => self.tensor()?,
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        if dtype == STRING {
            for (start, length) in contents {
                self.packed_strings(start, length, count)?;
            }
        }
        Ok(())
    }

    /// A string of an attribute or of a tensor.
    fn string(&mut self, field: Field, attribute: bool) -> Result<()> {
        let Value::Bytes { start, length } = field.value else { return Ok(()) };
        let text = self.wire.peek(TEXT)?;
        if may_be_graph(text) {
            self.out.may_be_graph(self.base + start, self.source.slice(start, length));
        }
        self.out.node.string(text, attribute);
        Ok(())
    }

    /// Strings in `tensor_content`.
    fn packed_strings(&mut self, start: u64, length: u64, count: u64) -> Result<()> {
        let content = self.source.read(start, usize::try_from(length.min(CONTENT)).unwrap_or(0))?;
        if length > CONTENT {
            self.out.limit("bytes of strings in one tensor", CONTENT);
        }
        for (place, text) in packed(&content, count) {
            if may_be_graph(text) {
                let start = start + place as u64;
                self.out.may_be_graph(self.base + start, self.source.slice(start, text.len() as u64));
            }
            self.out.node.string(text, false);
        }
        Ok(())
    }
}

/// The strings of a tensor from its content, with their places: first come the lengths of all, then their bytes.
pub(super) fn packed(content: &[u8], count: u64) -> impl Iterator<Item = (usize, &[u8])> {
    let next =
        |place: usize| varint(content.get(place..).unwrap_or_default()).ok().map(|(value, size)| (value, place + size));
    let (mut front, mut left) = (0, 0_u64);
    while left < count
        && let Some((_, behind)) = next(front)
    {
        (front, left) = (behind, left + 1);
    }
    // The lengths are read twice rather than kept: there may be as many as bytes.
    let (mut place, mut offset) = (0, front);
    std::iter::from_fn(move || {
        left = left.checked_sub(1)?;
        let (length, behind) = next(place)?;
        place = behind;
        let rest = content.get(offset..).unwrap_or_default();
        let text = usize::try_from(length).ok().and_then(|length| rest.get(..length)).unwrap_or(rest);
        let start = offset;
        offset += text.len();
        Some((start, text))
    })
}

/// Whether bytes may be a graph: a node has a field 2, whose tag no text contains.
pub(super) fn may_be_graph(bytes: &[u8]) -> bool {
    bytes.len() >= 8 && (memchr(0x12, bytes).is_some() || memchr(0x92, bytes).is_some())
}
