//! A tensor of an ONNX model: its size with wide integers, and where its data is if it is not in the model.

use crate::finding::Finding;
use crate::walk::{Tally, Walk};

/// Entries that say where the data is; the schema has five.
const ENTRIES: usize = 64;

/// Files and places in them that are held against what lies beside the model.
const FILES: usize = 1 << 16;

/// Matrices that are handed out: the layers of the largest models known are some ten thousand.
const MATRICES: usize = 1 << 16;

/// The name that ONNX Runtime gives to data that lies in its own memory: the offset is then an address.
const IN_MEMORY: &str = "*/_ORT_MEM_ADDR_/*";

/// Bits of an element, by number of the type; strings have no size. Source: `onnx.proto`, `TensorProto.DataType`.
fn bits(number: u64) -> Option<u64> {
    Some(match number {
        1 | 6 | 12 => 32,
        2 | 3 | 9 | 17..=20 | 24 => 8,
        4 | 5 | 10 | 16 => 16,
        7 | 11 | 13 | 14 => 64,
        15 => 128,
        21..=23 => 4,
        25 | 26 => 2,
        _ => return None,
    })
}

/// The types in which weights are compared, by the names that formats share.
fn float(number: u64) -> Option<&'static str> {
    Some(match number {
        1 => "float32",
        10 => "float16",
        11 => "float64",
        16 => "bfloat16",
        _ => return None,
    })
}

/// What is known of a tensor when its message ends.
#[derive(Debug, Default)]
pub(super) struct Tensor {
    pub name: String,
    pub dtype: u64,
    /// The product of the dimensions; none once it does not fit.
    pub elements: Option<u64>,
    /// The first dimensions, as many as tell a matrix from everything else.
    pub shape: Vec<u64>,
    /// Place and bytes of data in the model, if there are any.
    pub raw: Option<(u64, u64)>,
    /// Whether the data is said to be elsewhere.
    pub external: bool,
    pub entries: Vec<(String, String)>,
}

impl Tensor {
    pub(super) fn new() -> Self {
        Self { elements: Some(1), ..Self::default() }
    }

    pub(super) fn dim(&mut self, dim: u64) {
        if self.shape.len() < 3 {
            self.shape.push(dim);
        }
        // Negative numbers are large ones here.
        let product = self.elements.and_then(|product| product.checked_mul(dim));
        self.elements = product.filter(|_| dim <= i64::MAX.unsigned_abs()).filter(|product| product >> 48 == 0);
    }

    pub(super) fn entry(&mut self, key: String, value: String) {
        if self.entries.len() < ENTRIES {
            self.entries.push((key, value));
        }
    }

    /// Reports what is wrong with it.
    pub(super) fn judge(&self, at: u64, walk: &mut Walk, tally: &mut Tally) {
        let odd = |reason: &str| Finding::new("ONX106", at).fact("reason", reason).fact("name", self.name.as_str());
        let size = match (self.elements, bits(self.dtype)) {
            (None, _) => {
                tally.add(odd("its dimensions cannot be"));
                None
            }
            (Some(elements), Some(bits)) => elements.checked_mul(bits).map(|bits| bits.div_ceil(8)),
            (Some(_), None) => {
                if !matches!(self.dtype, 0 | 8) {
                    tally.add(odd("its type is not known"));
                }
                None
            }
        };
        let elsewhere = self.external || !self.entries.is_empty();
        if let (Some((start, raw)), Some(size), false) = (self.raw, size, elsewhere) {
            if raw != size {
                tally.add(odd("its data has another size than its dimensions say"));
            } else if let ([rows, columns], Some(dtype)) = (self.shape.as_slice(), float(self.dtype))
                && walk.matrices.len() < MATRICES
            {
                walk.matrices.push((self.name.clone(), dtype, *rows, *columns, start));
            }
        }
        if elsewhere {
            self.elsewhere(at, size, walk, tally);
        }
    }

    fn elsewhere(&self, at: u64, size: Option<u64>, walk: &mut Walk, tally: &mut Tally) {
        let mut locations = 0;
        let (mut offset, mut length) = (Some(0), size);
        for (key, value) in &self.entries {
            match key.as_str() {
                "location" => {
                    locations += 1;
                    location(value, at, walk, tally);
                }
                "offset" => offset = value.parse().ok(),
                "length" => length = value.parse().ok(),
                "checksum" | "basepath" => {}
                // ONNX Runtime keeps weights in the order that its kernels want.
                _ if key
                    .strip_prefix("prepacked_")
                    .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit())) => {}
                _ => {
                    let key: String = key.chars().take(100).collect();
                    tally.add(Finding::new("ONX104", at).fact("key", key).fact("what", "key"));
                }
            }
        }
        if locations != 1 {
            let what = if locations == 0 { "no name" } else { "several names" };
            tally.add(Finding::new("ONX103", at).fact("location", "").fact("reason", what));
        }
        let end = offset.and_then(|offset: u64| offset.checked_add(length.unwrap_or(0)));
        let (Some(end), true) = (end.filter(|end| *end <= i64::MAX.unsigned_abs()), length.is_some() || size.is_none())
        else {
            let finding = Finding::new("ONX105", at).fact("name", self.name.as_str());
            tally.add(finding.fact("reason", "offset or length is no size"));
            return;
        };
        if let (Some(length), Some(size)) = (length, size)
            && length != size
        {
            let finding = Finding::new("ONX105", at).fact("name", self.name.as_str());
            tally.add(finding.fact("reason", "length and dimensions disagree"));
        }
        for (key, value) in &self.entries {
            if key == "location" && escape(value).is_none() && !value.is_empty() {
                note(walk, value, end, at);
                if walk.beside.len() < FILES {
                    let size = length.unwrap_or(0);
                    walk.beside.push((value.clone(), end - size, size));
                }
            }
        }
    }
}

/// Keeps one entry a file: how many bytes it has to have.
fn note(walk: &mut Walk, name: &str, end: u64, at: u64) {
    if let Some((_, known, place)) = walk.files.iter_mut().rev().find(|(known, _, _)| known == name) {
        if end > *known {
            (*known, *place) = (end, at);
        }
    } else if walk.files.len() < FILES {
        walk.files.push((name.to_owned(), end, at));
    }
}

/// Why a name leads out of the folder of the model.
fn escape(name: &str) -> Option<&'static str> {
    let bytes = name.as_bytes();
    if name.starts_with(IN_MEMORY) {
        Some("it is an address in the memory of the process")
    } else if matches!(bytes.first(), Some(b'/' | b'\\')) {
        Some("it is absolute")
    } else if bytes.get(1) == Some(&b':') && bytes.first().is_some_and(u8::is_ascii_alphabetic) {
        Some("it names a drive")
    } else if name.split(['/', '\\']).any(|part| part.trim_end() == "..") {
        Some("it leads upwards")
    } else if name.starts_with("file:") {
        Some("it is an address of a file")
    } else {
        None
    }
}

fn location(name: &str, at: u64, walk: &mut Walk, tally: &mut Tally) {
    if let Some(reason) = escape(name) {
        let finding = Finding::new("ONX102", at).fact("location", name).fact("reason", reason);
        // All tensors of a model are usually in one file.
        if walk.findings.last().is_none_or(|last| last.facts != finding.facts) {
            walk.find(finding);
        }
        return;
    }
    let reason = if name.is_empty() {
        "it is empty"
    } else if name.contains("://") {
        "it is an address on a network"
    } else if name.contains('\\') {
        "it has a backslash"
    } else if name.chars().any(char::is_control) {
        "it has a control character"
    } else {
        return;
    };
    tally.add(Finding::new("ONX103", at).fact("location", name).fact("reason", reason));
}
