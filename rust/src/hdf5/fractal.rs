//! Fractal heaps, which hold links and attributes of objects that have many.

use std::collections::HashMap;

use super::btree;
use super::fault::{Fault, Read};
use super::file::File;

const WHAT: &str = "fractal heap";

/// Bytes of one object in the heap: the largest attribute.
const OBJECT: u64 = 64 << 20;

/// A fractal heap, ready to be asked for its objects.
#[derive(Debug)]
pub(super) struct Heap {
    at: u64,
    id_length: usize,
    offset_width: usize,
    length_width: usize,
    table_width: u64,
    starting: u64,
    max_direct: u64,
    root: Option<u64>,
    rows: u64,
    huge: Option<u64>,
    huge_objects: Option<HashMap<u64, (u64, u64)>>,
}

/// Reads the header of the heap at an address.
pub(super) fn open(file: &File, address: u64) -> Read<Heap> {
    let at = file.place(address);
    let bytes = file.up_to(address, 256)?;
    let mut cursor = file.cursor(&bytes, at, WHAT);
    cursor.expect(b"FRHP")?;
    cursor.version(0)?;
    let id_length = usize::from(cursor.u16()?);
    let filtered = cursor.u16()? != 0;
    cursor.u8()?;
    let max_managed = u64::from(cursor.u32()?);
    cursor.length()?;
    let huge = cursor.address()?;
    cursor.length()?;
    cursor.address()?;
    for _ in 0..8 {
        cursor.length()?;
    }
    let table_width = u64::from(cursor.u16()?);
    let starting = cursor.length()?;
    let max_direct = cursor.length()?;
    let bits = usize::from(cursor.u16()?);
    cursor.u16()?;
    let root = cursor.address()?;
    let rows = u64::from(cursor.u16()?);
    if filtered {
        return Err(Fault::Unknown { at, what: "compressed fractal heap" });
    }
    if table_width == 0 || !starting.is_power_of_two() || !max_direct.is_power_of_two() || max_direct < starting {
        return Err(cursor.broken("its blocks have impossible sizes"));
    }
    if bits == 0 || bits > 64 {
        return Err(cursor.broken("its size is impossible"));
    }
    // How the library sizes the two numbers of an ID.
    let direct_width = (max_direct.ilog2() as usize).div_ceil(8).max(1);
    let length_width = direct_width.min(btree::width_of(max_managed));
    let offset_width = bits.div_ceil(8);
    Ok(Heap {
        at,
        id_length,
        offset_width,
        length_width,
        table_width,
        starting,
        max_direct,
        root,
        rows,
        huge,
        huge_objects: None,
    })
}

impl Heap {
    /// The object of an ID, and where it lies in the source.
    pub(super) fn object(&mut self, file: &File, id: &[u8], id_at: u64) -> Read<(Vec<u8>, u64)> {
        let id = id.get(..self.id_length.min(id.len())).unwrap_or_default();
        let mut cursor = file.cursor(id, id_at, "ID of a heap object");
        let first = cursor.u8()?;
        if first >> 6 != 0 {
            return Err(cursor.unknown());
        }
        match (first >> 4) & 3 {
            0 => {
                let offset = cursor.uint(self.offset_width)?;
                let length = cursor.uint(self.length_width)?;
                let (address, room) = self.locate(file, offset)?;
                if length > room {
                    return Err(Fault::broken(id_at, WHAT, "an object is larger than its block"));
                }
                Ok((file.read(address, length, WHAT)?, file.place(address)))
            }
            1 => {
                let (address, length) = self.huge(file, cursor.rest(), id_at)?;
                if length > OBJECT {
                    return Err(Fault::broken(id_at, WHAT, "an object is larger than any honest one"));
                }
                Ok((file.read(address, length, WHAT)?, file.place(address)))
            }
            2 => {
                let mut length = usize::from(first & 0x0f);
                if self.id_length > 17 {
                    length = (length << 8) | usize::from(cursor.u8()?);
                }
                let at = cursor.place();
                Ok((cursor.take(length + 1)?.to_vec(), at))
            }
            _ => Err(cursor.unknown()),
        }
    }

    /// The address of an offset in the heap, and how many bytes its block has from there on.
    fn locate(&self, file: &File, mut offset: u64) -> Read<(u64, u64)> {
        let outside = || Fault::broken(self.at, WHAT, "an object lies outside of it");
        let mut block = self.root.ok_or_else(outside)?;
        if self.rows == 0 {
            let room = self.starting.checked_sub(offset).ok_or_else(outside)?;
            check(file, block, b"FHDB")?;
            return Ok((block.saturating_add(offset), room));
        }
        let mut rows = self.rows;
        let first_row = self.starting.checked_mul(self.table_width).ok_or_else(outside)?;
        let direct_rows = u64::from(self.max_direct.ilog2() - self.starting.ilog2()) + 2;
        let pointer = u64::from(file.shape.offsets);
        // Each step leads to a smaller block, so that this ends.
        loop {
            check(file, block, b"FHIB")?;
            let row = (offset / first_row).checked_ilog2().map_or(0, |log| u64::from(log) + 1);
            if row >= rows {
                return Err(outside());
            }
            let (row_start, size) = if row == 0 {
                (0, self.starting)
            } else {
                let shift = u32::try_from(row - 1).unwrap_or(u32::MAX);
                let factor = 1_u64.checked_shl(shift).ok_or_else(outside)?;
                let start = first_row.checked_mul(factor).ok_or_else(outside)?;
                (start, self.starting.checked_mul(factor).ok_or_else(outside)?)
            };
            let within = offset.checked_sub(row_start).ok_or_else(outside)?;
            let column = within / size;
            offset = within % size;
            let entry = row.saturating_mul(self.table_width).saturating_add(column);
            let front = 5 + pointer + self.offset_width as u64;
            let place = block.saturating_add(front).saturating_add(entry.saturating_mul(pointer));
            let bytes = file.read(place, pointer, WHAT)?;
            let child = file.cursor(&bytes, file.place(place), WHAT).address()?.ok_or_else(outside)?;
            if row < direct_rows {
                check(file, child, b"FHDB")?;
                return Ok((child.saturating_add(offset), size - offset));
            }
            let child_rows = u64::from((size / first_row).checked_ilog2().ok_or_else(outside)?) + 1;
            if child_rows >= rows {
                return Err(outside());
            }
            (block, rows) = (child, child_rows);
        }
    }

    /// Where an object too large for the blocks lies, and how long it is.
    fn huge(&mut self, file: &File, id: &[u8], id_at: u64) -> Read<(u64, u64)> {
        let mut cursor = file.cursor(id, id_at, WHAT);
        let missing = Fault::broken(id_at, WHAT, "a large object is missing");
        if id.len() >= usize::from(file.shape.offsets) + usize::from(file.shape.lengths) {
            let address = cursor.address()?.ok_or(missing)?;
            return Ok((address, cursor.length()?));
        }
        let number = cursor.uint(id.len().min(usize::from(file.shape.lengths)))?;
        if self.huge_objects.is_none() {
            let tree = self.huge.ok_or(Fault::broken(id_at, WHAT, "it has no list of large objects"))?;
            let (records, fault) = btree::new(file, tree, &[1]);
            let mut objects = HashMap::new();
            for record in &records {
                let mut cursor = file.cursor(&record.bytes, record.at, WHAT);
                let address = cursor.address()?;
                let length = cursor.length()?;
                if let Some(address) = address {
                    objects.insert(cursor.length()?, (address, length));
                }
            }
            if let Some(fault) = fault {
                return Err(fault);
            }
            self.huge_objects = Some(objects);
        }
        self.huge_objects.as_ref().and_then(|objects| objects.get(&number).copied()).ok_or(missing)
    }
}

fn check(file: &File, block: u64, signature: &[u8]) -> Read<()> {
    let bytes = file.up_to(block, 4)?;
    file.cursor(&bytes, file.place(block), WHAT).expect(signature)
}
