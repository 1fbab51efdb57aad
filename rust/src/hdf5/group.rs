//! The members of a group, of the old kind (B-tree and local heap) and of the new one (heap and B-trees over it).

use std::collections::HashSet;

use super::btree;
use super::fault::{Fault, Read};
use super::file::File;
use super::fractal;
use super::heap::{self, Local};
use super::link::{self, Dense, Link, Target};

/// Takes links, or what keeps some of them from being read.
pub(super) type Take<'a> = &'a mut dyn FnMut(std::result::Result<Link, Fault>) -> Read<()>;

/// The links of an old group.
pub(super) fn old(file: &File, tree: u64, heap: u64, take: Take) -> Read<()> {
    let names = heap::local(file, heap)?;
    let lengths = usize::from(file.shape.lengths);
    let mut nodes = HashSet::new();
    btree::old(file, tree, 0, lengths, &mut |entry| {
        if !nodes.insert(entry.child) {
            return take(Err(Fault::broken(entry.at, "B-tree", "two entries lead to one node")));
        }
        match symbols(file, entry.child, names, take) {
            Err(fault) if fault.is_final() => Err(fault),
            Err(fault) => take(Err(fault)),
            Ok(()) => Ok(()),
        }
    })
}

fn symbols(file: &File, address: u64, names: Local, take: Take) -> Read<()> {
    const WHAT: &str = "symbol table node";
    let front = file.read(address, 8, WHAT)?;
    let mut cursor = file.cursor(&front, file.place(address), WHAT);
    cursor.expect(b"SNOD")?;
    cursor.version(1)?;
    cursor.u8()?;
    let count = u64::from(cursor.u16()?);
    let size = 2 * u64::from(file.shape.offsets) + 24;
    let start = address.saturating_add(8);
    let body = file.up_to(start, count * size)?;
    let mut cursor = file.cursor(&body, file.place(start), WHAT);
    for _ in 0..count {
        let at = cursor.place();
        let name_at = cursor.uint(usize::from(file.shape.offsets))?;
        let object = cursor.address()?;
        let cache = cursor.u32()?;
        cursor.u32()?;
        let scratch = cursor.take(16)?;
        let link = (|| -> Read<Link> {
            let (name, _) = names.text(file, name_at)?;
            let target = if cache == 2 {
                let offset = file.cursor(scratch, at, WHAT).u32()?;
                Target::Soft(names.text(file, u64::from(offset))?.0)
            } else {
                Target::Hard(object.ok_or(Fault::broken(at, WHAT, "an entry leads nowhere"))?)
            };
            Ok(Link { name, at, target })
        })();
        match link {
            Err(fault) if fault.is_final() => return Err(fault),
            other => take(other)?,
        }
    }
    Ok(())
}

/// An object that is kept in a fractal heap, and where it lies in the source; whether it stands in the shared heap.
pub(super) struct Kept {
    pub(super) id: Vec<u8>,
    pub(super) id_at: u64,
    pub(super) shared: bool,
}

/// The IDs of what is kept in a heap, each once, by all B-trees over it.
pub(super) fn kept(file: &File, dense: &Dense, kinds: [u8; 2]) -> (Vec<Kept>, Option<Fault>) {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut first = None;
    for (tree, kind) in dense.trees.iter().zip(kinds) {
        let Some(tree) = tree else { continue };
        let (records, fault) = btree::new(file, *tree, &[kind]);
        first = first.or(fault);
        for record in records {
            let Some(kept) = id_of(&record) else { continue };
            if seen.insert(kept.id.clone()) {
                found.push(kept);
            }
        }
    }
    // The trees are ordered by hashes of the names; neighbours in the heap are soonest read together.
    found.sort_by(|one, other| one.id.iter().rev().cmp(other.id.iter().rev()));
    (found, first)
}

/// Where the ID stands in a record, by the kind of the tree.
fn id_of(record: &btree::Record) -> Option<Kept> {
    let (start, length) = match record.kind {
        5 => (4, 7),
        6 => (8, 7),
        _ => (0, 8),
    };
    let shared = matches!(record.kind, 8 | 9) && record.bytes.get(8).is_some_and(|flags| flags & 2 != 0);
    let id = record.bytes.get(start..start + length)?.to_vec();
    Some(Kept { id, id_at: record.at.saturating_add(start as u64), shared })
}

/// The links of a new group that has many.
pub(super) fn new(file: &File, dense: &Dense, take: Take) -> Read<()> {
    let mut heap = fractal::open(file, dense.heap)?;
    let (found, fault) = kept(file, dense, [5, 6]);
    for kept in found {
        let link = heap
            .object(file, &kept.id, kept.id_at)
            .and_then(|(bytes, at)| link::message(&mut file.cursor(&bytes, at, "link")));
        match link {
            Err(fault) if fault.is_final() => return Err(fault),
            other => take(other)?,
        }
    }
    fault.map_or(Ok(()), Err)
}
