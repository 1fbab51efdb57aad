//! Follows constants through suspicious callables: decoders are computed, loaders hand their bytes on.

use super::collector::Collector;
use super::globals::Site;
use super::machine::Machine;
use super::text::NAME;
use super::value::{Tag, Value};
use crate::codec::Codec;
use crate::finding::Finding;
use crate::rules::canonical;
use crate::source::Source;
use crate::window::Window;

/// Callables that load a pickle from the bytes of their first argument, by canonical path.
const LOADERS: &[&str] = &[
    "_pickle.loads",
    "cloudpickle.cloudpickle.loads",
    "cloudpickle.loads",
    "dill._dill.loads",
    "dill.loads",
    "io.BytesIO",
    "joblib.load",
    "pickle._loads",
    "pickle.loads",
    "torch.load",
    "torch.serialization.load",
    "torch.storage._load_from_bytes",
];

impl Machine {
    /// Follows constants through a suspicious callable: decoders are computed, loaders hand their bytes on.
    pub(super) fn follow_data(
        &mut self,
        number: u32,
        items: &[Value],
        site: Site,
        window: &Window,
        all: &mut Collector,
    ) -> Option<Value> {
        let global = all.globals.get(number)?;
        let path = canonical(&global.module, &global.name);
        let first = *items.first()?;
        if LOADERS.contains(&path.as_str()) {
            let mut bytes = first;
            if bytes.tag() == Tag::MADE {
                // joblib.load(BytesIO(...)): the buffer's bytes were handed on when it was made.
                bytes = Value::bare(Tag::NONE);
            }
            if bytes.is_inert() {
                self.nest_bytes(bytes, false, site, window, all);
            }
            return None;
        }
        let named = match path.as_str() {
            "codecs.decode" => self.contents(window, all).text(*items.get(1)?, NAME)?.to_ascii_lowercase(),
            path => path.to_owned(),
        };
        let decode: fn(&[u8]) -> Option<Vec<u8>> = match named.as_str() {
            "base64.b64decode"
            | "base64.decodebytes"
            | "base64.standard_b64decode"
            | "base64.urlsafe_b64decode"
            | "binascii.a2b_base64"
            | "base64"
            | "base64_codec"
            | "base-64" => base64,
            "base64.b16decode"
            | "binascii.a2b_hex"
            | "binascii.unhexlify"
            | "builtins.bytes.fromhex"
            | "hex"
            | "hex_codec" => hexadecimal,
            "zlib.decompress" | "zip" | "zlib" | "zlib_codec" => |bytes| inflate(bytes, Codec::Zlib),
            "gzip.decompress" => |bytes| inflate(bytes, Codec::Gzip),
            "bz2.decompress" | "bz2" | "bz2_codec" => |bytes| inflate(bytes, Codec::Bz2),
            "lzma.decompress" => |bytes| inflate(bytes, Codec::Xz).or_else(|| inflate(bytes, Codec::Lzma)),
            _ => return None,
        };
        let encoded = self.contents(window, all).bytes(first, all.limits.computed)?;
        let decoded = decode(&encoded)?;
        Some(all.compute(decoded, false))
    }

    /// Hands the bytes of a constant on, to be scanned as a file of their own. A buffer holds data of any sort, a loader
    /// gets what it can load.
    pub(super) fn nest_bytes(&self, bytes: Value, is_buffer: bool, site: Site, window: &Window, all: &mut Collector) {
        let raw = matches!(bytes.tag(), Tag::BYTES | Tag::BYTEARRAY) && bytes.id() == 0 || bytes.tag() == Tag::STRING;
        if raw && bytes.has_detail() {
            let part = all.source.slice(bytes.data, u64::from(bytes.len));
            all.nest(site.offset, part, is_buffer);
            return;
        }
        if bytes.tag() == Tag::NONE {
            return;
        }
        if let Some(content) = self.contents(window, all).bytes(bytes, all.limits.computed) {
            all.nest(site.offset, Source::from_bytes(content), is_buffer);
        } else {
            let limit = "bytes for a loader whose content is no longer at hand";
            all.report(Finding::new("PKL204", site.offset).fact("limit", limit));
        }
    }
}

fn inflate(bytes: &[u8], codec: Codec) -> Option<Vec<u8>> {
    const MOST: usize = 16 << 20;
    Source::from_bytes(bytes.to_vec())
        .decode(codec, MOST as u64)
        .read(0, MOST)
        .ok()
        .filter(|decoded| !decoded.is_empty())
}

fn hexadecimal(text: &[u8]) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.iter().filter(|byte| !byte.is_ascii_whitespace()).copied().collect();
    let pair = |pair: &[u8]| match pair {
        [high, low] => u8::try_from(char::from(*high).to_digit(16)? * 16 + char::from(*low).to_digit(16)?).ok(),
        _ => None,
    };
    digits.chunks(2).map(pair).collect()
}

/// Decodes base64 of either alphabet as `binascii.a2b_base64` does: other letters are skipped, and padding ends the
/// data only where it completes a group of four.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let (mut out, mut bits, mut count) = (Vec::with_capacity(text.len() / 4 * 3), 0_u32, 0);
    let (mut in_group, mut padding) = (0, 0);
    for byte in text {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => {
                padding += usize::from(in_group >= 2);
                if in_group >= 2 && in_group + padding >= 4 {
                    break;
                }
                continue;
            }
            _ => continue,
        };
        (in_group, padding) = ((in_group + 1) % 4, 0);
        bits = (bits << 6) | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 0xff) as u8);
            bits &= (1 << count) - 1;
        }
    }
    if out.is_empty() { None } else { Some(out) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loaders_are_sorted() {
        assert!(LOADERS.is_sorted());
    }

    #[test]
    fn encodings_are_undone() {
        assert_eq!(base64(b"aGVs\nbG8="), Some(b"hello".to_vec()));
        assert_eq!(base64(b"=aG=VsbG8=ignored"), Some(b"hello".to_vec()));
        assert_eq!(hexadecimal(b"68 65"), Some(b"he".to_vec()));
        assert_eq!(hexadecimal(b"6"), None);
    }
}
