//! Shapes, offsets and the file held against each other, with numbers too wide to overflow.

use super::header::Entry;
use super::{Limits, Slack, Tensor, TensorScan};
use crate::finding::Finding;
use crate::source::Source;

/// Bits of one element (`Dtype::bitsize` of the reference implementation, and what other writers have added).
fn bits(dtype: &str) -> Option<u64> {
    Some(match dtype {
        "F4" => 4,
        "F6_E2M3" | "F6_E3M2" => 6,
        "BOOL" | "U8" | "I8" => 8,
        "F8_E5M2" | "F8_E4M3" | "F8_E8M0" | "F8_E5M2FNUZ" | "F8_E4M3FNUZ" => 8,
        "U16" | "I16" | "F16" | "BF16" => 16,
        "U32" | "I32" | "F32" => 32,
        "U64" | "I64" | "F64" | "C64" => 64,
        "C128" => 128,
        _ => return None,
    })
}

/// Findings whose place in the header is looked for: each costs a search of up to a hundred megabytes.
const PLACED: usize = 32;

/// Where a name stands in the header, counted from the start of the file; the start of the header after many findings.
pub(super) fn place(header: &[u8], name: &str, told: usize) -> u64 {
    if told > PLACED {
        return 8;
    }
    let quoted = format!("\"{name}\"");
    memchr::memmem::find(header, quoted.as_bytes()).map_or(8, |at| 8_u64.saturating_add(at as u64))
}

/// Holds what the header says against itself and against the data, which begins at `data`. Whether bytes belong to no
/// tensor can be told only if the header is `whole`.
pub(super) fn check(
    entries: Vec<Entry>,
    header: &[u8],
    data: u64,
    source: &Source,
    whole: bool,
    limits: Limits,
    scan: &mut TensorScan,
) {
    let mut checks = Checks { header, limits, told: 0, scan };
    let described = entries.len();
    let mut tensors: Vec<Tensor> = entries.into_iter().filter_map(|entry| checks.tensor(entry, data)).collect();
    tensors.sort_by(|a, b| (a.start, a.size, &a.name).cmp(&(b.start, b.size, &b.name)));
    // What a tensor without a place occupies is not known: no bytes can be called left over.
    let whole = whole && tensors.len() == described;
    checks.tile(&tensors, data, source.size(), whole);
    checks.scan.tensors = tensors;
}

struct Checks<'a> {
    header: &'a [u8],
    limits: Limits,
    told: usize,
    scan: &'a mut TensorScan,
}

impl Checks<'_> {
    fn tell(&mut self, rule: &'static str, tensor: &str, add: impl FnOnce(Finding) -> Finding) {
        self.told += 1;
        if self.told <= self.limits.findings {
            let finding = Finding::new(rule, place(self.header, tensor, self.told)).fact("tensor", tensor);
            self.scan.findings.push(add(finding));
        } else if self.told == self.limits.findings + 1 {
            self.scan.findings.push(Finding::new("STN111", 8).fact("limit", self.limits.findings as u64));
        }
    }

    /// Returns a tensor whose place is known, and tells what is wrong with its size.
    fn tensor(&mut self, entry: Entry, data: u64) -> Option<Tensor> {
        let Entry { name, dtype: Some(dtype), shape: Some(shape), offsets: Some((begin, end)) } = entry else {
            return None;
        };
        if end < begin {
            self.tell("STN104", &name, |finding| finding.fact("reason", "it ends before it begins"));
            return None;
        }
        let (Some(start), size) = (data.checked_add(begin), end - begin) else {
            self.tell("STN106", &name, |finding| finding);
            return None;
        };
        match (bits(&dtype), product(&shape)) {
            (None, _) => self.tell("STN105", &name, |finding| finding.fact("dtype", dtype.as_str())),
            (Some(bits), Some(count)) if u64::try_from(count.saturating_mul(u128::from(bits)) / 8).is_ok() => {
                let needed = count.saturating_mul(u128::from(bits)).div_ceil(8);
                if needed != u128::from(size) {
                    let needed = u64::try_from(needed).unwrap_or(u64::MAX);
                    self.tell("STN107", &name, |finding| finding.fact("needed", needed).fact("size", size));
                }
            }
            (Some(_), _) => self.tell("STN106", &name, |finding| finding),
        }
        Some(Tensor { name, dtype, shape, start, size })
    }

    /// Tells where tensors overlap, leave holes, end behind the file or before its end.
    fn tile(&mut self, tensors: &[Tensor], data: u64, size: Option<u64>, whole: bool) {
        let mut end = data;
        for tensor in tensors {
            if tensor.start < end {
                self.tell("STN108", &tensor.name, |finding| finding);
            } else if tensor.start > end && whole {
                self.slack(end, tensor.start - end, size);
            }
            end = end.max(tensor.start.saturating_add(tensor.size));
        }
        let Some(size) = size else { return };
        if end > size {
            let missing = end - size;
            self.scan.findings.push(Finding::new("STN109", size).fact("missing", missing));
        } else if end < size && whole {
            self.slack(end, size - end, Some(size));
        }
    }

    fn slack(&mut self, start: u64, length: u64, file: Option<u64>) {
        let length = file.map_or(length, |file| length.min(file.saturating_sub(start)));
        if length > 0 && self.scan.slack.len() < self.limits.findings {
            self.scan.slack.push(Slack { start, size: length });
            self.scan.findings.push(Finding::new("STN110", start).fact("size", length));
        }
    }
}

/// How many elements a shape has; `None` if no number of 128 bits can say it.
fn product(shape: &[u64]) -> Option<u128> {
    if shape.contains(&0) {
        return Some(0);
    }
    shape.iter().try_fold(1_u128, |count, dimension| count.checked_mul(u128::from(*dimension)))
}
