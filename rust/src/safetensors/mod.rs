//! SafeTensors: the header read strictly, and whether its tensors tile the data behind it.
//!
//! `header` reads the JSON and keeps what readers differ on, `layout` holds shapes and offsets against each other and
//! against the file. Source: huggingface/safetensors, `safetensors/src/tensor.rs`: eight bytes with the length of the
//! header, little-endian; the header, JSON that begins with a brace; the data, without a hole and to the end of the file.

mod header;
mod layout;
#[cfg(test)]
mod tests;

use crate::deadline::Deadline;
use crate::error::Result;
use crate::finding::Finding;
use crate::source::Source;
use crate::starts;
use header::Header;

/// Caps on what one file may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the header. The reference implementation refuses more (`MAX_HEADER_SIZE`).
    pub header: u64,
    /// Findings of one rule, so that a header of nothing but broken tensors does not fill the memory.
    pub findings: usize,
    /// Tensors that begin like something else and are handed on.
    pub starts: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { header: 100_000_000, findings: 1_000, starts: starts::MOST }
    }
}

/// A tensor as the header describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// Its name.
    pub name: String,
    /// Its element type, as the header spells it.
    pub dtype: String,
    /// Its dimensions.
    pub shape: Vec<u64>,
    /// Where its data begins, counted from the start of the file.
    pub start: u64,
    /// Bytes of its data.
    pub size: u64,
}

/// Bytes behind the header that belong to no tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slack {
    /// Where they begin, counted from the start of the file.
    pub start: u64,
    /// How many they are.
    pub size: u64,
}

/// The outcome of a scan.
#[derive(Debug, Clone, Default)]
pub struct TensorScan {
    /// In order of discovery.
    pub findings: Vec<Finding>,
    /// Keys and texts of the metadata.
    pub metadata: Vec<(String, String)>,
    /// Those whose description makes sense, in order of their data.
    pub tensors: Vec<Tensor>,
    /// Holes between tensors, and what follows the last one.
    pub slack: Vec<Slack>,
    /// Numbers of those tensors that begin like something else.
    pub suspects: Vec<usize>,
}

/// Whether bytes are the front of a SafeTensors file of this size.
pub fn sniff(head: &[u8], size: Option<u64>) -> bool {
    let Some((length, rest)) = head.split_first_chunk() else { return false };
    let length = u64::from_le_bytes(*length);
    let Some(b'{') = rest.first() else { return false };
    let next = rest.iter().skip(1).find(|byte| !byte.is_ascii_whitespace());
    let fits = size.is_none_or(|size| length <= size.saturating_sub(8));
    // A header that is said to be longer than the file is one all the same, if it reads like one.
    let text = rest.get(..64).unwrap_or(rest);
    let spelled = [&b"\"dtype\""[..], b"__metadata__", b"data_offsets"].iter().any(|word| contains(text, word));
    matches!(next, Some(b'"' | b'}')) && length >= 2 && (fits || spelled)
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    memchr::memmem::find(text, word).is_some()
}

/// Reads the header of a file and holds it against its data, of which no more is read than how each tensor begins.
pub fn scan(source: &Source, deadline: &Deadline, limits: Limits) -> Result<TensorScan> {
    let mut scan = TensorScan::default();
    let Some(length) = source.read(0, 8)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes)) else {
        scan.findings
            .push(Finding::new("STN101", 0).fact("reason", "the file is shorter than the length of its header"));
        return Ok(scan);
    };
    if length > limits.header {
        scan.findings.push(Finding::new("STN102", 0).fact("size", length).fact("limit", limits.header));
    }
    let wanted = usize::try_from(length.min(limits.header)).unwrap_or(usize::MAX);
    let bytes = source.read(8, wanted)?;
    let cut = (bytes.len() as u64) < length;
    if cut && length <= limits.header {
        let reason = format!("its header has {} bytes, but is said to have {length}", bytes.len());
        scan.findings.push(Finding::new("STN101", 0).fact("reason", reason));
    }
    let header = Header::parse(&bytes, cut, limits, deadline);
    scan.findings.extend(header.findings);
    scan.metadata = header.metadata;
    if deadline.expired() {
        scan.findings.push(Finding::new("ENG101", 8));
        return Ok(scan);
    }
    let data = 8_u64.saturating_add(bytes.len() as u64);
    layout::check(header.entries, &bytes, data, source, !cut && header.whole, limits, &mut scan);
    let places: Vec<_> = scan.tensors.iter().map(|tensor| (tensor.start, tensor.size)).collect();
    scan.suspects = starts::suspects(&places, source, deadline, limits.starts)?;
    Ok(scan)
}
