//! The first bytes of tensors: which of them are the front of something else, to be looked at as such.
//!
//! Numbers begin like that now and then, so a mark says no more than that a closer look is worth its time.

use super::{Limits, Tensor};
use crate::deadline::Deadline;
use crate::error::Result;
use crate::source::Source;

/// Bytes that are looked at of each tensor.
const FRONT: usize = 16;

/// Bytes that are read at once where tensors are small.
const BLOCK: usize = 64 << 10;

/// Programs, archives and compressed streams. Their specifications are named where they are scanned.
const MARKS: &[&[u8]] = &[
    b"\x7fELF",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"\xca\xfe\xba\xbf",
    b"\0asm",
    b"BC\xc0\xde",
    b"dex\n",
    b"!<arch>\n",
    b"MZ",
    b"#!/",
    b"PK\x03\x04",
    b"\x1f\x8b\x08",
    b"BZh",
    b"\xfd7zXZ\0",
    b"\x28\xb5\x2f\xfd",
    b"\x04\x22\x4d\x18",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"\x93NUMPY",
    b"\x89HDF\r\n\x1a\n",
    b"GGUF",
];

/// Returns the numbers of tensors that begin like something else, at most `limits.starts` of them.
pub(super) fn suspects(tensors: &[Tensor], source: &Source, deadline: &Deadline, limits: Limits) -> Result<Vec<usize>> {
    let mut found = Vec::new();
    let (mut at, mut block) = (0, Vec::new());
    for (number, tensor) in tensors.iter().enumerate() {
        if found.len() >= limits.starts || (number % 1024 == 1023 && deadline.expired()) {
            break;
        }
        let length = usize::try_from(tensor.size).map_or(FRONT, |size| size.min(FRONT));
        let inside = |at: u64, block: &[u8]| {
            let from = usize::try_from(tensor.start.checked_sub(at)?).ok()?;
            block.get(from..from.checked_add(length)?).map(begins_like_something)
        };
        let begins = if let Some(begins) = inside(at, &block) {
            begins
        } else {
            let near = tensors.get(number + 1).is_some_and(|next| next.start - tensor.start < BLOCK as u64 / 2);
            (at, block) = (tensor.start, source.read(tensor.start, if near { BLOCK } else { FRONT })?);
            // What the file does not have is told where the layout is checked.
            inside(at, &block).unwrap_or(false)
        };
        if begins {
            found.push(number);
        }
    }
    Ok(found)
}

fn begins_like_something(front: &[u8]) -> bool {
    // Protocols of a pickle, then a frame, a mark, a container, a name or a text: what picklers write first.
    let pickle = matches!(front, [0x80, 2..=5, b'(' | b']' | b'}' | b')' | b'c' | b'X' | 0x8c | 0x8a | 0x95, ..]);
    pickle || MARKS.iter().any(|mark| front.starts_with(mark))
}
