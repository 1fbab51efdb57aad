//! One header block of a tar archive: its fields, its numbers, its checksum.
//!
//! Source: POSIX pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format". Old archives have no magic: the
//! checksum is what makes a block a header.

/// Headers and data lie in blocks of this size.
pub(crate) const BLOCK: u64 = 512;

/// What a numeric field says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Number {
    /// As the standards have it.
    Plain(u64),
    /// Something that readers read in different ways; this is what most of them make of it.
    Odd(u64),
    /// What Python reads as a number with its own notation (`1_7`, `0o17`, `+17`), and all others in another way.
    Python(u64),
    /// No number at all, or a negative one.
    Bad,
}

impl Number {
    /// The value that Python takes, or else most readers.
    pub(crate) fn value(self) -> u64 {
        match self {
            Self::Plain(value) | Self::Odd(value) | Self::Python(value) => value,
            Self::Bad => 0,
        }
    }
}

/// A block whose checksum is right.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    block: Vec<u8>,
}

impl Header {
    /// The block as a header, if it is one.
    pub(crate) fn of(block: &[u8]) -> Option<Self> {
        if block.len() as u64 != BLOCK {
            return None;
        }
        // Most blocks that are no headers have no number here: nothing is copied for them.
        let declared = match number(block.get(148..156).unwrap_or_default()) {
            Number::Bad => return None,
            other => other.value(),
        };
        // Old Sun tars added signed characters.
        let (mut unsigned, mut signed) = (0_i64, 0_i64);
        for (place, byte) in block.iter().enumerate() {
            let byte = if (148..156).contains(&place) { b' ' } else { *byte };
            unsigned += i64::from(byte);
            signed += i64::from(byte.cast_signed());
        }
        let fits = i64::try_from(declared).is_ok_and(|declared| declared == unsigned || declared == signed);
        // A sum of nothing but the checksum's own blanks is a block of zeros.
        (fits && declared > 256).then(|| Self { block: block.to_vec() })
    }

    fn field(&self, start: usize, length: usize) -> &[u8] {
        self.block.get(start..start + length).unwrap_or_default()
    }

    /// The name, without the prefix.
    pub(crate) fn name(&self) -> &[u8] {
        until_nul(self.field(0, 100))
    }

    /// The whole name: POSIX archives keep the front of long ones in a prefix, where GNU's keep times.
    pub(crate) fn path(&self) -> Vec<u8> {
        if self.is_posix() { self.prefixed() } else { self.name().to_vec() }
    }

    /// The name behind its prefix, which Python's reader puts together whatever the magic is.
    pub(crate) fn prefixed(&self) -> Vec<u8> {
        let prefix = until_nul(self.field(345, 155));
        if prefix.is_empty() { self.name().to_vec() } else { [prefix, b"/", self.name()].concat() }
    }

    pub(crate) fn size(&self) -> Number {
        number(self.field(124, 12))
    }

    /// The size as it stands there.
    pub(crate) fn size_text(&self) -> &[u8] {
        until_nul(self.field(124, 12))
    }

    pub(crate) fn kind(&self) -> u8 {
        self.field(156, 1).first().copied().unwrap_or(0)
    }

    pub(crate) fn link(&self) -> &[u8] {
        until_nul(self.field(157, 100))
    }

    fn is_posix(&self) -> bool {
        self.field(257, 8) == b"ustar\x0000"
    }

    /// The four first extents of GNU's old sparse members.
    pub(crate) fn sparse_entries(&self) -> &[u8] {
        self.field(386, 96)
    }

    /// Whether a block with more extents follows the header.
    pub(crate) fn sparse_goes_on(&self) -> bool {
        self.field(482, 1) != [0]
    }

    /// The size of the file with its holes.
    pub(crate) fn sparse_size(&self) -> Number {
        number(self.field(483, 12))
    }
}

/// The bytes before the first NUL.
pub(crate) fn until_nul(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// A number in octal digits, or in GNU's base 256 with the first bit set.
pub(crate) fn number(field: &[u8]) -> Number {
    match field.split_first() {
        Some((0x80, digits)) => {
            let value = digits
                .iter()
                .try_fold(0_u64, |value, digit| value.checked_mul(256).map(|value| value | u64::from(*digit)));
            value.map_or(Number::Bad, Number::Plain)
        }
        Some((0x81.., _)) => Number::Bad,
        _ => octal(field),
    }
}

fn octal(field: &[u8]) -> Number {
    let text = field.trim_ascii_start();
    let digits = text.iter().take_while(|byte| matches!(byte, b'0'..=b'7')).count();
    let (digits, rest) = text.split_at_checked(digits).unwrap_or_default();
    let value = digits.iter().try_fold(0_u64, |value, digit| {
        value.checked_mul(8).and_then(|value| value.checked_add(u64::from(digit - b'0')))
    });
    if let Some(value) = python_octal(until_nul(field)).filter(|other| value != Some(*other)) {
        return Number::Python(value);
    }
    let blank = rest.iter().all(|byte| matches!(byte, 0 | b' '));
    match value {
        Some(value) if blank => Number::Plain(value),
        Some(value) if !digits.is_empty() => Number::Odd(value),
        _ => Number::Bad,
    }
}

/// What `int(text, 8)` makes of a text that is not only digits: signs, a prefix and single underscores are allowed.
fn python_octal(text: &[u8]) -> Option<u64> {
    let text = text.trim_ascii();
    let text = text.strip_prefix(b"+").unwrap_or(text);
    let prefixed = text.strip_prefix(b"0o").or_else(|| text.strip_prefix(b"0O"));
    let text = prefixed.map_or(text, |text| text.strip_prefix(b"_").unwrap_or(text));
    text.split(|byte| *byte == b'_').try_fold(0_u64, |value, digits| {
        let octal = !digits.is_empty() && digits.iter().all(|byte| matches!(byte, b'0'..=b'7'));
        octal.then_some(())?;
        digits.iter().try_fold(value, |value, digit| value.checked_mul(8)?.checked_add(u64::from(digit - b'0')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_writers_write_them() {
        for (field, value) in [
            (&b"00000000017\0"[..], Number::Plain(15)),
            (b"       17 \0 ", Number::Plain(15)),
            (b"77777777777", Number::Plain(0o77_777_777_777)),
            (b"\0\0\0\0\0\0\0\0\0\0\0\0", Number::Plain(0)),
            (b"            ", Number::Plain(0)),
            (b"\x80\0\0\0\0\0\0\x02\0\0\0\x01", Number::Plain(0x2_0000_0001)),
            (b"\x80\0\0\x01\0\0\0\0\0\0\0\0", Number::Bad),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", Number::Bad),
            (b"17\0garbage!!", Number::Odd(15)),
            (b"17 77\0\0\0\0\0\0\0", Number::Odd(15)),
            (b"1_7\0\0\0\0\0\0\0\0\0", Number::Python(15)),
            (b"0o17\0\0\0\0\0\0\0\0", Number::Python(15)),
            (b" +0O_1_7 \0\0\0", Number::Python(15)),
            (b"1__7\0\0\0\0\0\0\0\0", Number::Odd(1)),
            (b"-17\0\0\0\0\0\0\0\0\0", Number::Bad),
            (b"", Number::Plain(0)),
        ] {
            assert_eq!(number(field), value, "{field:?}");
        }
    }

    #[test]
    fn zeros_and_noise_are_no_headers() {
        assert!(Header::of(&[0; 512]).is_none());
        assert!(Header::of(&[b'0'; 512]).is_none());
        assert!(Header::of(b"short").is_none());
    }
}
