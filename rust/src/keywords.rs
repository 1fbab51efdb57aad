//! Where short words stand in a text: one pass for all of them, so that finer tests run there and nowhere else.

use rustc_hash::FxHashMap;

use crate::deadline::Deadline;

/// Bytes of a word by which places are sorted out: pairs are too common in text, and some words have no more.
const PREFIX: usize = 3;

/// Bits of the table of prefixes: eight kilobytes, which stay in the cache.
const BITS: u32 = 16;

/// Bytes of a text that are looked through between two looks at the clock.
const CLOCK: usize = 1 << 20;

/// The table has so many cells of 64 bits.
const CELLS: usize = 1 << (BITS - 6);

/// Words, ready to be looked for. ASCII letters count as the same in both cases where a word is in lower case.
#[derive(Debug)]
pub struct Keywords {
    /// Whether some word begins with bytes of this hash, folded.
    may: Box<[u64; CELLS]>,
    /// The words by their first bytes, folded: place in the list and the word as it is.
    by_prefix: FxHashMap<u32, Vec<(usize, Vec<u8>)>>,
}

impl Keywords {
    /// Prepares words; `Err` holds the place of one that is shorter than three bytes.
    pub fn new(words: impl IntoIterator<Item = String>) -> Result<Self, usize> {
        let mut made = Self { may: Box::new([0; CELLS]), by_prefix: FxHashMap::default() };
        for (place, word) in words.into_iter().enumerate() {
            let first = word.as_bytes().first_chunk::<PREFIX>().ok_or(place)?;
            let prefix = first.iter().fold(0, |key, byte| key << 8 | u32::from(byte.to_ascii_lowercase()));
            let (cell, bit) = place_of(prefix);
            if let Some(cell) = made.may.get_mut(cell) {
                *cell |= bit;
            }
            made.by_prefix.entry(prefix).or_default().push((place, word.into_bytes()));
        }
        Ok(made)
    }

    /// Returns the places of words, as the number of the word and its offset, in order; at most `limit` of them, and only
    /// those that are found before the deadline.
    #[must_use]
    pub fn find(&self, text: &[u8], limit: usize, deadline: &Deadline) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        let mut latest = 0;
        for (number, block) in text.chunks(CLOCK).enumerate() {
            if deadline.expired()
                || !self.find_in(text, block, number.saturating_mul(CLOCK), &mut latest, limit, &mut found)
            {
                break;
            }
        }
        found
    }

    /// Adds the words that end in a block of the text, which begins at `start`; returns whether there is room for more.
    fn find_in(
        &self,
        text: &[u8],
        block: &[u8],
        start: usize,
        latest: &mut u32,
        limit: usize,
        found: &mut Vec<(usize, usize)>,
    ) -> bool {
        for (place, byte) in block.iter().enumerate() {
            // The last three bytes, folded.
            *latest = (*latest << 8 | u32::from(byte.to_ascii_lowercase())) & 0xFF_FFFF;
            let (cell, bit) = place_of(*latest);
            if self.may.get(cell).is_none_or(|cell| cell & bit == 0) {
                continue;
            }
            let Some(offset) = start.saturating_add(place).checked_sub(PREFIX - 1) else { continue };
            if !self.settle(text, offset, *latest, limit, found) {
                return false;
            }
        }
        true
    }

    /// Adds the words that begin at a place; returns whether there is room for more.
    #[cold]
    fn settle(&self, text: &[u8], offset: usize, prefix: u32, limit: usize, found: &mut Vec<(usize, usize)>) -> bool {
        let rest = text.get(offset..).unwrap_or_default();
        for (number, word) in self.by_prefix.get(&prefix).into_iter().flatten() {
            if begins(rest, word) {
                if found.len() >= limit {
                    return false;
                }
                found.push((*number, offset));
            }
        }
        true
    }
}

/// Whether a text begins with a word.
fn begins(text: &[u8], word: &[u8]) -> bool {
    let Some(front) = text.get(..word.len()) else { return false };
    if word.iter().any(u8::is_ascii_uppercase) { front == word } else { front.eq_ignore_ascii_case(word) }
}

/// The cell of the table that tells of a prefix, and the bit in it.
fn place_of(prefix: u32) -> (usize, u64) {
    let hash = prefix.wrapping_mul(0x9E37_79B1) >> (32 - BITS);
    ((hash >> 6) as usize, 1 << (hash & 63))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_where_they_stand() {
        let words = Keywords::new(["AKIA", "password", "hf_", "pass"].map(str::to_owned)).unwrap();
        assert_eq!(
            words.find(b"x AKIA akia PassWord hf_ Hf_", 9, &Deadline::never()),
            [(0, 2), (1, 12), (3, 12), (2, 21), (2, 25)]
        );
        assert_eq!(words.find(b"hf_hf_hf_", 2, &Deadline::never()), [(2, 0), (2, 3)]);
        assert_eq!(words.find(b"hf", 9, &Deadline::never()), []);
        assert_eq!(words.find(b"passwor", 9, &Deadline::never()), [(3, 0)]);
        assert_eq!(Keywords::new(["abc", "ab"].map(str::to_owned)).unwrap_err(), 1);
    }
}
