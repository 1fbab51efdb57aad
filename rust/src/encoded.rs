//! Whether a text may carry code in an encoding: runs of digits of base64, base32 or hexadecimal that begin like code.
//!
//! A glance for texts that are looked at in great number: what it passes is decoded by `encoded_payload.py`.

/// Digits that make a run: 24 of base64 stand for 18 bytes, and no payload is shorter.
pub const LEAST: usize = 24;

/// Bytes of a decoded run that tell how it begins.
const FRONT: usize = 24;

/// Bytes of a decoded run that are searched, where it is text.
const TEXT: usize = 64 << 10;

/// What the first bytes of code are, where they are no text; digests and random numbers begin so one time in 5,000.
const BEGINNINGS: &[&[u8]] = &[
    b"\x7fELF",
    b"MZ",
    b"\xca\xfe\xba",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xfe\xed\xfa",
    b"\0asm",
    b"dex\n",
    b"BC\xc0\xde",
    b"\x1f\x8b\x08",
    b"x\x01",
    b"x\x5e",
    b"x\x9c",
    b"x\xda",
    b"BZh",
    b"\xfd7zXZ\0",
    b"\x28\xb5\x2f\xfd",
    b"PK\x03\x04",
];

/// Whether bytes begin like a program, compiled Python, a pickle, an archive or a compressed stream.
pub fn begins_like_code(bytes: &[u8]) -> bool {
    match bytes {
        // Compiled Python, marshalled Python, pickles.
        [_, _, b'\r', b'\n', ..] | [b'c' | 0xe3, _, 0, 0, ..] | [0x80, 0..=5, ..] => true,
        [0x7f | b'M' | 0xca | 0xce | 0xcf | 0xfe | 0 | b'd' | b'B' | 0x1f | b'x' | 0xfd | 0x28 | b'P', ..] => {
            BEGINNINGS.iter().any(|mark| bytes.starts_with(mark))
        }
        _ => false,
    }
}

/// Whether a text has a run that may stand for code.
pub fn may_carry(text: &[u8]) -> bool {
    let mut from = 0;
    while let Some((start, end)) = next_run(text, from) {
        if text.get(start..end).is_some_and(stands_for_code) {
            return true;
        }
        from = end;
    }
    false
}

fn is_digit(byte: u8) -> bool {
    BASE64.values.get(usize::from(byte)).is_some_and(|value| *value != OTHER)
}

/// Bytes that are tested together: a run has eight digits in a row at one of two such places.
const STEP: usize = 16;

/// The next run from an offset on, before which none is cut. Of texts without any, every second word of eight bytes is
/// looked at.
fn next_run(text: &[u8], from: usize) -> Option<(usize, usize)> {
    let mut from = from;
    loop {
        let rest = text.get(from..).filter(|rest| rest.len() >= LEAST)?;
        let part = rest.chunks(STEP).position(|part| part.first_chunk().is_none_or(|word| !is_separated(*word)))?;
        let word = from.checked_add(part.checked_mul(STEP)?)?;
        let eight = text.get(word..word.checked_add(8)?)?;
        if let Some(other) = eight.iter().rposition(|byte| !is_digit(*byte)) {
            from = word + other + 1;
            continue;
        }
        let before = text.get(from..word).unwrap_or_default();
        // Most words of eight digits stand between others that are none: no run is so short.
        let next = text.get(word + 8..).and_then(|behind| behind.first_chunk());
        if next.is_none_or(|next| is_separated(*next)) && before.last_chunk().is_none_or(|last| is_separated(*last)) {
            from = word + 8;
            continue;
        }
        let start = before.iter().rposition(|byte| !is_digit(*byte)).map_or(from, |other| from + other + 1);
        let behind = text.get(word..).unwrap_or_default();
        let end = word + behind.iter().position(|byte| !is_digit(*byte)).unwrap_or(behind.len());
        if end - start >= LEAST {
            return Some((start, end));
        }
        from = end;
    }
}

/// Whether one of eight bytes is below all digits, as white space and most punctuation are: all compared in one word.
fn is_separated(eight: [u8; 8]) -> bool {
    const ONES: u64 = u64::MAX / 255;
    let word = u64::from_le_bytes(eight);
    word.wrapping_sub(ONES * 0x2b) & !word & (ONES << 7) != 0
}

fn stands_for_code(run: &[u8]) -> bool {
    let hexadecimal = run.strip_prefix(b"0x").or_else(|| run.strip_prefix(b"0X")).unwrap_or(run);
    decodes_to_code(hexadecimal, &BASE16) || decodes_to_code(run, &BASE64) || decodes_to_code(run, &BASE32)
}

/// Whether the digits of a run stand for code: they are read as far as it takes to tell.
fn decodes_to_code(run: &[u8], encoding: &Encoding) -> bool {
    let mut room = [0; FRONT];
    let Some(front) = encoding.decode(run, &mut room) else { return false };
    if begins_like_code(front) {
        return true;
    }
    if !is_text(front) {
        return false;
    }
    // Source calls something; an encoding of an encoding is a run in turn.
    let mut room = vec![0; TEXT.min(run.len())];
    front.iter().all(|byte| is_digit(*byte)) || encoding.decode(run, &mut room).is_some_and(|text| text.contains(&b'('))
}

/// No digit.
const OTHER: u8 = 0xff;

/// How digits stand for bytes (RFC 4648).
struct Encoding {
    /// Bits of a digit.
    bits: u32,
    /// What each byte stands for.
    values: [u8; 256],
}

static BASE16: Encoding = Encoding::new(4, &[b"0123456789abcdef", b"0123456789ABCDEF"]);
static BASE32: Encoding = Encoding::new(5, &[b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"]);
static BASE64: Encoding = Encoding::new(
    6,
    &[
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
    ],
);

impl Encoding {
    #[allow(clippy::indexing_slicing, clippy::cast_possible_truncation)] // Evaluated when compiled.
    const fn new(bits: u32, alphabets: &[&[u8]]) -> Self {
        let mut values = [OTHER; 256];
        let mut number = 0;
        while number < alphabets.len() {
            let mut value = 0;
            while value < alphabets[number].len() {
                values[alphabets[number][value] as usize] = value as u8;
                value += 1;
            }
            number += 1;
        }
        Self { bits, values }
    }

    /// The first bytes that digits stand for, as many as there is room for; none if one of those is no digit.
    fn decode<'a>(&self, run: &[u8], room: &'a mut [u8]) -> Option<&'a [u8]> {
        let (mut held, mut count, mut written) = (0_u32, 0, 0);
        for byte in run {
            let value = self.values.get(usize::from(*byte)).copied().filter(|value| *value != OTHER)?;
            held = (held << self.bits | u32::from(value)) & 0xffff;
            count += self.bits;
            if count >= 8 {
                count -= 8;
                let Some(place) = room.get_mut(written) else { break };
                *place = u8::try_from(held >> count & 0xff).unwrap_or(0);
                written += 1;
            }
        }
        room.get(..written)
    }
}

/// Whether bytes are UTF-8 without control characters, but for a letter that is cut.
fn is_text(bytes: &[u8]) -> bool {
    let control = |byte: &u8| *byte < b' ' && !b"\t\n\r".contains(byte);
    let whole = match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    whole && !bytes.iter().any(control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_that_begin_like_code_are_seen() {
        for text in [
            &b"f0VMRgIBAQAAAAAAAAAAAAMAPgABAAAA"[..],
            b"7f454c460201010000000000000000000300",
            b"key: 0x7f454c460201010000000000000000000300",
            b"P5CUYRQCAEAQAAAAAAAAAAAAAAAAGAB6",
            // "import os; os.system('id')"
            b"data:x;base64,aW1wb3J0IG9zOyBvcy5zeXN0ZW0oJ2lkJyk=",
            b"H4sIAAAAAAAAA0vOzy3ISS1J5QIAnHh7vQcAAAA=",
            // Base64 of base64.
            b"ZjBWTVJnSUJBUUFBQUFBQUFBQUFBQU1BUGdBQkFBQUE=",
        ] {
            assert!(may_carry(text), "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn every_beginning_is_looked_for() {
        for mark in BEGINNINGS {
            assert!(begins_like_code(mark), "{mark:?}");
        }
    }

    #[test]
    fn digests_pictures_names_and_prose_are_passed_over() {
        for text in [
            &b"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"[..],
            b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ",
            b"/usr/lib/python3/dist-packages/transformers/models",
            b"layers/0/self_attention/query_key_value/weight",
            // {"model": "x", "layers": 2}
            b"eyJtb2RlbCI6ICJ4IiwgImxheWVycyI6IDJ9",
            b"a sentence of many words, none of which is long",
            b"f0VMRgIBAQ",
            b"",
        ] {
            assert!(!may_carry(text), "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn runs_are_found_at_any_place_and_of_any_length() {
        let digits = b"Ab9+/-_x".repeat(6);
        for separator in [b' ', b':', b'=', 0xe9] {
            for before in 0..40 {
                for length in LEAST - 2..=digits.len() {
                    let mut text = vec![separator; before];
                    // A shorter one, in the same words.
                    text.extend_from_slice(digits.get(..before % 23).unwrap_or_default());
                    text.push(separator);
                    let start = text.len();
                    text.extend_from_slice(digits.get(..length).unwrap_or_default());
                    let end = text.len();
                    let expected = (length >= LEAST).then_some((start, end));
                    assert_eq!(next_run(&text, 0), expected, "at the end");
                    text.extend_from_slice(&[separator, b'x', separator]);
                    assert_eq!(next_run(&text, 0), expected, "{before} {length}");
                }
            }
        }
    }

    #[test]
    fn random_digits_seldom_begin_like_code() {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut run =
            || -> Vec<u8> { (0..44).map(|_| alphabet.get((next() & 63) as usize).copied().unwrap_or(b'A')).collect() };
        let found = (0..20_000).filter(|_| may_carry(&run())).count();
        assert!(found < 30, "{found}");
    }
}
