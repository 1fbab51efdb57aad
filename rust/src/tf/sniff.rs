//! Whether bytes are a graph of TensorFlow, and in which of its messages.
//!
//! The proof is a node with a name and a registered op at the place where the message has its nodes. Other protobuf files
//! (ONNX, sentencepiece, Core ML) and arbitrary bytes have none there.

use crate::deadline::Deadline;
use crate::error::Result;
use crate::rules::{OpClass, op};
use crate::source::Source;
use crate::wire::{Value, Wire};

/// Which message the bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `SavedModel`, what `saved_model.pb` holds.
    SavedModel,
    /// `MetaGraphDef`, what `.meta` files hold.
    MetaGraph,
    /// `GraphDef`, a frozen graph.
    Graph,
    /// `FunctionDefLibrary`.
    Library,
    /// `FunctionDef`.
    Function,
}

const KINDS: [Kind; 5] = [Kind::SavedModel, Kind::MetaGraph, Kind::Graph, Kind::Library, Kind::Function];

/// Fields that are looked at before bytes are given up: a graph begins with a handful of nodes before one with a known op.
const FEW: u32 = 2_000;

/// The same where a graph is known to be there, to tell whether it can be read as another message too.
const MANY: u32 = 20_000;

/// Bytes of the longest name of an op.
const NAME: usize = 200;

/// Whether the bytes prove to be one of the messages.
pub(super) fn is_any(source: &Source, deadline: &Deadline) -> Result<bool> {
    for kind in KINDS {
        if is(source, deadline, kind, FEW, true)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// All messages that the bytes prove to be: one, or for bytes that are made for it, several.
///
/// Where none does and a graph is `expected`, the proof may come as late as it likes, and fields of a wrong type before it
/// are passed over, as parsers do.
pub(super) fn kinds(source: &Source, deadline: &Deadline, expected: bool) -> Result<Vec<Kind>> {
    let mut found = Vec::new();
    for (fields, strict) in [(MANY, true), (u32::MAX, false)] {
        for kind in KINDS {
            if is(source, deadline, kind, fields, strict)? {
                found.push(kind);
            }
        }
        if !found.is_empty() || !expected {
            break;
        }
    }
    Ok(found)
}

fn is(source: &Source, deadline: &Deadline, kind: Kind, fields: u32, strict: bool) -> Result<bool> {
    // A loader takes what is called `saved_model.pb` for one, whatever else it may be.
    let strict = strict && kind != Kind::SavedModel;
    Probe { wire: Wire::new(source, deadline)?, left: fields, strict }.message(kind)
}

struct Probe<'d> {
    wire: Wire<'d>,
    left: u32,
    strict: bool,
}

impl Probe<'_> {
    /// Whether the open message is of a kind, by the first proof in it.
    fn message(&mut self, kind: Kind) -> Result<bool> {
        while self.left > 0
            && let Some(field) = self.wire.next()?
        {
            self.left -= 1;
            let is_bytes = matches!(field.value, Value::Bytes { .. });
            let proved = match (kind, field.number) {
                (Kind::SavedModel, 1) if is_bytes && self.strict => return Ok(false),
                (Kind::SavedModel, 1) => false,
                (Kind::Graph, 3) if is_bytes && self.strict => return Ok(false),
                (Kind::Graph, 3) => false,
                (_, 1..=5) if !is_bytes && self.strict => return Ok(false),
                (Kind::SavedModel, 2) => self.inner(Kind::MetaGraph)?,
                (Kind::MetaGraph, 2) => self.inner(Kind::Graph)?,
                (Kind::Graph, 1) | (Kind::Function, 3) => self.wire.enter() && self.node()?,
                (Kind::Graph, 2) => self.inner(Kind::Library)?,
                (Kind::Library, 1) => self.inner(Kind::Function)?,
                _ => false,
            };
            if proved {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn inner(&mut self, kind: Kind) -> Result<bool> {
        let proved = self.wire.enter() && self.message(kind)?;
        self.wire.leave()?;
        Ok(proved)
    }

    /// Whether the message that was entered is a node with a name and a registered op.
    fn node(&mut self) -> Result<bool> {
        let (mut named, mut known, mut broken) = (false, false, false);
        while self.left > 0
            && let Some(field) = self.wire.next()?
        {
            self.left -= 1;
            let is_bytes = matches!(field.value, Value::Bytes { .. });
            broken |= self.strict && !is_bytes && (1..=7).contains(&field.number);
            match field.number {
                1 if is_bytes => named |= !self.wire.peek(1)?.is_empty(),
                2 if is_bytes => {
                    let name = self.wire.peek(NAME)?;
                    known |= std::str::from_utf8(name).is_ok_and(|name| op(name).0 != OpClass::Unknown);
                }
                _ => {}
            }
            if named && known && !broken {
                break;
            }
        }
        self.wire.leave()?;
        Ok(named && known && !broken)
    }
}
