//! The content of constants: from the buffer, from what was kept, or read again from the source.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::collector::Collector;
use super::literal::{is_float, unescape_string, unescape_unicode, unquoted};
use super::value::{Tag, Value};
use crate::window::Window;

/// `Value::id` of BYTES that are a text encoded as Latin-1: how protocols 0 to 2 write bytes.
pub(crate) const FROM_TEXT: u32 = 2;
/// The same, of a text written with raw-unicode-escape.
pub(crate) const FROM_ESCAPED: u32 = 3;

/// The longest text that is kept for names in the memo.
const KEPT: usize = 128;

/// The longest name or argument that is read again from the source.
pub(crate) const NAME: usize = 64 << 10;

/// The longest number that is written out.
const SHORT_NUMBER: usize = 32;

/// Contents of texts that later opcodes may name, by the offset of their payload.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept(FxHashMap<u64, Box<[u8]>>);

impl Kept {
    /// Keeps a text whose payload is still in the buffer.
    pub(crate) fn keep(&mut self, value: Value, window: &Window) {
        let length = value.len as usize;
        let is_text = (Tag::TEXT..=Tag::BYTES).contains(&value.tag());
        if is_text
            && value.has_detail()
            && length <= KEPT
            && let Some(payload) = window.look_back(value.data, length)
        {
            self.0.entry(value.data).or_insert_with(|| payload.into());
        }
    }
}

/// Where the content of values is looked for.
pub(crate) struct Contents<'a> {
    pub(crate) window: &'a Window,
    pub(crate) kept: &'a Kept,
    pub(crate) collector: &'a Collector,
}

impl Contents<'_> {
    /// The bytes of a constant as a loader would have them, at most `most` of them as written in the file.
    pub(crate) fn bytes(&self, value: Value, most: usize) -> Option<Vec<u8>> {
        if value.tag() == Tag::COMPUTED {
            return self.collector.computed(value).map(<[u8]>::to_vec);
        }
        let payload = self.payload(value, most)?;
        Some(match (value.tag(), value.id()) {
            (Tag::ESCAPED, _) => unescape_unicode(&payload).into_bytes(),
            (Tag::QUOTED, _) => unescape_string(unquoted(&payload)?),
            (Tag::BYTES, FROM_TEXT) => latin1(&String::from_utf8_lossy(&payload)),
            (Tag::BYTES, FROM_ESCAPED) => latin1(&unescape_unicode(&payload)),
            (Tag::TEXT | Tag::STRING | Tag::BYTES | Tag::BYTEARRAY, _) => payload.into_owned(),
            _ => return None,
        })
    }

    /// A constant string; `None` for anything else and for strings whose content is gone.
    pub(crate) fn text(&self, value: Value, most: usize) -> Option<String> {
        let is_text = match value.tag() {
            Tag::COMPUTED => value.id() == 1,
            tag => (Tag::TEXT..=Tag::QUOTED).contains(&tag),
        };
        if !is_text {
            return None;
        }
        let bytes = self.bytes(value, most)?;
        // Python 2 strings are read as ASCII, UTF-8 or Latin-1, as the caller of the loader chose.
        Some(
            String::from_utf8(bytes).unwrap_or_else(|error| error.as_bytes().iter().copied().map(char::from).collect()),
        )
    }

    /// A FLOAT as its line stands in the file, a BINFLOAT in the shortest decimal form.
    pub(crate) fn float(&self, value: Value) -> Option<String> {
        let payload = self.payload(value, SHORT_NUMBER)?;
        if is_float(&payload) {
            return String::from_utf8(payload.into_owned()).ok();
        }
        Some(format!("{:?}", f64::from_be_bytes(payload.as_ref().try_into().ok()?)))
    }

    fn payload(&self, value: Value, most: usize) -> Option<Cow<'_, [u8]>> {
        let length = value.len as usize;
        if !value.has_detail() || length > most {
            return None;
        }
        if let Some(payload) = self.window.look_back(value.data, length) {
            return Some(Cow::Borrowed(payload));
        }
        if let Some(payload) = self.kept.0.get(&value.data) {
            return Some(Cow::Borrowed(payload));
        }
        if !self.collector.source.random_access() {
            return None;
        }
        let payload = self.collector.source.read(value.data, length).ok()?;
        if payload.len() == length { Some(Cow::Owned(payload)) } else { None }
    }
}

/// Encodes as Latin-1; what does not fit becomes a question mark, where a loader would fail.
fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap_or(b'?')).collect()
}
