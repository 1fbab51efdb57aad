//! B-trees of both versions, walked as a whole: all keys and children, or all records.

use std::collections::HashSet;

use super::fault::{Fault, Read};
use super::file::File;

/// Entries of one tree. The budget of the file usually ends the walk before.
const ENTRIES: usize = 2_000_000;

/// Bytes of one node of a tree of version 2: the library makes them of 512 to 4,096 bytes.
const NODE: u32 = 16 << 20;

/// One leaf entry of a B-tree of version 1: the key before it, and where its child lies.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: Vec<u8>,
    /// Where the key lies in the source.
    pub(super) at: u64,
    pub(super) child: u64,
}

/// Walks a B-tree of version 1 and hands over the entries of its leaves. Stops at the first fault, or when `take` does.
pub(super) fn old(
    file: &File,
    root: u64,
    kind: u8,
    key_size: usize,
    take: &mut dyn FnMut(Entry) -> Read<()>,
) -> Read<()> {
    const WHAT: &str = "B-tree";
    let mut todo = vec![(root, None)];
    let mut seen = HashSet::new();
    while let Some((address, expected)) = todo.pop() {
        let at = file.place(address);
        if !seen.insert(address) {
            return Err(Fault::broken(at, WHAT, "its nodes lead back to each other"));
        }
        let pointer = usize::from(file.shape.offsets);
        let front = file.read(address, 8 + 2 * pointer as u64, WHAT)?;
        let mut cursor = file.cursor(&front, at, WHAT);
        cursor.expect(b"TREE")?;
        if cursor.u8()? != kind {
            return Err(cursor.broken("it is of another kind"));
        }
        let level = cursor.u8()?;
        if expected.is_some_and(|expected| expected != level) {
            return Err(cursor.broken("its levels do not follow each other"));
        }
        let used = u64::from(cursor.u16()?);
        let length = used.saturating_mul((key_size + pointer) as u64);
        let start = address.saturating_add(front.len() as u64);
        let body = file.up_to(start, length)?;
        let mut cursor = file.cursor(&body, file.place(start), WHAT);
        let before = todo.len();
        for _ in 0..used {
            let at = cursor.place();
            let key = cursor.take(key_size)?;
            let child = cursor.address()?.ok_or_else(|| cursor.broken("an entry leads nowhere"))?;
            if level > 0 {
                todo.push((child, Some(level - 1)));
            } else {
                take(Entry { key: key.to_vec(), at, child })?;
            }
        }
        if let Some(added) = todo.get_mut(before..) {
            added.reverse();
        }
    }
    Ok(())
}

/// The records of a B-tree of version 2 and what stopped the walk before its end. `kinds` are those that fit.
pub(super) fn new(file: &File, header: u64, kinds: &[u8]) -> (Vec<Record>, Option<Fault>) {
    let mut records = Vec::new();
    let fault = collect(file, header, kinds, &mut records).err();
    (records, fault)
}

/// A record of a B-tree of version 2.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) kind: u8,
    pub(super) bytes: Vec<u8>,
    /// Where it lies in the source.
    pub(super) at: u64,
}

/// How nodes of one level are laid out.
#[derive(Clone, Copy)]
struct Level {
    /// Records that nodes of this level and below can hold together.
    total: u64,
    /// Bytes of a count of these.
    total_width: usize,
}

fn collect(file: &File, header: u64, kinds: &[u8], records: &mut Vec<Record>) -> Read<()> {
    const WHAT: &str = "B-tree";
    let at = file.place(header);
    let bytes = file.up_to(header, 64)?;
    let mut cursor = file.cursor(&bytes, at, WHAT);
    cursor.expect(b"BTHD")?;
    cursor.version(0)?;
    let kind = cursor.u8()?;
    if !kinds.contains(&kind) {
        return Err(cursor.broken("it is of another kind"));
    }
    let node = cursor.u32()?;
    let size = usize::from(cursor.u16()?);
    let depth = usize::from(cursor.u16()?);
    cursor.take(2)?;
    let root = cursor.address()?;
    let count = u64::from(cursor.u16()?);
    let Some(root) = root else { return Ok(()) };
    if node > NODE {
        return Err(cursor.broken("its nodes have an impossible size"));
    }
    let levels = levels(file, node, size, depth).ok_or_else(|| cursor.broken("its nodes have an impossible size"))?;
    let leaf_width = width_of(u64::from(node).saturating_sub(10) / size as u64);
    let mut seen = HashSet::new();
    let mut todo = vec![(root, count, depth)];
    while let Some((address, count, depth)) = todo.pop() {
        let at = file.place(address);
        if !seen.insert(address) {
            return Err(Fault::broken(at, WHAT, "its nodes lead back to each other"));
        }
        let bytes = file.up_to(address, u64::from(node))?;
        let mut cursor = file.cursor(&bytes, at, WHAT);
        cursor.expect(if depth == 0 { b"BTLF" } else { b"BTIN" })?;
        cursor.version(0)?;
        if cursor.u8()? != kind {
            return Err(cursor.broken("it is of another kind"));
        }
        for _ in 0..count {
            let at = cursor.place();
            let bytes = cursor.take(size)?.to_vec();
            if records.len() >= ENTRIES {
                return Err(Fault::Spent { at });
            }
            records.push(Record { kind, bytes, at });
        }
        let Some(below) = depth.checked_sub(1) else { continue };
        let total_width = if below == 0 { 0 } else { levels.get(below).map_or(0, |level| level.total_width) };
        for _ in 0..=count {
            let child = cursor.address()?.ok_or_else(|| cursor.broken("an entry leads nowhere"))?;
            let held = cursor.uint(leaf_width)?;
            cursor.take(total_width)?;
            todo.push((child, held, below));
        }
    }
    Ok(())
}

/// The layout of nodes by level, as the library computes it from the size of a node and of a record.
fn levels(file: &File, node: u32, size: usize, depth: usize) -> Option<Vec<Level>> {
    const PREFIX: u64 = 10;
    let (node, size) = (u64::from(node), size as u64);
    if size == 0 || depth > 64 {
        return None;
    }
    let leaf = node.checked_sub(PREFIX)? / size;
    if leaf == 0 {
        return None;
    }
    let mut levels = vec![Level { total: leaf, total_width: 0 }];
    for _ in 0..depth {
        let below = *levels.last()?;
        let pointer = u64::from(file.shape.offsets) + width_of(leaf) as u64 + below.total_width as u64;
        let most = node.checked_sub(PREFIX + pointer)? / (size + pointer);
        let total = most.saturating_add(1).saturating_mul(below.total).saturating_add(most);
        levels.push(Level { total, total_width: width_of(total) });
    }
    Some(levels)
}

/// Bytes that a number up to `most` takes.
pub(super) fn width_of(most: u64) -> usize {
    most.checked_ilog2().map_or(1, |log| log as usize / 8 + 1)
}
