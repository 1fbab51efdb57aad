//! What a scan of a pickle hands out: findings with their facts, nested bytes, tensors, and how far it got.

use crate::source::Source;

/// A value in the facts or details of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// Text taken from the file, as it stands there.
    Text(String),
    /// A count, size or offset.
    Number(u64),
}

impl From<&str> for Fact {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Fact {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Fact {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

/// One thing to report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The code of its rule in the catalogue.
    pub rule: &'static str,
    /// Where in the source it was first seen.
    pub offset: u64,
    /// What the message of the rule needs.
    pub facts: Vec<(&'static str, Fact)>,
    /// More for those who look closer.
    pub details: Vec<(&'static str, Fact)>,
}

impl Finding {
    pub(crate) fn new(rule: &'static str, offset: u64) -> Self {
        Self { rule, offset, facts: Vec::new(), details: Vec::new() }
    }

    #[must_use]
    pub(crate) fn fact(mut self, name: &'static str, value: impl Into<Fact>) -> Self {
        self.facts.push((name, value.into()));
        self
    }

    #[must_use]
    pub(crate) fn detail(mut self, name: &'static str, value: impl Into<Fact>) -> Self {
        self.details.push((name, value.into()));
        self
    }
}

/// Bytes of a pickle that a callable in it would load in turn.
#[derive(Debug, Clone)]
pub struct Nested {
    /// Where they lie, in words.
    pub name: String,
    /// The bytes.
    pub source: Source,
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

/// The outcome of a scan.
#[derive(Debug, Clone, Default)]
pub struct PickleScan {
    /// In order of offset, then of rule.
    pub findings: Vec<Finding>,
    /// Bytes to be scanned as files of their own.
    pub nested: Vec<Nested>,
    /// Tensors in order of appearance, as many as `Limits::tensors`.
    pub tensors: Vec<Tensor>,
    /// How many streams were read to their STOP.
    pub streams: u64,
    /// How many opcodes were interpreted.
    pub opcodes: u64,
    /// How many bytes were interpreted or skipped as announced payload.
    pub bytes_read: u64,
    /// Whether everything was interpreted to its own end; otherwise a finding says why not.
    pub complete: bool,
}
