//! Constants that may carry code in an encoding: kept by how they begin, for others to decode.

use super::literal::{unescape_string, unescape_unicode, unquoted};
use super::machine::Instruction;
use super::opcode as op;
use super::outcome::{Carried, Nested};
use crate::encoded::{begins_like_code, may_carry};
use crate::finding::Finding;

/// Constants that are kept, and bytes of all of them: honest pickles have a few by chance.
const KEPT: usize = 16 << 10;
const BYTES: usize = 16 << 20;

/// Bytes of one constant that are searched.
const SEARCHED: usize = 64 << 10;

/// Bytes of a text that tell whether it stands for bytes of code, as protocols before 3 write them.
const LETTERS: usize = 64;

/// The constants of one file.
#[derive(Debug, Default)]
pub(crate) struct Constants {
    kept: Vec<Carried>,
    bytes: usize,
}

impl Constants {
    /// Keeps a constant if it may carry something; there is a finding if there is no room for it.
    pub(crate) fn look(&mut self, at: Instruction<'_>) -> Option<Finding> {
        let front = at.payload.get(..SEARCHED).unwrap_or(at.payload);
        let is_text = match at.code {
            op::SHORT_BINUNICODE | op::BINUNICODE | op::BINUNICODE8 | op::UNICODE => true,
            op::SHORT_BINBYTES
            | op::BINBYTES
            | op::BINBYTES8
            | op::BYTEARRAY8
            | op::SHORT_BINSTRING
            | op::BINSTRING
            | op::STRING => false,
            _ => return None,
        };
        if !may_carry(front) && !stands_for_code(at.code, front) {
            return None;
        }
        if self.kept.len() >= KEPT || self.bytes.saturating_add(at.payload.len()) > BYTES {
            let finding = Finding::new("PAY123", at.payload_at).fact("limit", BYTES as u64);
            return Some(finding.fact("where", "the constants of the pickle"));
        }
        let bytes = match at.code {
            op::UNICODE => unescape_unicode(at.payload).into_bytes(),
            op::STRING => unescape_string(unquoted(at.payload)?),
            _ => at.payload.to_vec(),
        };
        self.bytes += bytes.len();
        self.kept.push(Carried { offset: at.payload_at, bytes, is_text });
        None
    }

    /// All that was kept, but for what is scanned in any case.
    pub(crate) fn take(&mut self, nested: &[Nested]) -> Vec<Carried> {
        let mut kept = std::mem::take(&mut self.kept);
        kept.retain(|carried| {
            !nested.iter().any(|nested| {
                nested.source.size() == Some(carried.bytes.len() as u64)
                    && nested.source.read(0, carried.bytes.len()).is_ok_and(|bytes| bytes == carried.bytes)
            })
        });
        kept
    }
}

/// Whether a constant begins like code itself.
fn stands_for_code(code: u8, payload: &[u8]) -> bool {
    let front = payload.get(..LETTERS).unwrap_or(payload);
    // Escapes, control characters and the first byte of those beyond ASCII: without any, it is text to the eye, and `MZ`
    // begins many a word.
    let is_odd =
        |byte: &u8| matches!(byte, 0..=8 | 14..=31 | 0x7f | b'\\' | 0xc2) || (*byte >= 0x80 && code == op::UNICODE);
    if !matches!(code, op::SHORT_BINBYTES | op::BINBYTES | op::BINBYTES8 | op::BYTEARRAY8)
        && !front.iter().fold(false, |odd, byte| odd | is_odd(byte))
    {
        return false;
    }
    let text = match code {
        op::SHORT_BINUNICODE | op::BINUNICODE | op::BINUNICODE8 => String::from_utf8_lossy(front).into_owned(),
        op::UNICODE => unescape_unicode(front),
        op::STRING => return begins_like_code(&unescape_string(front.get(1..).unwrap_or_default())),
        _ => return begins_like_code(front),
    };
    let bytes: Vec<u8> = text.chars().map_while(|letter| u8::try_from(u32::from(letter)).ok()).collect();
    begins_like_code(&bytes) && text.chars().any(|letter| letter.is_control() && !letter.is_whitespace())
}
