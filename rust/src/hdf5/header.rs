//! Object headers of versions 1 and 2: the messages of one object, through all their continuations.

use std::collections::{HashSet, VecDeque};

use super::fault::{Fault, Read};
use super::file::{Cursor, File};

/// The kinds of messages that say something about links, data or attributes.
pub(super) mod kind {
    pub(in crate::hdf5) const DATASPACE: u16 = 0x01;
    pub(in crate::hdf5) const LINK_INFO: u16 = 0x02;
    pub(in crate::hdf5) const DATATYPE: u16 = 0x03;
    pub(in crate::hdf5) const LINK: u16 = 0x06;
    pub(in crate::hdf5) const EXTERNAL_FILES: u16 = 0x07;
    pub(in crate::hdf5) const LAYOUT: u16 = 0x08;
    pub(in crate::hdf5) const FILTERS: u16 = 0x0b;
    pub(in crate::hdf5) const ATTRIBUTE: u16 = 0x0c;
    pub(in crate::hdf5) const SHARED_TABLE: u16 = 0x0f;
    pub(in crate::hdf5) const CONTINUATION: u16 = 0x10;
    pub(in crate::hdf5) const SYMBOL_TABLE: u16 = 0x11;
    pub(in crate::hdf5) const DRIVER: u16 = 0x14;
    pub(in crate::hdf5) const ATTRIBUTE_INFO: u16 = 0x15;
}

/// Messages of one object. Attributes beyond 65,535 are kept elsewhere, and nothing else comes in numbers.
const MESSAGES: usize = 200_000;

/// Bytes of one part of a header: the length has four bytes, but honest ones stay below some megabytes.
const CHUNK: u64 = 64 << 20;

/// One message of an object header.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) kind: u16,
    /// Whether the body only says where the message is.
    pub(super) shared: bool,
    /// Where the body lies in the source.
    pub(super) at: u64,
    pub(super) body: Vec<u8>,
}

/// Reads the messages of the object at an address, and what stopped that before the end.
pub(super) fn messages(file: &File, address: u64) -> (Vec<Message>, Option<Fault>) {
    let mut found = Vec::new();
    let fault = collect(file, address, &mut found).err();
    (found, fault)
}

fn collect(file: &File, address: u64, found: &mut Vec<Message>) -> Read<()> {
    const WHAT: &str = "object header";
    let at = file.place(address);
    let front = file.up_to(address, 32)?;
    let mut cursor = file.cursor(&front, at, WHAT);
    let style = if front.starts_with(b"OHDR") {
        cursor.take(4)?;
        cursor.version(2)?;
        let flags = cursor.u8()?;
        cursor.take(if flags & 0x20 == 0 { 0 } else { 16 })?;
        cursor.take(if flags & 0x10 == 0 { 0 } else { 4 })?;
        Style { new: true, ordered: flags & 0x04 != 0, width: 1 << (flags & 3) }
    } else {
        cursor.version(1)?;
        cursor.take(7)?;
        Style { new: false, ordered: false, width: 4 }
    };
    let length = cursor.uint(style.width)?;
    // The first part is aligned to eight bytes in version 1, and directly follows in version 2.
    let start = if style.new { cursor.taken() as u64 } else { 16 };
    let mut parts = VecDeque::from([(address.saturating_add(start), length)]);
    let mut seen = HashSet::new();
    let mut first = true;
    while let Some((address, length)) = parts.pop_front() {
        if !seen.insert(address) {
            return Err(Fault::broken(file.place(address), WHAT, "its parts lead back to each other"));
        }
        if length > CHUNK {
            return Err(Fault::broken(file.place(address), WHAT, "a part of it is longer than any honest one"));
        }
        let body = file.up_to(address, length)?;
        // The checksum of a continuation is part of its length.
        let end = if style.new && !first { body.len().saturating_sub(4) } else { body.len() };
        let mut cursor = file.cursor(body.get(..end).unwrap_or_default(), file.place(address), WHAT);
        if style.new && !first {
            cursor.expect(b"OCHK")?;
        }
        first = false;
        part(&mut cursor, style, found, &mut parts)?;
        if (body.len() as u64) < length {
            return Err(Fault::broken(file.place(address), WHAT, "it lies outside of the file"));
        }
    }
    Ok(())
}

#[derive(Clone, Copy)]
struct Style {
    new: bool,
    ordered: bool,
    width: usize,
}

fn part(cursor: &mut Cursor, style: Style, found: &mut Vec<Message>, parts: &mut VecDeque<(u64, u64)>) -> Read<()> {
    let prefix = if style.new { 4 + if style.ordered { 2 } else { 0 } } else { 8 };
    // What is left may be a gap.
    while cursor.left() >= prefix {
        let start = cursor.place();
        let (kind, size, flags);
        if style.new {
            kind = u16::from(cursor.u8()?);
            size = cursor.u16()?;
            flags = cursor.u8()?;
            cursor.take(if style.ordered { 2 } else { 0 })?;
        } else {
            kind = cursor.u16()?;
            size = cursor.u16()?;
            flags = cursor.u8()?;
            cursor.take(3)?;
        }
        if style.new && kind == 0 && usize::from(size) > cursor.left() {
            break;
        }
        let at = cursor.place();
        let body = cursor.take(usize::from(size))?;
        if kind == 0 {
            continue;
        }
        if kind == kind::CONTINUATION {
            let mut inner = cursor.inside(body, at, "continuation");
            let (address, length) = (inner.address()?, inner.length()?);
            let address = address.ok_or_else(|| inner.broken("it leads nowhere"))?;
            parts.push_back((address, length));
            continue;
        }
        if found.len() >= MESSAGES {
            return Err(Fault::broken(start, "object header", "it has more messages than any honest one"));
        }
        found.push(Message { kind, shared: flags & 0x02 != 0, at, body: body.to_vec() });
    }
    Ok(())
}
