//! How text stands in bytes: UTF-8, and UTF-16 in both byte orders.

use super::fold::{DOT, fold};

/// Fewer bytes of UTF-16 say nothing: any two are a letter, and numbers are full of them.
const LEAST: usize = 4;

/// One way to write text as bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
}

impl Encoding {
    /// The encodings in which a text of so many letters is looked for: a single letter in UTF-8 alone.
    pub(super) fn all(letters: usize) -> &'static [Self] {
        if letters < 2 { &[Self::Utf8] } else { &[Self::Utf8, Self::Utf16Le, Self::Utf16Be] }
    }

    pub(super) fn length(self, text: &[char]) -> usize {
        let size = |letter: &char| if self == Self::Utf8 { letter.len_utf8() } else { 2 * letter.len_utf16() };
        text.iter().map(size).sum()
    }

    pub(super) fn write(self, text: &[char], out: &mut Vec<u8>) {
        for letter in text {
            if self == Self::Utf8 {
                out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
            for unit in letter.encode_utf16(&mut [0; 2]) {
                out.extend(if self == Self::Utf16Le { unit.to_le_bytes() } else { unit.to_be_bytes() });
            }
        }
    }

    /// The letter at the front of some bytes, and how many bytes it has.
    fn letter(self, bytes: &[u8]) -> Option<(char, usize)> {
        if self != Self::Utf8 {
            let first = self.unit(*bytes.first_chunk()?);
            if let Some(letter) = char::from_u32(u32::from(first)) {
                return Some((letter, 2));
            }
            let second = self.unit(*bytes.get(2..)?.first_chunk()?);
            let letter = char::decode_utf16([first, second]).next()?.ok()?;
            return Some((letter, 4));
        }
        let size = match bytes.first()? {
            ..0x80 => 1,
            0xc2..0xe0 => 2,
            0xe0..0xf0 => 3,
            0xf0.. => 4,
            _ => return None,
        };
        let letter = std::str::from_utf8(bytes.get(..size)?).ok()?.chars().next()?;
        Some((letter, size))
    }

    fn unit(self, two: [u8; 2]) -> u16 {
        if self == Self::Utf16Le { u16::from_le_bytes(two) } else { u16::from_be_bytes(two) }
    }

    /// The number of bytes in which `wanted`, which is folded, stands at the front of some bytes, in any spelling.
    pub(super) fn stands(self, bytes: &[u8], wanted: &[char]) -> Option<usize> {
        let mut rest = wanted.iter();
        let mut at = 0_usize;
        while let [next, ..] = rest.as_slice() {
            let (letter, size) = self.letter(bytes.get(at..)?)?;
            at = at.saturating_add(size);
            if letter.is_ascii() {
                if letter.to_ascii_lowercase() != *next {
                    return None;
                }
                rest.next();
                if *next == 'i' && !rest.as_slice().is_empty() {
                    let dot = self.letter(bytes.get(at..)?).filter(|(letter, _)| *letter == DOT);
                    at = at.saturating_add(dot.map_or(0, |(_, size)| size));
                }
                continue;
            }
            let mut same = true;
            fold(letter, |letter| same &= rest.next() == Some(&letter));
            if !same {
                return None;
            }
        }
        (self == Self::Utf8 || at >= LEAST).then_some(at)
    }
}
