//! Values that are text or bytes: of a fixed size where they stand, or in the global heap.

use super::datatype::{Datatype, Element};
use super::fault::{Fault, Read};
use super::file::File;
use super::heap::Global;

/// What values there may be of one file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// Bytes.
    pub(super) bytes: usize,
    /// Values.
    pub(super) items: usize,
}

/// One value, and where it lies in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// Its bytes: of text those before the end mark or the padding.
    pub bytes: Vec<u8>,
    /// Where they lie.
    pub at: u64,
}

/// The values in the data of an attribute or a dataset, and whether there was room for all.
pub(super) fn values(
    file: &File,
    global: &Global,
    datatype: &Datatype,
    data: &[u8],
    at: u64,
    room: &mut Room,
) -> (Vec<Value>, Option<Fault>, bool) {
    let mut found = Vec::new();
    let mut keep = |bytes: Vec<u8>, at: u64| -> bool {
        if bytes.len() > room.bytes || room.items == 0 {
            return false;
        }
        room.bytes -= bytes.len();
        room.items -= 1;
        found.push(Value { bytes, at });
        true
    };
    let size = usize::try_from(datatype.unit).unwrap_or(0);
    if size == 0 {
        return (found, None, true);
    }
    let place = |number: usize| at.saturating_add((number as u64).saturating_mul(datatype.unit));
    let mut fault = None;
    let mut all = true;
    match datatype.element {
        Element::Other => {}
        Element::Bytes => all = data.is_empty() || keep(data.to_vec(), at),
        Element::Text => {
            for (number, bytes) in data.chunks_exact(size).enumerate() {
                let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
                if !keep(bytes.get(..end).unwrap_or_default().to_vec(), place(number)) {
                    all = false;
                    break;
                }
            }
        }
        Element::VariableText | Element::VariableBytes => {
            for (number, bytes) in data.chunks_exact(size).enumerate() {
                match sequence(file, global, bytes, place(number), datatype.element == Element::VariableText) {
                    Ok((bytes, at)) => {
                        if !keep(bytes, at) {
                            all = false;
                            break;
                        }
                    }
                    Err(stop) => {
                        let ends = stop.is_final();
                        fault = Some(stop);
                        if ends {
                            break;
                        }
                    }
                }
            }
        }
    }
    (found, fault, all)
}

/// A value of variable length: how long it is, and which object of the global heap holds it.
fn sequence(file: &File, global: &Global, bytes: &[u8], at: u64, text: bool) -> Read<(Vec<u8>, u64)> {
    let mut cursor = file.cursor(bytes, at, "value of variable length");
    let length = u64::from(cursor.u32()?);
    let collection = cursor.address()?;
    let number = cursor.u32()?;
    let Some(collection) = collection.filter(|collection| *collection != 0 && length > 0) else {
        return Ok((Vec::new(), at));
    };
    let (address, size) = global.object(file, collection, number)?;
    if length > size {
        return Err(Fault::broken(at, "value of variable length", "it is longer than its object in the heap"));
    }
    let mut value = file.read(address, length, "value of variable length")?;
    if text && let Some(end) = memchr::memchr(0, &value) {
        value.truncate(end);
    }
    Ok((value, file.place(address)))
}
