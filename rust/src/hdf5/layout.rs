//! How the data of a dataset is stored: layout, filters, files it lies in, datasets it is put together from.

use super::array::{self, Grid};
use super::btree;
use super::datatype::{Space, count};
use super::fault::{Fault, Read};
use super::file::{Cursor, File};

/// Where the data of a dataset is.
#[derive(Debug, Clone)]
pub(super) enum Layout {
    /// In the message itself.
    Compact { at: u64, bytes: Vec<u8> },
    /// In one piece; no address before anything was written.
    Contiguous { address: Option<u64>, size: Option<u64> },
    /// In pieces of one shape, whose last extent is the size of an element.
    Chunked { index: Index, address: Option<u64>, shape: Vec<u64> },
    /// In other datasets, listed by an object of the global heap.
    Virtual { collection: Option<u64>, number: u32 },
}

/// How the pieces are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Index {
    /// A B-tree of version 1.
    Tree,
    /// There is only one; its size if it is filtered.
    Single(Option<u64>),
    /// All follow each other.
    Implicit,
    /// A fixed array.
    Fixed,
    /// An extensible array.
    Extensible,
    /// A B-tree of version 2.
    NewTree,
}

/// Reads a layout message.
pub(super) fn layout(cursor: &mut Cursor) -> Read<Layout> {
    match cursor.u8()? {
        1 | 2 => oldest(cursor),
        3 => {
            let class = cursor.u8()?;
            if class == 2 {
                let rank = cursor.u8()?;
                let address = cursor.address()?;
                let shape = (0..rank).map(|_| cursor.uint(4)).collect::<Read<_>>()?;
                return Ok(Layout::Chunked { index: Index::Tree, address, shape });
            }
            whole(cursor, class)
        }
        4 | 5 => {
            let class = cursor.u8()?;
            match class {
                2 => newest(cursor),
                3 => Ok(Layout::Virtual { collection: cursor.address()?, number: cursor.u32()? }),
                _ => whole(cursor, class),
            }
        }
        _ => Err(cursor.unknown()),
    }
}

fn whole(cursor: &mut Cursor, class: u8) -> Read<Layout> {
    match class {
        0 => {
            let size = cursor.u16()?;
            let at = cursor.place();
            Ok(Layout::Compact { at, bytes: cursor.take(usize::from(size))?.to_vec() })
        }
        1 => Ok(Layout::Contiguous { address: cursor.address()?, size: Some(cursor.length()?) }),
        _ => Err(cursor.unknown()),
    }
}

fn oldest(cursor: &mut Cursor) -> Read<Layout> {
    let rank = cursor.u8()?;
    let class = cursor.u8()?;
    cursor.take(5)?;
    let address = if class == 0 { None } else { cursor.address()? };
    let shape = (0..rank).map(|_| cursor.uint(4)).collect::<Read<_>>()?;
    match class {
        0 => {
            let size = cursor.u32()?;
            let at = cursor.place();
            let bytes = cursor.take(usize::try_from(size).unwrap_or(usize::MAX))?.to_vec();
            Ok(Layout::Compact { at, bytes })
        }
        1 => Ok(Layout::Contiguous { address, size: None }),
        2 => Ok(Layout::Chunked { index: Index::Tree, address, shape }),
        _ => Err(cursor.unknown()),
    }
}

fn newest(cursor: &mut Cursor) -> Read<Layout> {
    let flags = cursor.u8()?;
    let rank = cursor.u8()?;
    let width = usize::from(cursor.u8()?);
    let shape = (0..rank).map(|_| cursor.uint(width)).collect::<Read<_>>()?;
    let index = match cursor.u8()? {
        1 if flags & 2 != 0 => {
            let size = cursor.length()?;
            cursor.u32()?;
            Index::Single(Some(size))
        }
        1 => Index::Single(None),
        2 => Index::Implicit,
        3 => {
            cursor.u8()?;
            Index::Fixed
        }
        4 => {
            cursor.take(5)?;
            Index::Extensible
        }
        5 => {
            cursor.take(6)?;
            Index::NewTree
        }
        _ => return Err(cursor.unknown()),
    };
    Ok(Layout::Chunked { index, address: cursor.address()?, shape })
}

/// One step of a filter pipeline.
#[derive(Debug, Clone)]
pub(super) struct Filter {
    pub(super) number: u16,
    /// As the file calls it; often nothing.
    pub(super) name: String,
    /// Its parameters.
    pub(super) values: Vec<u32>,
}

/// Reads a filter pipeline.
pub(super) fn filters(cursor: &mut Cursor) -> Read<Vec<Filter>> {
    let version = cursor.u8()?;
    let count = cursor.u8()?;
    if version != 1 && version != 2 {
        return Err(cursor.unknown());
    }
    cursor.take(if version == 1 { 6 } else { 0 })?;
    let mut found = Vec::new();
    for _ in 0..count {
        let number = cursor.u16()?;
        let named = version == 1 || number >= 256;
        let length = if named { usize::from(cursor.u16()?) } else { 0 };
        cursor.u16()?;
        let values = usize::from(cursor.u16()?);
        let name = cursor.padded(length, version == 1)?;
        let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
        let name = String::from_utf8_lossy(name).chars().take(64).collect();
        let numbers = (0..values).map(|_| cursor.u32()).collect::<Read<_>>()?;
        cursor.take(if version == 1 && values % 2 == 1 { 4 } else { 0 })?;
        found.push(Filter { number, name, values: numbers });
    }
    Ok(found)
}

/// Where the names of external files lie: the local heap, and the offset of each name.
pub(super) fn external(cursor: &mut Cursor) -> Read<(u64, Vec<u64>)> {
    cursor.version(1)?;
    cursor.take(5)?;
    let used = cursor.u16()?;
    let heap = cursor.address()?.ok_or_else(|| cursor.broken("it has no heap"))?;
    let mut names = Vec::new();
    for _ in 0..used {
        names.push(cursor.length()?);
        cursor.length()?;
        cursor.length()?;
    }
    Ok((heap, names))
}

/// The files that a virtual dataset is put together from; `.` is its own.
pub(super) fn sources(cursor: &mut Cursor) -> (Vec<String>, Option<Fault>) {
    let mut names = Vec::new();
    let fault = mappings(cursor, &mut names).err();
    (names, fault)
}

fn mappings(cursor: &mut Cursor, names: &mut Vec<String>) -> Read<()> {
    let version = cursor.u8()?;
    if version > 1 {
        return Err(cursor.unknown());
    }
    let entries = cursor.length()?;
    for _ in 0..entries {
        let flags = if version == 1 { cursor.u8()? } else { 0 };
        // Version 1 leaves the name out where it is the file itself, or that of an earlier entry.
        if flags & 0x04 != 0 {
            // The source is the file itself.
        } else if flags & 0x01 != 0 {
            cursor.length()?;
        } else {
            let name = cursor.until_nul()?;
            names.push(String::from_utf8_lossy(name).chars().take(4096).collect());
        }
        if flags & 0x02 != 0 {
            cursor.length()?;
        } else {
            cursor.until_nul()?;
        }
        selection(cursor)?;
        selection(cursor)?;
    }
    Ok(())
}

/// Passes over a selection of elements.
fn selection(cursor: &mut Cursor) -> Read<()> {
    let kind = cursor.u32()?;
    let version = cursor.u32()?;
    match (kind, version) {
        (0 | 3, 1) => cursor.take(8).map(|_| ()),
        (1 | 2, 1) => {
            cursor.take(4)?;
            let length = cursor.u32()?;
            skip(cursor, u64::from(length))
        }
        (2, 2) => {
            cursor.u8()?;
            let length = cursor.u32()?;
            skip(cursor, u64::from(length))
        }
        (2, 3) => {
            let flags = cursor.u8()?;
            let width = usize::from(cursor.u8()?);
            let rank = u64::from(cursor.u32()?);
            let per = if flags & 1 != 0 { 4 } else { 2_u64.saturating_mul(cursor.uint(width)?) };
            skip(cursor, rank.saturating_mul(per).saturating_mul(width as u64))
        }
        (1, 2) => {
            let width = usize::from(cursor.u8()?);
            let rank = u64::from(cursor.u32()?);
            let points = cursor.uint(width)?;
            skip(cursor, rank.saturating_mul(points).saturating_mul(width as u64))
        }
        _ => Err(cursor.unknown()),
    }
}

fn skip(cursor: &mut Cursor, length: u64) -> Read<()> {
    cursor.take(usize::try_from(length).unwrap_or(usize::MAX)).map(|_| ())
}

/// One piece of a chunked dataset.
#[derive(Debug, Clone)]
pub(super) struct Chunk {
    pub(super) address: u64,
    /// Bytes in the file.
    pub(super) size: u64,
    /// Filters that were left out, as bits.
    pub(super) mask: u32,
    /// Where it begins in the dataset.
    pub(super) start: Vec<u64>,
}

/// Pieces of one dataset that are listed.
pub(super) const CHUNKS: usize = 1 << 20;

/// The pieces of a chunked dataset.
pub(super) fn chunks(
    file: &File,
    (index, address): (Index, Option<u64>),
    shape: &[u64],
    space: &Space,
    filtered: bool,
) -> Read<Vec<Chunk>> {
    let Some(address) = address else { return Ok(Vec::new()) };
    let Some((element, dims)) = shape.split_last() else {
        return Err(Fault::broken(file.place(address), "chunk", "it has no shape"));
    };
    let full = count(dims).and_then(|count| count.checked_mul(*element));
    let at = file.place(address);
    let full = full.ok_or(Fault::broken(at, "chunk", "its size is impossible"))?;
    if dims.contains(&0) || dims.len() != space.extents.len() {
        return Err(Fault::broken(at, "chunk", "its shape does not fit that of the dataset"));
    }
    let grid = Grid { dims, most: &space.most, full, filtered };
    let mut found: Vec<Chunk> = Vec::new();
    match index {
        Index::Tree => {
            let key = 8 + 8 * shape.len();
            btree::old(file, address, 1, key, &mut |entry| {
                let mut cursor = file.cursor(&entry.key, entry.at, "chunk");
                let size = u64::from(cursor.u32()?);
                let mask = cursor.u32()?;
                let start = (0..dims.len()).map(|_| cursor.uint(8)).collect::<Read<_>>()?;
                if found.len() >= CHUNKS {
                    return Err(Fault::Many { at: entry.at });
                }
                found.push(Chunk { address: entry.child, size, mask, start });
                Ok(())
            })?;
        }
        Index::Single(size) => {
            found.push(Chunk { address, size: size.unwrap_or(full), mask: 0, start: vec![0; dims.len()] });
        }
        Index::Implicit => {
            let across = |(piece, most): (&u64, &u64)| most.div_ceil(*piece);
            let count = dims.iter().zip(&space.most).map(across).fold(1, u64::saturating_mul);
            for number in 0..count.min(CHUNKS as u64) {
                let address = address.saturating_add(number.saturating_mul(full));
                found.push(Chunk { address, size: full, mask: 0, start: grid.start_of(number) });
            }
        }
        Index::NewTree => {
            let (records, fault) = btree::new(file, address, &[10, 11]);
            if let Some(fault) = fault {
                return Err(fault);
            }
            for record in &records {
                let mut cursor = file.cursor(&record.bytes, record.at, "chunk");
                let Some(address) = cursor.address()? else { continue };
                let (mut size, mut mask) = (full, 0);
                if record.kind == 11 {
                    let width = cursor.left().saturating_sub(4 + 8 * dims.len());
                    size = cursor.uint(width)?;
                    mask = cursor.u32()?;
                }
                let scaled: Vec<u64> = (0..dims.len()).map(|_| cursor.uint(8)).collect::<Read<_>>()?;
                let start = scaled.iter().zip(dims).map(|(at, extent)| at.saturating_mul(*extent)).collect();
                found.push(Chunk { address, size, mask, start });
            }
        }
        Index::Fixed => array::fixed(file, address, &grid, &mut found)?,
        Index::Extensible => array::extensible(file, address, &grid, &mut found)?,
    }
    Ok(found)
}
