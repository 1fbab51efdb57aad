//! The header before a member's bytes (APPNOTE 4.3.7), and the descriptor that may follow them (4.3.9).

use super::bytes::{Peek, long, number, short};
use super::extra;
use crate::error::Result;

/// What begins a local header.
pub(super) const MAGIC: &[u8] = b"PK\x03\x04";

/// The fixed part of a local header.
const FIXED: usize = 30;

/// Sizes follow the data, in a descriptor.
pub(super) const DESCRIPTOR: u16 = 0x0008;

/// A local header.
#[derive(Debug)]
pub(super) struct Local {
    pub(super) name: Vec<u8>,
    pub(super) version: u16,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc: u32,
    pub(super) packed: u64,
    pub(super) size: u64,
    /// Where the data begins.
    pub(super) data: u64,
    /// Where large extra fields lie, with their sizes.
    pub(super) bulky: Vec<(u64, u64)>,
}

/// The local header at `at`, unless there is none or it is cut.
pub(super) fn parse(peek: &mut Peek, at: u64) -> Result<Option<Local>> {
    let fixed = peek.get(at, FIXED)?;
    if !fixed.starts_with(MAGIC) || fixed.len() < FIXED {
        return Ok(None);
    }
    let (name_length, extra_length) = (usize::from(short(fixed, 26)), usize::from(short(fixed, 28)));
    let mut local = Local {
        name: Vec::new(),
        version: short(fixed, 4),
        flags: short(fixed, 6),
        method: short(fixed, 8),
        crc: long(fixed, 14),
        packed: number(fixed, 18, 4),
        size: number(fixed, 22, 4),
        data: at.saturating_add((FIXED + name_length + extra_length) as u64),
        bulky: Vec::new(),
    };
    if local.data > peek.size {
        return Ok(None);
    }
    let rest = peek.get(at.saturating_add(FIXED as u64), name_length + extra_length)?;
    local.name = rest.get(..name_length).unwrap_or_default().to_vec();
    let extra = extra::parse(rest.get(name_length..).unwrap_or_default());
    let mut large = extra.large.unwrap_or_default().into_iter();
    for number in [&mut local.size, &mut local.packed] {
        if *number == u64::from(u32::MAX) {
            *number = large.next().unwrap_or(*number);
        }
    }
    let extra_at = local.data.saturating_sub(extra_length as u64);
    local.bulky = extra.bulky.iter().map(|(from, size)| (extra_at + *from as u64, *size as u64)).collect();
    Ok(Some(local))
}

/// How long the descriptor at `at` is: with and without its optional magic number, with short and long sizes.
pub(super) fn descriptor(peek: &mut Peek, at: u64, crc: u32, packed: u64, size: u64) -> Result<u64> {
    let bytes = peek.get(at, 24)?;
    for skip in [4, 0] {
        if skip == 4 && !bytes.starts_with(b"PK\x07\x08") {
            continue;
        }
        for width in [8, 4] {
            let end = skip + 4 + 2 * width;
            if bytes.len() >= end
                && long(bytes, skip) == crc
                && number(bytes, skip + 4, width) == packed
                && number(bytes, skip + 4 + width, width) == size
            {
                return Ok(end as u64);
            }
        }
    }
    Ok(0)
}
