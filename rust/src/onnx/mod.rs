//! ONNX models: every graph, function and tensor of the model, wherever it hangs, walked without recursion.
//!
//! `schema` knows which fields lead on, `ops` where operators come from, `tensor` sizes and external data, `sniff` what is
//! a model at all. Data is passed over by seeking: cost follows nodes and tensors, not bytes.

mod ops;
mod schema;
mod sniff;
mod tensor;

use std::collections::{BTreeMap, BTreeSet};

use crate::deadline::Deadline;
use crate::error::Result;
use crate::finding::Finding;
use crate::source::Source;
use crate::starts;
use crate::walk::{Ends, Stop, Tally, Text, Walk};
use crate::wire::{Field, Value, Wire, varint};
use ops::Origin;
use schema::{Kind, child, has_type, is_text};
pub use sniff::sniff;
use tensor::Tensor;

const ENDS: Ends = Ends { broken: "ONX101", limit: "ONX109" };

/// Bytes of a name. Those of exporters are paths of modules, some hundred bytes.
const NAME: usize = 4_096;

/// Bytes of text that are handed on, of one piece, all together, and in how many pieces.
const TEXT: usize = 1 << 20;
const ALL_TEXT: usize = 32 << 20;
const TEXTS: usize = 1 << 16;

/// Operators and functions that are not part of a runtime.
const FOREIGN: usize = 1 << 16;

/// Values of bytes that are handed on, and from which size.
const NESTED: usize = 1_024;
const LEAST: u64 = 64;

/// Attributes by which operators name what they call. Source: see `ops`.
const NAMING: [&str; 6] = ["module", "class_name", "compute", "func_name", "func", "name"];

/// A message that is open, and what was read of it.
#[derive(Debug)]
struct Open {
    kind: Kind,
    at: u64,
    /// Name and domain of an operator or a function; name and text of an attribute or an entry.
    name: String,
    text: String,
    /// Of a node, what its attributes say that it calls.
    says: Vec<(String, String)>,
    tensor: Tensor,
    /// A field that may stand there once was there before, with something else in it.
    twice: bool,
}

impl Open {
    fn new(kind: Kind, at: u64) -> Self {
        let (name, text) = (String::new(), String::new());
        Self { kind, at, name, text, says: Vec::new(), tensor: Tensor::new(), twice: false }
    }
}

struct Reader<'a> {
    wire: Wire<'a>,
    walk: Walk,
    tally: Tally,
    open: Vec<Open>,
    /// Operators that no runtime brings, by domain and name: where each first stands, and how often.
    foreign: BTreeMap<(String, String), (u64, u64)>,
    /// Functions that the model defines.
    functions: BTreeSet<(String, String)>,
    text: usize,
    limit: Option<Stop>,
    /// The first field of the model that the schema does not have: what follows the model begins so.
    strange: Option<u64>,
}

/// Walks a model.
pub fn scan(source: &Source, deadline: &Deadline) -> Result<Walk> {
    let mut reader = Reader {
        wire: Wire::new(source, deadline)?,
        walk: Walk::default(),
        tally: Tally::default(),
        open: vec![Open::new(Kind::Model, 0)],
        foreign: BTreeMap::new(),
        functions: BTreeSet::new(),
        text: 0,
        limit: None,
        strange: None,
    };
    reader.model()?;
    let Reader { wire, mut walk, tally, foreign, functions, limit, strange, .. } = reader;
    tally.tell(&mut walk);
    for ((domain, op), (at, count)) in foreign {
        if !functions.contains(&(domain.clone(), op.clone())) {
            let domain = if domain.is_empty() { "ai.onnx".to_owned() } else { domain };
            walk.find(Finding::new("ONX107", at).fact("domain", domain).fact("op", op).detail("count", count));
        }
    }
    if let Some(stop) = limit {
        ENDS.note(&mut walk, stop, 0)?;
    }
    if wire.expired() {
        ENDS.note(&mut walk, Stop::Late, wire.position())?;
    }
    if let Some(fault) = wire.faults().first() {
        let rest = strange.unwrap_or(fault.offset).min(fault.offset);
        walk.nested.push((rest, 1 << 62));
        ENDS.note(&mut walk, Stop::Broken(fault.kind.words()), fault.offset)?;
    }
    Ok(walk)
}

impl Reader<'_> {
    fn model(&mut self) -> Result<()> {
        while let Some(kind) = self.open.last().map(|open| open.kind) {
            let Some(field) = self.wire.next()? else {
                let Some(done) = self.open.pop() else { return Ok(()) };
                if !self.open.is_empty() {
                    self.wire.leave()?;
                }
                self.close(done);
                continue;
            };
            match child(kind, field.number) {
                Some(inner) if matches!(field.value, Value::Bytes { .. }) => {
                    if self.wire.enter() {
                        self.open.push(Open::new(inner, field.offset));
                    }
                }
                _ => {
                    if kind == Kind::Model && has_type(kind, field.number, 0).is_none() {
                        self.strange = self.strange.or(Some(field.offset));
                    }
                    self.field(kind, &field)?;
                }
            }
        }
        Ok(())
    }

    /// A field that is no message of those that lead on.
    fn field(&mut self, kind: Kind, field: &Field) -> Result<()> {
        match (kind, field.number, field.value) {
            (Kind::Node, 4, Value::Bytes { .. }) | (Kind::Function | Kind::Attribute, 1, Value::Bytes { .. }) => {
                self.name()?;
            }
            (Kind::Property | Kind::External, 1, Value::Bytes { .. }) => self.name()?,
            (Kind::Node, 7, _) | (Kind::Function, 10, _) | (Kind::Property | Kind::External, 2, _) => self.value()?,
            (Kind::Attribute, 4 | 9, Value::Bytes { start, length }) => {
                if field.number == 4 {
                    self.value()?;
                }
                self.nested(start, length);
            }
            (Kind::Tensor, 6, Value::Bytes { start, length }) => self.nested(start, length),
            (Kind::Tensor, number, value) => self.tensor(number, value)?,
            _ => {}
        }
        if is_text(kind, field.number)
            && let Value::Bytes { start, .. } = field.value
        {
            let text = self.peek(TEXT)?;
            self.keep(String::new(), text, start);
        }
        Ok(())
    }

    fn peek(&mut self, most: usize) -> Result<String> {
        Ok(String::from_utf8_lossy(self.wire.peek(most)?).into_owned())
    }

    fn name(&mut self) -> Result<()> {
        let name = self.peek(NAME)?;
        if let Some(open) = self.open.last_mut() {
            open.twice |= !open.name.is_empty() && open.name != name;
            open.name = name;
        }
        Ok(())
    }

    fn value(&mut self) -> Result<()> {
        let most = if self.open.last().is_some_and(|open| open.kind == Kind::Property) { TEXT } else { NAME };
        let text = self.peek(most)?;
        if let Some(open) = self.open.last_mut() {
            open.twice |= !open.text.is_empty() && open.text != text;
            open.text = text;
        }
        Ok(())
    }

    fn nested(&mut self, start: u64, length: u64) {
        if length >= LEAST && self.walk.nested.len() < NESTED {
            self.walk.nested.push((start, length));
        }
    }

    fn tensor(&mut self, number: u32, value: Value) -> Result<()> {
        const DIMS: usize = 4_096;
        let mut packed = Vec::new();
        if let (1, Value::Bytes { .. }) = (number, value) {
            packed = self.wire.peek(DIMS)?.to_vec();
        }
        if let (4 | 9 | 10, Value::Bytes { start, length }) = (number, value)
            && starts::begins_like_something(self.wire.peek(starts::FRONT)?)
        {
            self.nested(start, length);
        }
        let name = if number == 8 { self.peek(NAME)? } else { String::new() };
        let Some(tensor) = self.open.last_mut().map(|open| &mut open.tensor) else { return Ok(()) };
        match (number, value) {
            (1, Value::Varint(dim)) => tensor.dim(dim),
            (1, _) => {
                let mut rest = packed.as_slice();
                while let Ok((dim, size)) = varint(rest) {
                    tensor.dim(dim);
                    rest = rest.get(size..).unwrap_or_default();
                }
            }
            (2, Value::Varint(dtype)) => tensor.dtype = dtype,
            (8, _) => tensor.name = name,
            (9, Value::Bytes { start, length }) => tensor.raw = Some((start, length)),
            (14, Value::Varint(location)) => tensor.external = location == 1,
            _ => {}
        }
        Ok(())
    }

    /// A message is at its end: what it says as a whole.
    fn close(&mut self, done: Open) {
        if done.twice {
            self.tally.add(Finding::new("ONX110", done.at).fact("name", done.name.as_str()));
        }
        match done.kind {
            Kind::Node => self.node(done),
            Kind::Function => {
                if self.functions.len() < FOREIGN {
                    self.functions.insert((done.text, done.name));
                }
            }
            Kind::Attribute => {
                if NAMING.contains(&done.name.as_str())
                    && let Some(node) = self.open.last_mut().filter(|node| node.says.len() < NAMING.len())
                {
                    node.says.push((done.name, done.text));
                }
            }
            Kind::Tensor => done.tensor.judge(done.at, &mut self.walk, &mut self.tally),
            Kind::Property => self.keep(done.name, done.text, done.at),
            Kind::External => {
                if let Some(open) = self.open.last_mut() {
                    open.tensor.entry(done.name, done.text);
                }
            }
            Kind::Model | Kind::Graph | Kind::Training | Kind::Sparse => {}
        }
    }

    fn node(&mut self, node: Open) {
        match ops::origin(&node.text, &node.name) {
            Origin::Known => {}
            Origin::Python => {
                let says: Vec<String> = node.says.iter().map(|(name, text)| format!("{name}={text:?}")).collect();
                let finding = Finding::new("ONX108", node.at).fact("op", node.name).detail("domain", node.text);
                self.walk.find(finding.detail("arguments", says.join(", ")));
            }
            Origin::Compiled => self.tally.add(Finding::new("ONX111", node.at).fact("op", node.name)),
            Origin::Foreign if self.foreign.len() < FOREIGN => {
                self.foreign.entry((node.text, node.name)).or_insert((node.at, 0)).1 += 1;
            }
            Origin::Foreign => self.limit = Some(Stop::Limit("operators of other libraries", FOREIGN as u64)),
        }
    }

    fn keep(&mut self, name: String, text: String, offset: u64) {
        if text.is_empty() {
            return;
        }
        self.text = self.text.saturating_add(text.len());
        if self.text > ALL_TEXT || self.walk.texts.len() >= TEXTS {
            self.limit = Some(Stop::Limit("bytes of text", ALL_TEXT as u64));
        } else {
            self.walk.texts.push(Text { name, text, offset });
        }
    }
}
