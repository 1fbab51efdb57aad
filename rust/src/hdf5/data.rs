//! The data of a dataset as its elements follow each other: put together from pieces, through the filters that are known.

use super::datatype::{Space, count, elements};
use super::fault::{Fault, Read};
use super::file::File;
use super::filter;
use super::layout::{self, Chunk, Filter, Layout};

/// Bytes of one piece that are decompressed. The library makes pieces of at most 4 GiB; honest ones have some megabytes.
const PIECE: u64 = 256 << 20;

/// What is needed to read a dataset.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) layout: Layout,
    pub(super) filters: Vec<Filter>,
    pub(super) space: Space,
    /// Bytes of an element.
    pub(super) element: u64,
}

impl Stored {
    /// Bytes of all elements; `None` if no number holds it.
    pub(super) fn size(&self) -> Option<u64> {
        elements(&self.space).and_then(|count| count.checked_mul(self.element))
    }

    /// Where the data lies in the source, if it stands there in one piece and as it is.
    pub(super) fn offset(&self, file: &File) -> Option<u64> {
        match &self.layout {
            Layout::Compact { at, .. } => Some(*at),
            Layout::Contiguous { address, .. } => address.map(|address| file.place(address)),
            Layout::Chunked { .. } | Layout::Virtual { .. } => None,
        }
    }
}

/// The front of the data, at most `most` bytes of it; `None` if it is stored in a way that is not read here.
pub(super) fn front(file: &File, stored: &Stored, most: u64) -> Read<Option<Vec<u8>>> {
    let whole = stored.size().unwrap_or(u64::MAX);
    let size = whole.min(most);
    match &stored.layout {
        Layout::Compact { bytes, .. } => {
            let size = usize::try_from(size).unwrap_or(usize::MAX).min(bytes.len());
            Ok(Some(bytes.get(..size).unwrap_or_default().to_vec()))
        }
        Layout::Contiguous { address: Some(address), .. } => file.up_to(*address, size).map(Some),
        Layout::Contiguous { address: None, .. } => Ok(Some(Vec::new())),
        Layout::Virtual { .. } => Ok(None),
        Layout::Chunked { index, address, shape } => {
            if stored.filters.iter().any(|filter| !filter::is_undone(filter.number)) {
                return Ok(None);
            }
            let filtered = !stored.filters.is_empty();
            let chunks = layout::chunks(file, (*index, *address), shape, &stored.space, filtered)?;
            pieces(file, stored, shape, chunks, size).map(Some)
        }
    }
}

fn pieces(file: &File, stored: &Stored, shape: &[u64], mut chunks: Vec<Chunk>, size: u64) -> Read<Vec<u8>> {
    let dims = shape.get(..stored.space.extents.len()).unwrap_or_default();
    let full = count(dims).and_then(|count| count.checked_mul(stored.element)).unwrap_or(u64::MAX);
    if stored.element == 0 {
        return Ok(Vec::new());
    }
    let mut data = vec![0; usize::try_from(size).unwrap_or(0)];
    chunks.sort_by(|one, other| one.start.cmp(&other.start));
    for chunk in &chunks {
        let first = place_of(&chunk.start, &stored.space.extents, stored.element);
        if first.is_none_or(|first| first >= size) {
            continue;
        }
        if full > PIECE {
            return Err(Fault::Unknown { at: file.place(chunk.address), what: "very large chunk" });
        }
        let bytes = decoded(file, stored, chunk, full)?;
        paste(&bytes, &mut data, chunk, dims, stored);
    }
    Ok(data)
}

/// The bytes of one piece behind its filters.
fn decoded(file: &File, stored: &Stored, chunk: &Chunk, full: u64) -> Read<Vec<u8>> {
    let mut bytes = file.read(chunk.address, chunk.size, "chunk")?;
    for (number, filter) in stored.filters.iter().enumerate().rev() {
        if u32::try_from(number).is_ok_and(|number| chunk.mask.checked_shr(number).unwrap_or(0) & 1 != 0) {
            continue;
        }
        // The checksum of four bytes may be among what is compressed.
        bytes = filter::undone(filter, bytes, stored.element, full.saturating_add(4));
        file.charge(file.place(chunk.address), bytes.len() as u64 / 16)?;
    }
    Ok(bytes)
}

/// The offset of an element in the data.
fn place_of(at: &[u64], extents: &[u64], element: u64) -> Option<u64> {
    let mut place = 0_u64;
    for (at, extent) in at.iter().zip(extents) {
        if at >= extent {
            return None;
        }
        place = place.checked_mul(*extent)?.checked_add(*at)?;
    }
    place.checked_mul(element)
}

/// Copies a piece into the data, row by row.
fn paste(bytes: &[u8], data: &mut [u8], chunk: &Chunk, dims: &[u64], stored: &Stored) {
    let Some((width, above)) = dims.split_last() else {
        copy(bytes, 0, data, 0, stored.element);
        return;
    };
    let last = dims.len() - 1;
    let room = match (stored.space.extents.get(last), chunk.start.get(last)) {
        (Some(extent), Some(start)) => extent.saturating_sub(*start).min(*width),
        _ => return,
    };
    let rows = count(above).unwrap_or(0);
    let row = width.saturating_mul(stored.element);
    for number in 0..rows {
        let from = number.saturating_mul(row);
        if from >= bytes.len() as u64 {
            break;
        }
        let mut at = chunk.start.clone();
        let mut left = number;
        for (place, extent) in at.iter_mut().take(above.len()).zip(above).rev() {
            *place = place.saturating_add(left % extent);
            left /= extent;
        }
        if let Some(to) = place_of(&at, &stored.space.extents, stored.element) {
            copy(bytes, from, data, to, room.saturating_mul(stored.element));
        }
    }
}

fn copy(bytes: &[u8], from: u64, data: &mut [u8], to: u64, length: u64) {
    let (from, to) = (usize::try_from(from).unwrap_or(usize::MAX), usize::try_from(to).unwrap_or(usize::MAX));
    let source = bytes.get(from..).unwrap_or_default();
    let Some(room) = data.get_mut(to..) else { return };
    let length = usize::try_from(length).unwrap_or(usize::MAX).min(source.len()).min(room.len());
    if let (Some(room), Some(source)) = (room.get_mut(..length), source.get(..length)) {
        room.copy_from_slice(source);
    }
}
