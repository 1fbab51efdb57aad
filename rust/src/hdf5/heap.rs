//! Local heaps, which hold the names of old groups, and global heaps, which hold values of variable length.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::fault::{Fault, Read};
use super::file::File;

/// Bytes of a name or path in a local heap.
const TEXT: u64 = 64 << 10;

/// Where the data of the local heap at an address begins.
pub(super) fn local(file: &File, address: u64) -> Read<Local> {
    const WHAT: &str = "local heap";
    let bytes = file.up_to(address, 72)?;
    let mut cursor = file.cursor(&bytes, file.place(address), WHAT);
    cursor.expect(b"HEAP")?;
    cursor.version(0)?;
    cursor.take(3)?;
    let size = cursor.length()?;
    cursor.length()?;
    let data = cursor.address()?.ok_or_else(|| cursor.broken("it has no data"))?;
    Ok(Local { data, size })
}

/// A local heap.
#[derive(Debug, Clone, Copy)]
pub(super) struct Local {
    data: u64,
    size: u64,
}

impl Local {
    /// The text at an offset, up to its NUL; and where it lies in the source.
    pub(super) fn text(self, file: &File, offset: u64) -> Read<(Vec<u8>, u64)> {
        const WHAT: &str = "local heap";
        let address = self.data.saturating_add(offset);
        let at = file.place(address);
        let room = self.size.checked_sub(offset).ok_or(Fault::broken(at, WHAT, "a name lies outside of it"))?;
        let mut text = Vec::new();
        let mut step = 64;
        while (text.len() as u64) < room.min(TEXT) {
            let start = text.len();
            let part = file.up_to(address.saturating_add(start as u64), step.min(room - start as u64))?;
            if let Some(length) = memchr::memchr(0, &part) {
                text.extend_from_slice(part.get(..length).unwrap_or_default());
                return Ok((text, at));
            }
            if part.is_empty() {
                break;
            }
            text.extend_from_slice(&part);
            step = (step * 4).min(8192);
        }
        Err(Fault::broken(at, WHAT, "a name in it does not end"))
    }
}

/// Objects of a global heap by number: where each lies and how long it is.
type Objects = HashMap<u16, (u64, u64)>;

/// Heaps whose directory is kept.
const KEPT: usize = 64;
/// Bytes of one collection. The library makes them of 4 KiB, or as large as one value needs.
const COLLECTION: u64 = 1 << 40;

/// The global heap: collections of values that do not have a fixed size.
#[derive(Default)]
pub(super) struct Global {
    collections: RefCell<HashMap<u64, Rc<Objects>>>,
}

impl Global {
    /// Where an object of the collection at an address lies (as an address), and how long it is.
    pub(super) fn object(&self, file: &File, collection: u64, number: u32) -> Read<(u64, u64)> {
        let known = self.collections.borrow().get(&collection).cloned();
        let objects = if let Some(known) = known {
            known
        } else {
            let read = Rc::new(directory(file, collection)?);
            let mut kept = self.collections.borrow_mut();
            if kept.len() >= KEPT {
                kept.clear();
            }
            kept.insert(collection, Rc::clone(&read));
            read
        };
        let missing = Fault::broken(file.place(collection), "global heap", "an object is missing in it");
        u16::try_from(number).ok().and_then(|number| objects.get(&number).copied()).ok_or(missing)
    }
}

fn directory(file: &File, collection: u64) -> Read<Objects> {
    const WHAT: &str = "global heap";
    let lengths = u64::from(file.shape.lengths);
    let front = file.read(collection, 8 + lengths, WHAT)?;
    let mut cursor = file.cursor(&front, file.place(collection), WHAT);
    cursor.expect(b"GCOL")?;
    cursor.version(1)?;
    cursor.take(3)?;
    let size = cursor.length()?;
    if size > COLLECTION || !file.holds(collection, size) {
        return Err(cursor.broken("it lies outside of the file"));
    }
    let end = collection.saturating_add(size);
    let mut next = collection.saturating_add(front.len() as u64);
    let mut objects = Objects::new();
    while next.saturating_add(8 + lengths) <= end {
        let head = file.read(next, 8 + lengths, WHAT)?;
        let mut cursor = file.cursor(&head, file.place(next), WHAT);
        let number = cursor.u16()?;
        cursor.take(6)?;
        let length = cursor.length()?;
        // Object 0 is the free space at the end.
        if number == 0 {
            break;
        }
        let start = next.saturating_add(8 + lengths);
        let follows = length.checked_next_multiple_of(8).and_then(|length| start.checked_add(length));
        let Some(follows) = follows.filter(|_| length <= end.saturating_sub(start)) else {
            return Err(cursor.broken("an object lies outside of it"));
        };
        objects.entry(number).or_insert((start, length));
        next = follows;
    }
    Ok(objects)
}
