//! Whether bytes are an ONNX model: by the fields of the model and of its graph, whatever their order.

use super::schema::{Kind, has_type};
use crate::deadline::Deadline;
use crate::error::Result;
use crate::source::Source;
use crate::wire::{Field, Value, Wire};

/// Fields of the model that are looked at; metadata can have hundreds before the graph.
const FIELDS: usize = 4_096;

/// Fields of a graph that are looked at.
const GRAPH_FIELDS: usize = 16;

/// The newest version of the format is 13; ONNX Runtime takes what it is built for, `onnx.load` takes any.
const VERSION: u64 = 1_000;

/// Whether the source is a model, or the front of one.
pub fn sniff(source: &Source, deadline: &Deadline) -> Result<bool> {
    let mut wire = Wire::new(source, deadline)?;
    let (mut versioned, mut graphs, mut known) = (false, 0, 0);
    for _ in 0..FIELDS {
        let Some(field) = wire.next()? else { break };
        match has_type(Kind::Model, field.number, wire_type(&field)) {
            Some(true) => known += 1,
            Some(false) => return Ok(false),
            // A field of a later version, or one that parsers skip.
            None => continue,
        }
        match (field.number, field.value) {
            (1, Value::Varint(version)) => {
                versioned = (1..=VERSION).contains(&version);
                if !versioned {
                    return Ok(false);
                }
            }
            (7, Value::Bytes { length, .. }) if length > 0 => {
                if !wire.enter() || !is_graph(&mut wire)? {
                    return Ok(false);
                }
                // The rest of a stream would have to be decompressed to be passed over.
                if versioned || source.size().is_none() {
                    return Ok(true);
                }
                wire.leave()?;
                graphs += 1;
            }
            _ => {}
        }
    }
    // Without its first number, nothing but the loader of Python takes it: then all of it has to be right.
    Ok(graphs > 0 && (versioned || (known > 0 && wire.faults().is_empty())))
}

fn wire_type(field: &Field) -> u8 {
    match field.value {
        Value::Varint(_) => 0,
        Value::Fixed64(_) => 1,
        Value::Bytes { .. } => 2,
        Value::Group => 3,
        Value::Fixed32(_) => 5,
    }
}

/// Whether the fields of the open message are those of a graph, and those of its first nodes those of nodes.
fn is_graph(wire: &mut Wire<'_>) -> Result<bool> {
    let mut known = 0;
    for _ in 0..GRAPH_FIELDS {
        let Some(field) = wire.next()? else { break };
        match has_type(Kind::Graph, field.number, wire_type(&field)) {
            Some(true) => known += 1,
            Some(false) => return Ok(false),
            None => continue,
        }
        if field.number == 1 && wire.enter() {
            while let Some(part) = wire.next()? {
                if has_type(Kind::Node, part.number, wire_type(&part)) == Some(false) {
                    return Ok(false);
                }
            }
            wire.leave()?;
        }
    }
    Ok(known > 0)
}
