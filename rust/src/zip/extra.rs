//! Extra fields of a header: the large sizes, another name, the kind of encryption (APPNOTE 4.5 and 4.6).

use super::bytes::{long, number, short};

/// An extra field larger than this is looked at as bytes of its own: the largest honest ones align data to pages.
const LARGE: usize = 4096 + 64;

/// What the extra fields of one header say.
#[derive(Debug, Default)]
pub(super) struct Extra {
    /// The numbers of the first Zip64 field, in order.
    pub(super) large: Option<Vec<u64>>,
    /// There are several Zip64 fields, and they differ.
    pub(super) ambiguous: bool,
    /// The name of the Unicode path field, with the checksum of the name it replaces.
    pub(super) unicode: Option<(u32, Vec<u8>)>,
    /// The method that the AES field of `WinZip` hides.
    pub(super) aes: Option<u16>,
    /// Fields that are too large for what such fields are for: offset within the extra data, and size.
    pub(super) bulky: Vec<(usize, usize)>,
}

/// Reads the fields as far as they hold together; what is left over is alignment.
pub(super) fn parse(bytes: &[u8]) -> Extra {
    let mut extra = Extra::default();
    let mut at = 0_usize;
    while at.saturating_add(4) <= bytes.len() {
        let (id, length) = (short(bytes, at), usize::from(short(bytes, at + 2)));
        let Some(body) = bytes.get(at + 4..(at + 4).saturating_add(length)) else { break };
        match id {
            0x0001 => {
                let numbers: Vec<u64> = body.chunks_exact(8).map(|part| number(part, 0, 8)).collect();
                match &extra.large {
                    None => extra.large = Some(numbers),
                    Some(first) => extra.ambiguous |= *first != numbers,
                }
            }
            0x7075 if body.first() == Some(&1) => {
                extra.unicode = Some((long(body, 1), body.get(5..).unwrap_or_default().to_vec()));
            }
            0x9901 => extra.aes = Some(short(body, 5)),
            _ => {}
        }
        if length > LARGE && body.iter().any(|byte| Some(byte) != body.first()) {
            extra.bulky.push((at + 4, length));
        }
        at = (at + 4).saturating_add(length);
    }
    extra
}
