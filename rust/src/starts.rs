//! The first bytes of tensors: which of them are the front of something else, to be looked at as such.
//!
//! Numbers begin like that now and then, so a mark says no more than that a closer look is worth its time.

use crate::deadline::Deadline;
use crate::error::Result;
use crate::source::Source;

/// Bytes that are looked at of each tensor.
pub const FRONT: usize = 16;

/// Tensors of one file that begin like something else and are handed on.
pub const MOST: usize = 1_000;

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

/// Returns the numbers of those places, each an offset and a size, that begin like something else; at most `most` of them.
///
/// Places in order of their offsets are read in blocks, where they lie close together.
pub fn suspects(places: &[(u64, u64)], source: &Source, deadline: &Deadline, most: usize) -> Result<Vec<usize>> {
    let mut found = Vec::new();
    let (mut at, mut block) = (0, Vec::new());
    for (number, (start, size)) in places.iter().copied().enumerate() {
        if found.len() >= most || (number % 1024 == 1023 && deadline.expired()) {
            break;
        }
        let length = usize::try_from(size).map_or(FRONT, |size| size.min(FRONT));
        let inside = |at: u64, block: &[u8]| {
            let from = usize::try_from(start.checked_sub(at)?).ok()?;
            block.get(from..from.checked_add(length)?).map(begins_like_something)
        };
        let begins = if let Some(begins) = inside(at, &block) {
            begins
        } else {
            let next = places.get(number + 1).map_or(u64::MAX, |(next, _)| *next);
            let near = next.checked_sub(start).is_some_and(|distance| distance < BLOCK as u64 / 2);
            (at, block) = (start, source.read(start, if near { BLOCK } else { FRONT })?);
            // What the file does not have is told where the layout is checked.
            inside(at, &block).unwrap_or(false)
        };
        if begins {
            found.push(number);
        }
    }
    Ok(found)
}

/// Whether the first bytes of numbers are the front of something else.
pub fn begins_like_something(front: &[u8]) -> bool {
    // Protocols of a pickle, then a frame, a mark, a container, a name or a text: what picklers write first.
    let pickle = matches!(front, [0x80, 2..=5, b'(' | b']' | b'}' | b')' | b'c' | b'X' | 0x8c | 0x8a | 0x95, ..]);
    // The version of compiled Python, and what makes it different when it was copied as text.
    let compiled = matches!(front, [_, _, b'\r', b'\n', ..]);
    pickle || compiled || MARKS.iter().any(|mark| front.starts_with(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_begin_like_something_else_are_found_near_and_far() {
        let mut data = vec![0x3f; 300_000];
        for (at, mark) in
            [(0, &b"\x7fELF"[..]), (100, b"\x80\x04\x95"), (200_000, b"\xa7\x0d\r\n"), (299_990, b"#!/bin/sh")]
        {
            data.splice(at..at + mark.len(), mark.iter().copied());
        }
        let source = Source::from_bytes(data);
        let places = [(0, 50), (50, 50), (100, 50), (150, 50), (200_000, 9), (250_000, 9), (299_990, 9), (1 << 40, 9)];
        let found =
            |places: &[(u64, u64)], most| suspects(places, &source, &Deadline::never(), most).unwrap_or_default();
        assert_eq!(found(&places, 9), [0, 2, 4, 6]);
        assert_eq!(found(&places, 2), [0, 2]);
        assert_eq!(found(&[(200_000, 9), (0, 50), (50, 50), (0, 3)], 9), [0, 1]);
        assert_eq!(found(&[(u64::MAX, u64::MAX), (0, 0)], 9), [0_usize; 0]);
    }
}
