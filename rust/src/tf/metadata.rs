//! Small messages beside a `SavedModel`: the metadata of Keras, and the fingerprint.

use super::{Part, TensorFlowScan};
use crate::deadline::Deadline;
use crate::error::Result;
use crate::finding::Finding;
use crate::source::Source;
use crate::spool::{Kept, spool};
use crate::wire::{Value, Wire};

/// Objects of one file. The largest models known have some thousand layers.
const OBJECTS: usize = 50_000;

/// Whether the first object has a kind and a configuration in JSON.
///
/// # Errors
/// Only when the source cannot be read; so for all functions here.
pub fn sniff_metadata(source: &Source) -> Result<bool> {
    let deadline = Deadline::never();
    let mut wire = Wire::new(source, &deadline)?;
    let (mut kind, mut json) = (false, false);
    if wire.next()?.is_some_and(|field| field.number == 1) && wire.enter() {
        for _ in 0..20 {
            match wire.next()?.map(|field| field.number) {
                Some(4) => kind |= wire.peek(10)? == b"_tf_keras_",
                Some(5) => json |= wire.peek(1)? == b"{",
                Some(_) => {}
                None => break,
            }
        }
    }
    Ok(kind && json)
}

/// Walks the metadata of Keras: all texts of JSON in it.
pub fn scan_metadata(source: &Source, deadline: &Deadline) -> Result<TensorFlowScan> {
    let (source, kept) = spool(source, deadline)?;
    let mut found = TensorFlowScan { expired: matches!(kept, Kept::Late), ..TensorFlowScan::default() };
    let mut wire = Wire::new(&source, deadline)?;
    let mut cut = false;
    while let Some(field) = wire.next()? {
        if field.number != 1 || !wire.enter() {
            continue;
        }
        while let Some(field) = wire.next()? {
            if let (5, Value::Bytes { start, length: 1.. }) = (field.number, field.value) {
                cut |= found.json.len() >= OBJECTS;
                if !cut {
                    let Value::Bytes { length, .. } = field.value else { continue };
                    found.json.push(Part { offset: start, source: source.slice(start, length) });
                }
            }
        }
        wire.leave()?;
    }
    found.expired |= wire.expired();
    if let Some(fault) = wire.faults().first() {
        found.findings.push(Finding::new("TFG111", fault.offset).fact("reason", fault.kind.words()));
    } else if found.json.is_empty() && !found.expired {
        found.findings.push(Finding::new("TFG111", 0).fact("reason", "it describes no layers"));
    }
    if cut {
        found.findings.push(Finding::new("TFG112", 0).fact("limit", OBJECTS as u64).fact("what", "texts of JSON"));
    }
    Ok(found)
}

/// Whether all of a source is the fingerprint of a `SavedModel`: five hashes, a version and an identifier, each at most once.
pub fn is_fingerprint(source: &Source) -> Result<bool> {
    let deadline = Deadline::never();
    let mut wire = Wire::new(source, &deadline)?;
    let (mut seen, mut hashes) = ([false; 8], 0);
    while let Some(field) = wire.next()? {
        let Some(before) = usize::try_from(field.number).ok().and_then(|number| seen.get_mut(number)) else {
            return Ok(false);
        };
        let expected = match (field.number, field.value) {
            (1..=5, Value::Varint(_)) => {
                hashes += 1;
                true
            }
            (6, Value::Bytes { length, .. }) => length <= 32,
            (7, Value::Bytes { length, .. }) => length <= 64 && wire.peek(64)?.iter().all(u8::is_ascii_alphanumeric),
            _ => false,
        };
        if *before || !expected {
            return Ok(false);
        }
        *before = true;
    }
    Ok(hashes >= 2 && wire.faults().is_empty())
}
