//! What a scan of a pickle hands out: findings, nested bytes, tensors, and how far it got.

use super::tensors::element_size;
use crate::finding::Finding;
use crate::source::Source;

/// Bytes of a pickle that a callable in it would load in turn.
#[derive(Debug, Clone)]
pub struct Nested {
    /// Where they lie, in words.
    pub name: String,
    /// The bytes.
    pub source: Source,
    /// They fill a buffer, which holds data of any sort; otherwise a loader reads them.
    pub is_buffer: bool,
}

/// A tensor that a pickle would rebuild, without its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// The key under which it is stored, empty where none was seen.
    pub name: String,
    /// The storage class, for example `FloatStorage`.
    pub dtype: String,
    /// The size of each dimension.
    pub shape: Vec<u64>,
    /// The step in elements of each dimension.
    pub stride: Vec<u64>,
    /// The key of the storage record.
    pub storage: String,
    /// The first element within the storage.
    pub offset: u64,
    /// The number of elements of the storage.
    pub numel: u64,
}

/// A storage that a pickle asks its loader for: a record of an archive, or bytes behind the pickle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    /// For example `FloatStorage`.
    pub class: String,
    /// The name under which the loader finds the bytes.
    pub key: String,
    /// The number of elements; of bytes for an `UntypedStorage`.
    pub numel: u64,
    /// Where the pickle first asks for it.
    pub position: u64,
    /// Where its numbers begin, if they stand in the same file.
    pub data: Option<u64>,
}

impl Storage {
    /// How many bytes it has; `None` if its class is not known.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        Some(self.numel.saturating_mul(element_size(&self.class)?))
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        (&self.class, &self.key, self.numel) == (&other.class, &other.key, other.numel)
    }
}

/// A constant that may carry code in an encoding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// Where it begins.
    pub offset: u64,
    /// As a loader gets it; text in UTF-8.
    pub bytes: Vec<u8>,
    /// Whether it is text, rather than bytes.
    pub is_text: bool,
}

/// The outcome of a scan.
#[derive(Debug, Clone, Default)]
pub struct PickleScan {
    /// In order of offset, then of rule.
    pub findings: Vec<Finding>,
    /// Bytes to be scanned as files of their own.
    pub nested: Vec<Nested>,
    /// Constants that may carry code in an encoding.
    pub carried: Vec<Carried>,
    /// Tensors in order of appearance, as many as `Limits::tensors`.
    pub tensors: Vec<Tensor>,
    /// Storages in order of appearance, as many as `Limits::tensors`; a key appears again if it is declared in another way.
    pub storages: Vec<Storage>,
    /// How many streams were read to their STOP.
    pub streams: u64,
    /// How many opcodes were interpreted.
    pub opcodes: u64,
    /// How many bytes were interpreted or skipped as announced payload.
    pub bytes_read: u64,
    /// Whether everything was interpreted to its own end; otherwise a finding says why not.
    pub complete: bool,
}
