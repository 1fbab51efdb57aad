//! The text forms of constants in protocol 0: integers, quoted strings, escaped unicode.

/// What an INT or LONG line stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Number {
    Bool,
    Small(u64),
    /// Valid, but beyond 64 bits.
    Large,
}

/// Reads the line of INT: decimal, hexadecimal, octal, binary, with underscores, as some loader does (`int(x, 0)` before
/// `CPython` 3.14, base 10 since); `00` and `01` are bools.
pub(crate) fn integer(line: &[u8]) -> Option<Number> {
    if matches!(line, b"00" | b"01") {
        return Some(Number::Bool);
    }
    // What picklers write: few decimal digits.
    if line.len() <= 18 && line.first().is_some_and(|first| matches!(first, b'1'..=b'9')) {
        let mut value = 0_u64;
        if line.iter().all(|byte| {
            value = value * 10 + u64::from(byte.wrapping_sub(b'0') & 0x0f);
            byte.is_ascii_digit()
        }) {
            return Some(Number::Small(value));
        }
    }
    let line = line.trim_ascii();
    let (negative, digits) = match line {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, line),
    };
    let (base, digits) = match digits {
        [b'0', b'x' | b'X', rest @ ..] => (16, rest),
        [b'0', b'o' | b'O', rest @ ..] => (8, rest),
        [b'0', b'b' | b'B', rest @ ..] => (2, rest),
        _ => (10, digits),
    };
    let mut value = Some(0_u64);
    let mut seen = false;
    for byte in digits {
        if *byte == b'_' && seen {
            continue;
        }
        let digit = char::from(*byte).to_digit(base)?;
        seen = true;
        value = value.and_then(|value| value.checked_mul(u64::from(base))?.checked_add(u64::from(digit)));
    }
    if !seen {
        return None;
    }
    Some(match value {
        Some(value) => Number::Small(if negative { value.wrapping_neg() } else { value }),
        None => Number::Large,
    })
}

/// Whether a FLOAT line can be one: digits, signs, a point, an exponent, or the words for infinity and not-a-number.
pub(crate) fn is_float(line: &[u8]) -> bool {
    let mut digits = false;
    let plain = line.iter().all(|byte| {
        digits |= byte.is_ascii_digit();
        matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'_' | b'e' | b'E')
    });
    if plain {
        return digits;
    }
    let word = line.trim_ascii().to_ascii_lowercase();
    let word = word.strip_prefix(b"-").or_else(|| word.strip_prefix(b"+")).unwrap_or(&word);
    matches!(word, b"inf" | b"infinity" | b"nan") || line != line.trim_ascii() && is_float(line.trim_ascii())
}

/// The index in a GET or PUT line; spaces around it are accepted, as `int()` does.
pub(crate) fn index(line: &[u8]) -> Option<u64> {
    match integer(line)? {
        Number::Small(value) if i64::try_from(value).is_ok() => Some(value),
        Number::Bool => Some(u64::from(line == b"01")),
        Number::Small(_) | Number::Large => None,
    }
}

/// The inside of a STRING line: quotes of one sort around it, blanks after it ignored as Python 2 did.
pub(crate) fn unquoted(line: &[u8]) -> Option<&[u8]> {
    match line.trim_ascii_end() {
        [b'\'', inside @ .., b'\''] | [b'"', inside @ .., b'"'] => Some(inside),
        _ => None,
    }
}

/// Resolves the backslash escapes of a Python bytes literal, as `codecs.escape_decode` does.
pub(crate) fn unescape_string(inside: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(inside.len());
    let mut rest = inside;
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'\\' {
            out.push(*first);
            continue;
        }
        let [escape, after @ ..] = rest else { break };
        rest = after;
        match escape {
            b'\n' => {}
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            b'r' => out.push(b'\r'),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'v' => out.push(11),
            b'a' => out.push(7),
            b'\\' | b'\'' | b'"' => out.push(*escape),
            b'x' => {
                let (value, count) = digits(rest, 16, 2);
                out.push((value & 0xff) as u8);
                rest = rest.get(count..).unwrap_or_default();
            }
            b'0'..=b'7' => {
                let (value, count) = digits(tail, 8, 3);
                out.push((value & 0xff) as u8);
                rest = tail.get(count..).unwrap_or_default();
            }
            other => out.extend_from_slice(&[b'\\', *other]),
        }
    }
    out
}

/// Resolves `\uXXXX` and `\UXXXXXXXX` of raw-unicode-escape; other bytes are Latin-1.
pub(crate) fn unescape_unicode(line: &[u8]) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let [first, tail @ ..] = rest {
        rest = tail;
        let width = match (first, tail.first()) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            _ => 0,
        };
        if width > 0 {
            let (value, count) = digits(tail.get(1..).unwrap_or_default(), 16, width);
            if count == width {
                out.push(char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER));
                rest = tail.get(1 + count..).unwrap_or_default();
                continue;
            }
        }
        out.push(char::from(*first));
    }
    out
}

fn digits(text: &[u8], base: u32, most: usize) -> (u32, usize) {
    let (mut value, mut count) = (0_u32, 0);
    for byte in text.iter().take(most) {
        let Some(digit) = char::from(*byte).to_digit(base) else { break };
        value = value.wrapping_mul(base).wrapping_add(digit);
        count += 1;
    }
    (value, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_every_loader_are_read() {
        for (line, value) in
            [("10", 10), ("0x10", 16), ("1_0", 10), (" 7 ", 7), ("-1", u64::MAX), ("0o17", 15), ("+5", 5)]
        {
            assert_eq!(integer(line.as_bytes()), Some(Number::Small(value)), "{line}");
        }
        assert_eq!(integer(b"01"), Some(Number::Bool));
        assert_eq!(integer(b"123456789012345678901234567890"), Some(Number::Large));
        for bad in ["", "x", "1x", "_1", "am here", "0x", "-"] {
            assert_eq!(integer(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn strings_lose_quotes_and_escapes() {
        assert_eq!(unquoted(b"'os' "), Some(b"os".as_slice()));
        assert_eq!(unquoted(b"os"), None);
        assert_eq!(unquoted(b"'"), None);
        assert_eq!(unescape_string(br"\x6f\163\n\q"), b"os\n\\q");
        assert_eq!(unescape_unicode(br"\u006fs\x"), "os\\x");
    }

    #[test]
    fn floats_are_told_from_words() {
        for good in ["1.5", "-0.25e-10", "inf", "nan", "1e5"] {
            assert!(is_float(good.as_bytes()), "{good}");
        }
        for bad in ["", "or me", "infinite"] {
            assert!(!is_float(bad.as_bytes()), "{bad}");
        }
    }
}
