//! The superblock: where a file begins, how wide its numbers are, where its root group lies.

use super::fault::{Fault, Read};
use super::file::{Cursor, Shape};
use crate::error::{Error, Result};
use crate::source::Source;

pub(super) const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";

/// Bytes of the largest superblock: version 1 with numbers of 32 bytes.
const LONGEST: usize = 512;

/// Bytes of a stream that are looked through: what a decoder keeps of its front, so that nothing is decoded twice.
const IN_STREAM: u64 = 1 << 20;

/// Where the superblock lies: at 0, or at 512, 1024 and so on behind a user block.
pub(super) fn find(source: &Source) -> Result<Option<u64>> {
    let end = if source.random_access() { source.size().unwrap_or(0) } else { IN_STREAM };
    let mut place = 0;
    while place < end {
        match source.read(place, SIGNATURE.len()) {
            Ok(bytes) if bytes == SIGNATURE => return Ok(Some(place)),
            Ok(bytes) if bytes.len() < SIGNATURE.len() => break,
            Ok(_) => {}
            // Where a compressed stream breaks, it is not this that says so.
            Err(Error::Codec { .. } | Error::Budget { .. } | Error::Late) => break,
            Err(error) => return Err(error),
        }
        place = if place == 0 { 512 } else { place.saturating_mul(2) };
    }
    Ok(None)
}

/// What a superblock says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Superblock {
    pub(super) shape: Shape,
    /// Where the file ends, as an offset in the source.
    pub(super) end: u64,
    /// The object header of the root group.
    pub(super) root: Option<u64>,
    /// The B-tree and the heap of the root group, where the superblock repeats them.
    pub(super) cached: Option<(u64, u64)>,
    /// The object header of more superblock.
    pub(super) extension: Option<u64>,
    /// Where a driver says how the file is spread over several.
    pub(super) driver: Option<u64>,
}

/// Reads the superblock at a place.
pub(super) fn read(source: &Source, place: u64) -> Read<Superblock> {
    const WHAT: &str = "superblock";
    let bytes = source.read(place, LONGEST).map_err(Fault::Io)?;
    // Addresses count from the superblock, whatever it says: the library corrects its base address when they differ.
    let mut shape = Shape { base: place, offsets: 8, lengths: 8 };
    let mut cursor = Cursor::over(&bytes, place, WHAT, shape);
    cursor.expect(SIGNATURE)?;
    let version = cursor.u8()?;
    if version > 3 {
        return Err(Fault::Unknown { at: place, what: WHAT });
    }
    if version < 2 {
        cursor.take(4)?;
    }
    shape.offsets = cursor.u8()?;
    shape.lengths = cursor.u8()?;
    if ![2, 4, 8, 16, 32].contains(&shape.offsets) || ![2, 4, 8, 16, 32].contains(&shape.lengths) {
        return Err(Fault::broken(place, WHAT, "its numbers have an impossible width"));
    }
    let taken = cursor.taken();
    let mut cursor =
        Cursor::over(bytes.get(taken..).unwrap_or_default(), place.saturating_add(taken as u64), WHAT, shape);
    if version < 2 { old(&mut cursor, shape, version) } else { new(&mut cursor, shape) }
}

fn old(cursor: &mut Cursor, shape: Shape, version: u8) -> Read<Superblock> {
    cursor.take(if version == 0 { 9 } else { 13 })?;
    let base = cursor.address()?;
    cursor.address()?;
    let end = cursor.address()?;
    let driver = cursor.address()?;
    cursor.length()?;
    let root = cursor.address()?;
    let kind = cursor.u32()?;
    cursor.u32()?;
    let cached = if kind == 1 { cursor.address()?.zip(cursor.address()?) } else { None };
    Ok(Superblock { shape, end: end_of(shape, base, end), root, cached, extension: None, driver })
}

fn new(cursor: &mut Cursor, shape: Shape) -> Read<Superblock> {
    cursor.u8()?;
    let base = cursor.address()?;
    let extension = cursor.address()?;
    let end = cursor.address()?;
    let root = cursor.address()?;
    Ok(Superblock { shape, end: end_of(shape, base, end), root, cached: None, extension, driver: None })
}

/// The end is counted from the start of the source, as it was when the file was written.
fn end_of(shape: Shape, base: Option<u64>, end: Option<u64>) -> u64 {
    let length = end.unwrap_or(u64::MAX).saturating_sub(base.unwrap_or(0));
    shape.base.saturating_add(length)
}
