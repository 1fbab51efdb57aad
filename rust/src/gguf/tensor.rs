//! Tensors of a GGUF file: types, sizes with wide integers, and how their data lies in the file.

use crate::finding::Finding;
use crate::walk::{Tally, Walk};

/// Elements a block and bytes a block, by number of the type; none for numbers that no version of ggml gives a size.
///
/// Sources: `ggml.c` (`type_traits`), `gguf-py/gguf/constants.py` (`GGML_QUANT_SIZES`). 31 to 33 and 36 to 38 are layouts
/// that files of 2024 still have. 9 and 15 are formats of intermediate results.
pub(super) fn block(number: u32) -> Option<(u64, u64)> {
    Some(match number {
        0 | 26 => (1, 4),
        1 | 25 | 30 => (1, 2),
        24 => (1, 1),
        27 | 28 => (1, 8),
        2 | 20 | 31..=33 | 36..=38 => (32, 18),
        3 => (32, 20),
        6 => (32, 22),
        7 => (32, 24),
        8 => (32, 34),
        9 => (32, 36),
        10 => (256, 84),
        11 | 21 => (256, 110),
        12 => (256, 144),
        13 => (256, 176),
        14 => (256, 210),
        15 => (256, 292),
        16 | 35 => (256, 66),
        17 => (256, 74),
        18 => (256, 98),
        19 => (256, 50),
        22 => (256, 82),
        23 => (256, 136),
        29 => (256, 56),
        34 => (256, 54),
        39 => (32, 17),
        40 => (64, 36),
        41 => (128, 18),
        _ => return None,
    })
}

/// The widest honest padding, that of pages: what is wider is room for something else.
pub(super) const PADDING: u64 = 64 << 10;

/// Where the data of a tensor lies, from the beginning of all data.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    pub offset: u64,
    /// None where the type of the tensor has no known size.
    pub size: Option<u64>,
}

/// The bytes that dimensions and a type ask for; none where 64 bits with a sign cannot hold a step of the computation.
pub(super) fn size(dims: &[u64], block: (u64, u64)) -> Option<u64> {
    let limit = i64::MAX.unsigned_abs();
    let mut elements = 1_u64;
    for dim in dims {
        elements = elements.checked_mul(*dim).filter(|product| *product <= limit)?;
    }
    if dims.iter().any(|dim| *dim > limit) {
        return None;
    }
    elements.div_ceil(block.0).checked_mul(block.1).filter(|bytes| *bytes <= limit)
}

/// Where all data ends, from its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Laid {
    /// The end of the last tensor.
    pub end: u64,
    /// Whether the last tensor is of unknown size: nothing behind it can be told from it.
    pub open: bool,
}

/// Checks that tensors follow each other without overlap or holes, each at a multiple of the alignment.
pub(super) fn lay(extents: &mut [Extent], alignment: u64, start: u64, walk: &mut Walk) -> Laid {
    const HOLES: usize = 16;
    let mut tally = Tally::default();
    extents.sort_by_key(|extent| extent.offset);
    let mut laid = Laid { end: 0, open: false };
    for extent in extents.iter() {
        let at = start.saturating_add(extent.offset);
        if extent.offset % alignment != 0 {
            tally.add(Finding::new("GGU105", at).fact("what", "data of a tensor is not aligned"));
        }
        if extent.offset < laid.end && extent.size != Some(0) {
            tally.add(Finding::new("GGU105", at).fact("what", "data of tensors overlaps"));
        }
        let gap = extent.offset.saturating_sub(laid.end);
        if !laid.open && (gap >= alignment || gap > PADDING) {
            tally.add(Finding::new("GGU105", at).fact("what", "bytes between tensors belong to none"));
            if walk.loose.len() < HOLES {
                walk.loose.push((start.saturating_add(laid.end), gap));
            }
        }
        let end = extent.offset.saturating_add(extent.size.unwrap_or(0));
        laid.open = if end > laid.end { extent.size.is_none() } else { laid.open || extent.size.is_none() };
        laid.end = laid.end.max(end);
    }
    tally.tell(walk);
    laid
}
