//! Fixed and extensible arrays, which list the pieces of datasets that newer versions of the library write.

use super::fault::{Fault, Read};
use super::file::{Cursor, File};
use super::layout::{CHUNKS, Chunk};

/// How the pieces of a dataset lie beside each other.
pub(super) struct Grid<'a> {
    /// The extents of a piece.
    pub(super) dims: &'a [u64],
    /// How far the dataset may grow; the largest number for one without an end.
    pub(super) most: &'a [u64],
    /// Bytes of a piece that is not filtered.
    pub(super) full: u64,
    /// Whether entries tell the size of a piece.
    pub(super) filtered: bool,
}

impl Grid<'_> {
    /// Where the piece of a number begins. They are counted row by row as if the dataset had grown to its limits; an
    /// extent without an end counts as the first one.
    pub(super) fn start_of(&self, number: u64) -> Vec<u64> {
        let endless = self.most.iter().position(|extent| *extent == u64::MAX).unwrap_or(0);
        let mut start = vec![0; self.dims.len()];
        let mut left = number;
        let others = (0..self.dims.len()).rev().filter(|place| *place != endless);
        for place in others.chain([endless]) {
            let (Some(piece), Some(most)) = (self.dims.get(place), self.most.get(place)) else { continue };
            let across = if place == endless { u64::MAX } else { most.div_ceil((*piece).max(1)).max(1) };
            if let Some(to) = start.get_mut(place) {
                *to = (left % across).saturating_mul(*piece);
            }
            left /= across;
        }
        start
    }

    /// Takes the entry of a piece; nothing where none was written.
    fn entry(&self, cursor: &mut Cursor, number: u64, found: &mut Vec<Chunk>) -> Read<()> {
        let Some(address) = cursor.address()? else { return Ok(()) };
        let (mut size, mut mask) = (self.full, 0);
        if self.filtered {
            size = cursor.uint(cursor.left().saturating_sub(4))?;
            mask = cursor.u32()?;
        }
        if found.len() >= CHUNKS {
            return Err(Fault::Many { at: cursor.place() });
        }
        found.push(Chunk { address, size, mask, start: self.start_of(number) });
        Ok(())
    }
}

/// Entries in a row, in pages of so many with a checksum behind each, or all together.
struct Row {
    place: u64,
    first: u64,
    count: u64,
    page: Option<u64>,
    width: u64,
}

fn row(file: &File, grid: &Grid, row: &Row, what: &'static str, found: &mut Vec<Chunk>) -> Read<()> {
    let mut place = row.place;
    let mut number = row.first;
    let end = row.first.saturating_add(row.count);
    while number < end {
        let count = row.page.unwrap_or(row.count).min(end - number);
        let length = count.saturating_mul(row.width);
        let bytes = file.read(place, length, what)?;
        for entry in bytes.chunks_exact(usize::try_from(row.width).unwrap_or(1).max(1)) {
            let mut cursor = file.cursor(entry, file.place(place), what);
            grid.entry(&mut cursor, number, found)?;
            number = number.saturating_add(1);
            place = place.saturating_add(row.width);
        }
        if length == 0 {
            break;
        }
        place = place.saturating_add(4);
    }
    Ok(())
}

/// The pieces that a fixed array lists.
pub(super) fn fixed(file: &File, address: u64, grid: &Grid, found: &mut Vec<Chunk>) -> Read<()> {
    const WHAT: &str = "fixed array";
    let bytes = file.up_to(address, 64)?;
    let mut cursor = file.cursor(&bytes, file.place(address), WHAT);
    cursor.expect(b"FAHD")?;
    cursor.version(0)?;
    cursor.u8()?;
    let width = u64::from(cursor.u8()?);
    let bits = u32::from(cursor.u8()?);
    let count = cursor.length()?;
    let Some(block) = cursor.address()? else { return Ok(()) };
    expect(file, block, b"FADB", WHAT)?;
    let page = 1_u64.checked_shl(bits).unwrap_or(u64::MAX);
    let mut place = block.saturating_add(6 + u64::from(file.shape.offsets));
    let paged = count > page;
    if paged {
        place = place.saturating_add(count.div_ceil(page).div_ceil(8)).saturating_add(4);
    }
    row(file, grid, &Row { place, first: 0, count, page: paged.then_some(page), width }, WHAT, found)
}

/// How an extensible array is laid out, as the library computes it.
struct Extensible {
    width: u64,
    bits: u64,
    in_index: u64,
    pointers: u64,
    page: u64,
}

/// The pieces that an extensible array lists.
pub(super) fn extensible(file: &File, address: u64, grid: &Grid, found: &mut Vec<Chunk>) -> Read<()> {
    const WHAT: &str = "extensible array";
    let pointer = u64::from(file.shape.offsets);
    let bytes = file.up_to(address, 128)?;
    let mut cursor = file.cursor(&bytes, file.place(address), WHAT);
    cursor.expect(b"EAHD")?;
    cursor.version(0)?;
    cursor.u8()?;
    let mut next = || cursor.u8().map(u64::from);
    let (width, bits, in_index, smallest, pointers, page_bits) = (next()?, next()?, next()?, next()?, next()?, next()?);
    for _ in 0..6 {
        cursor.length()?;
    }
    let Some(index) = cursor.address()? else { return Ok(()) };
    if bits > 64 || !smallest.is_power_of_two() || !pointers.is_power_of_two() || page_bits > 63 {
        return Err(cursor.broken("its blocks have impossible sizes"));
    }
    let array = Extensible { width, bits, in_index, pointers, page: 1 << page_bits };
    expect(file, index, b"EAIB", WHAT)?;
    let mut place = index.saturating_add(6 + pointer);
    row(file, grid, &Row { place, first: 0, count: in_index, page: None, width }, WHAT, found)?;
    place = place.saturating_add(in_index.saturating_mul(width));
    let levels = 1 + bits.saturating_sub(u64::from(smallest.ilog2()));
    let mut first = array.in_index;
    for level in 0..levels {
        // Each level has the blocks of the one before it, or twice as many of the same size.
        let blocks = 1_u64.checked_shl(u32::try_from(level / 2).unwrap_or(64)).unwrap_or(u64::MAX);
        let factor = 1_u64.checked_shl(u32::try_from(level.div_ceil(2)).unwrap_or(64));
        let Some(each) = factor.and_then(|factor| factor.checked_mul(smallest)) else { break };
        let here = level < 2 * u64::from(array.pointers.ilog2());
        if here {
            for number in 0..blocks {
                let start = first.saturating_add(number.saturating_mul(each));
                if let Some(block) = pointed(file, place, pointer, WHAT)? {
                    data_block(file, grid, &array, block, start, each, found)?;
                }
                place = place.saturating_add(pointer);
            }
        } else {
            if let Some(block) = pointed(file, place, pointer, WHAT)? {
                super_block(file, grid, &array, block, first, (blocks, each), found)?;
            }
            place = place.saturating_add(pointer);
        }
        first = first.saturating_add(blocks.saturating_mul(each));
    }
    Ok(())
}

fn super_block(
    file: &File,
    grid: &Grid,
    array: &Extensible,
    address: u64,
    first: u64,
    (blocks, each): (u64, u64),
    found: &mut Vec<Chunk>,
) -> Read<()> {
    const WHAT: &str = "extensible array";
    expect(file, address, b"EASB", WHAT)?;
    let pointer = u64::from(file.shape.offsets);
    let mut place = address.saturating_add(6 + pointer + array.bits.div_ceil(8));
    if each > array.page {
        place = place.saturating_add(blocks.saturating_mul((each / array.page).div_ceil(8)));
    }
    for number in 0..blocks {
        let start = first.saturating_add(number.saturating_mul(each));
        if let Some(block) = pointed(file, place, pointer, WHAT)? {
            data_block(file, grid, array, block, start, each, found)?;
        }
        place = place.saturating_add(pointer);
    }
    Ok(())
}

fn data_block(
    file: &File,
    grid: &Grid,
    array: &Extensible,
    address: u64,
    first: u64,
    count: u64,
    found: &mut Vec<Chunk>,
) -> Read<()> {
    const WHAT: &str = "extensible array";
    expect(file, address, b"EADB", WHAT)?;
    let front = 6 + u64::from(file.shape.offsets) + array.bits.div_ceil(8);
    let paged = count > array.page;
    let place = address.saturating_add(front).saturating_add(if paged { 4 } else { 0 });
    let page = paged.then_some(array.page);
    row(file, grid, &Row { place, first, count, page, width: array.width }, WHAT, found)
}

fn pointed(file: &File, place: u64, pointer: u64, what: &'static str) -> Read<Option<u64>> {
    let bytes = file.read(place, pointer, what)?;
    file.cursor(&bytes, file.place(place), what).address()
}

fn expect(file: &File, address: u64, signature: &[u8], what: &'static str) -> Read<()> {
    let bytes = file.up_to(address, 4)?;
    file.cursor(&bytes, file.place(address), what).expect(signature)
}
