//! Numbers at an offset; none where they are cut off.

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<&[u8; N]> {
    bytes.get(at..)?.first_chunk()
}

pub(super) fn little16(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(|two| u16::from_le_bytes(*two))
}

pub(super) fn big16(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(|two| u16::from_be_bytes(*two))
}

pub(super) fn little32(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(|four| u32::from_le_bytes(*four))
}

pub(super) fn big32(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(|four| u32::from_be_bytes(*four))
}

pub(super) fn little64(bytes: &[u8], at: usize) -> Option<u64> {
    array(bytes, at).map(|eight| u64::from_le_bytes(*eight))
}

/// A number in groups of seven bits, and how many bytes it takes.
pub(super) fn varint(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for (index, byte) in bytes.get(at..)?.iter().take(9).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, index + 1));
        }
    }
    None
}
