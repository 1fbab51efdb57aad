//! What the symbolic machine knows of one object: sixteen bytes, copied freely.

/// The sort of an object. Tags up to `DATA` are plain Python data: nothing that can be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Tag(u8);

impl Tag {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const BOOL: Self = Self(1);
    pub(crate) const INT: Self = Self(2);
    pub(crate) const FLOAT: Self = Self(3);
    /// A string whose payload is UTF-8.
    pub(crate) const TEXT: Self = Self(4);
    /// A string written with raw-unicode-escape (UNICODE).
    pub(crate) const ESCAPED: Self = Self(5);
    /// A Python 2 string, raw bytes (BINSTRING, `SHORT_BINSTRING`).
    pub(crate) const STRING: Self = Self(6);
    /// A Python 2 string as a quoted literal (STRING).
    pub(crate) const QUOTED: Self = Self(7);
    pub(crate) const BYTES: Self = Self(8);
    pub(crate) const BYTEARRAY: Self = Self(9);
    /// `id` is the binary logarithm of how many tuples it is made of.
    pub(crate) const TUPLE: Self = Self(10);
    pub(crate) const LIST: Self = Self(11);
    pub(crate) const DICT: Self = Self(12);
    pub(crate) const SET: Self = Self(13);
    pub(crate) const FROZENSET: Self = Self(14);
    /// Plain data of which the sort was forgotten.
    pub(crate) const DATA: Self = Self(15);
    /// Text or bytes that a modelled call makes of constants; `id` is the place in the store of computed constants.
    pub(crate) const COMPUTED: Self = Self(16);
    /// A memo slot that was never filled.
    pub(crate) const UNSET: Self = Self(17);
    /// A global itself; `id` is its number.
    pub(crate) const GLOBAL: Self = Self(18);
    /// What a call of a global returned; `id` is the number of the global.
    pub(crate) const MADE: Self = Self(19);
    /// A numpy dtype; `id` is its place in the list of dtypes.
    pub(crate) const DTYPE: Self = Self(20);
    /// A torch tensor; `id` is its place in the list of tensors.
    pub(crate) const TENSOR: Self = Self(21);
    /// A torch storage named by a persistent id; `id` is its place in the list of storages.
    pub(crate) const STORAGE: Self = Self(22);
    /// What a persistent id, an extension code, an out-of-band buffer or a computed call stands for: unknown.
    pub(crate) const OPAQUE: Self = Self(23);
}

/// A tag with a 24-bit number: all that packed storage remembers of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Kind(u32);

impl Kind {
    /// Plain data of any sort.
    pub(crate) const DATA: Self = Self::new(Tag::DATA, 0);

    pub(crate) const fn new(tag: Tag, id: u32) -> Self {
        Self((id << 8) | tag.0 as u32)
    }

    pub(crate) const fn tag(self) -> Tag {
        Tag((self.0 & 0xff) as u8)
    }

    pub(crate) const fn id(self) -> u32 {
        self.0 >> 8
    }

    /// Plain data without a mark: any two such kinds may be packed as one.
    pub(crate) const fn is_plain(self) -> bool {
        self.0 <= Tag::DATA.0 as u32
    }
}

/// The largest number a kind can carry.
pub(crate) const MAX_ID: u32 = (1 << 24) - 1;

/// The mark that a text starts with two underscores, or that a dict has a key which replaces special attributes.
pub(crate) const SPECIAL: u32 = 1;

/// The mark that a dict holds a field of a structured dtype whose elements are Python objects.
pub(crate) const OBJECT_FIELDS: u32 = 2;

/// The mark that a dict was read from the memo or duplicated: what is written to it changes another place too.
pub(crate) const ALIASED: u32 = 4;

/// The mark that a dict has a key which may be text and is not in sight.
pub(crate) const HIDDEN_KEY: u32 = 8;

/// From so many doublings on, a tuple takes hours to hash; one that is written out has fewer, being in a file.
pub(crate) const ENDLESS: u32 = 36;

/// In `Value::data`: the detail is gone; the low bits hold the memo index it was read from, if `FROM_MEMO` is set.
const LOST: u64 = 1 << 63;
const FROM_MEMO: u64 = 1 << 62;

/// One object. The meaning of `data` and `len` follows the tag: an integer's value; the offset and length of a
/// payload; the place and number of items in the ring of details.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) kind: Kind,
    pub(crate) len: u32,
    pub(crate) data: u64,
}

impl Value {
    pub(crate) const fn new(tag: Tag, id: u32, data: u64, len: u32) -> Self {
        Self { kind: Kind::new(tag, id), len, data }
    }

    /// An object of which only the tag matters.
    pub(crate) const fn bare(tag: Tag) -> Self {
        Self::new(tag, 0, LOST, 0)
    }

    pub(crate) const fn int(value: u64) -> Self {
        Self::new(Tag::INT, 0, value, 8)
    }

    pub(crate) const fn bool(value: bool) -> Self {
        Self::new(Tag::BOOL, 0, value as u64, 1)
    }

    /// A FLOAT or BINFLOAT whose payload lies at this offset.
    pub(crate) const fn float(payload_at: u64, length: u32) -> Self {
        Self::new(Tag::FLOAT, 0, payload_at, length)
    }

    pub(crate) const fn forgotten(kind: Kind) -> Self {
        Self { kind, len: 0, data: LOST }
    }

    pub(crate) const fn forgotten_in_memo(kind: Kind, index: u64) -> Self {
        Self { kind, len: 0, data: LOST | FROM_MEMO | (index & (FROM_MEMO - 1)) }
    }

    pub(crate) const fn tag(self) -> Tag {
        self.kind.tag()
    }

    pub(crate) const fn id(self) -> u32 {
        self.kind.id()
    }

    /// Whether `data` and `len` mean anything.
    pub(crate) const fn has_detail(self) -> bool {
        self.data & LOST == 0
    }

    /// The memo index whose content would tell what this was.
    pub(crate) const fn lost_memo_index(self) -> Option<u64> {
        if self.data & (LOST | FROM_MEMO) == LOST | FROM_MEMO { Some(self.data & (FROM_MEMO - 1)) } else { None }
    }

    /// A dict, or plain data that may have been one; both carry marks.
    pub(crate) fn may_be_dict(self) -> bool {
        self.tag() == Tag::DICT || self.tag() == Tag::DATA
    }

    /// A string, or plain data that may have been one.
    pub(crate) fn may_be_text(self) -> bool {
        (Tag::TEXT..=Tag::QUOTED).contains(&self.tag()) || self.tag() == Tag::DATA
    }

    /// Whether this is data that no loader can call: constants and builtin containers.
    pub(crate) fn is_inert(self) -> bool {
        self.tag() <= Tag::COMPUTED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_sixteen_bytes() {
        assert_eq!(size_of::<Value>(), 16);
    }

    #[test]
    fn kinds_keep_tag_and_number() {
        let kind = Kind::new(Tag::MADE, MAX_ID);
        assert_eq!((kind.tag(), kind.id()), (Tag::MADE, MAX_ID));
        assert!(Kind::new(Tag::LIST, 0).is_plain());
        assert!(!Kind::new(Tag::TEXT, SPECIAL).is_plain());
        assert!(!Kind::new(Tag::GLOBAL, 0).is_plain());
    }

    #[test]
    fn a_forgotten_value_remembers_its_memo_index() {
        assert_eq!(Value::forgotten_in_memo(Kind::DATA, 77).lost_memo_index(), Some(77));
        assert_eq!(Value::forgotten(Kind::DATA).lost_memo_index(), None);
        assert_eq!(Value::int(7).lost_memo_index(), None);
    }
}
