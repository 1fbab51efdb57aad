//! Filters that can be undone here: those of the library that do not need numbers to be understood, LZF and bzip2.

use std::io::Read as _;

use super::layout::Filter;

const DEFLATE: u16 = 1;
const SHUFFLE: u16 = 2;
const CHECKSUM: u16 = 3;
/// Of `PyTables`, which numbers its filters as they are registered.
const BZIP2: u16 = 307;
/// Of h5py.
const LZF: u16 = 32000;

/// Whether a filter can be undone.
pub(super) fn is_undone(number: u16) -> bool {
    [DEFLATE, SHUFFLE, CHECKSUM, BZIP2, LZF].contains(&number)
}

/// Filters that come with the library (1 to 6), with h5py (32000), with `PyTables` (305, 307, 32001, 32026), or that
/// only compress: bitshuffle, lz4, zstd, zfp (<https://github.com/HDFGroup/hdf5_plugins>).
pub(super) fn is_known(number: u16) -> bool {
    matches!(number, 1..=6 | 305 | 307 | 32000 | 32001 | 32004 | 32008 | 32013 | 32015 | 32026)
}

/// The bytes before a filter that can be undone; of broken ones what comes before the break. `most` is what they can be.
pub(super) fn undone(filter: &Filter, mut bytes: Vec<u8>, element: u64, most: u64) -> Vec<u8> {
    let mut out = Vec::new();
    match filter.number {
        DEFLATE => {
            let _ = flate2::read::ZlibDecoder::new(bytes.as_slice()).take(most).read_to_end(&mut out);
        }
        BZIP2 => {
            let _ = bzip2::read::BzDecoder::new(bytes.as_slice()).take(most).read_to_end(&mut out);
        }
        LZF => out = unpacked(&bytes, usize::try_from(most).unwrap_or(usize::MAX)),
        SHUFFLE => {
            let width = filter.values.first().map_or(element, |width| u64::from(*width));
            out = unshuffled(bytes, usize::try_from(width).unwrap_or(1));
        }
        _ => {
            bytes.truncate(bytes.len().saturating_sub(4));
            out = bytes;
        }
    }
    out
}

/// LZF as `lzf_d.c` of h5py reads it: runs of bytes, and copies from what was read.
fn unpacked(bytes: &[u8], most: usize) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::new();
    let mut rest = bytes;
    while let Some((&control, after)) = rest.split_first() {
        if out.len() >= most {
            break;
        }
        rest = after;
        if control < 32 {
            let Some((run, after)) = rest.split_at_checked(usize::from(control) + 1) else { break };
            out.extend_from_slice(run);
            rest = after;
            continue;
        }
        let mut length = usize::from(control >> 5);
        if length == 7 {
            let Some((&more, after)) = rest.split_first() else { break };
            length += usize::from(more);
            rest = after;
        }
        let Some((&low, after)) = rest.split_first() else { break };
        rest = after;
        let back = (usize::from(control & 0x1f) << 8 | usize::from(low)) + 1;
        let Some(start) = out.len().checked_sub(back) else { break };
        // What is copied may be what the copy has written.
        for place in start..start + length + 2 {
            let Some(byte) = out.get(place).copied() else { break };
            out.push(byte);
        }
    }
    out
}

fn unshuffled(bytes: Vec<u8>, width: usize) -> Vec<u8> {
    let count = bytes.len().checked_div(width).unwrap_or(0);
    if width < 2 || count == 0 {
        return bytes;
    }
    let mut out = bytes.clone();
    for (number, lane) in bytes.chunks_exact(count).take(width).enumerate() {
        for (byte, to) in lane.iter().zip(out.iter_mut().skip(number).step_by(width)) {
            *to = *byte;
        }
    }
    out
}
