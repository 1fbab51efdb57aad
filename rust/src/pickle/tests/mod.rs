//! The machine against streams assembled opcode by opcode: semantics, attacks, limits.

mod attacks;
mod joblib;
mod laws;
mod semantics;
mod streams;

use super::{PickleScan, scan};
use crate::deadline::Deadline;
use crate::finding::Fact;
use crate::limits::Limits;
use crate::source::Source;

/// `posix.system('echo pwned')` in opcodes of protocol 0 and 1.
pub(super) const PAYLOAD: &[u8] = b"cposix\nsystem\n(X\x0a\0\0\0echo pwnedtR";

/// A stream of the given parts.
pub(super) fn stream(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// `SHORT_BINUNICODE`.
pub(super) fn text(value: &str) -> Vec<u8> {
    let mut out = vec![0x8c, u8::try_from(value.len()).unwrap_or(0)];
    out.extend_from_slice(value.as_bytes());
    out
}

/// `STACK_GLOBAL` with both operands.
pub(super) fn global(module: &str, name: &str) -> Vec<u8> {
    [text(module), text(name), vec![0x93]].concat()
}

pub(super) fn scanned(data: &[u8]) -> PickleScan {
    scan(&Source::from_bytes(data.to_vec()), &Deadline::never(), Limits::default()).unwrap_or_default()
}

/// The rules and places of all findings.
pub(super) fn rules(data: &[u8]) -> Vec<(&'static str, u64)> {
    scanned(data).findings.iter().map(|finding| (finding.rule, finding.offset)).collect()
}

/// The callables that are reported, as they stand in the file.
pub(super) fn callables(data: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for finding in scanned(data).findings {
        for (name, fact) in finding.facts {
            if let ("callable", Fact::Text(path)) = (name, fact) {
                found.push(path);
            }
        }
    }
    found
}

/// The first call of a rule's finding, as source.
pub(super) fn call(data: &[u8], rule: &str) -> Option<String> {
    let finding = scanned(data).findings.into_iter().find(|finding| finding.rule == rule)?;
    finding.details.into_iter().find_map(|(name, fact)| match (name, fact) {
        ("call", Fact::Text(source)) => Some(source),
        _ => None,
    })
}

pub(super) fn finds_payload(data: &[u8]) -> bool {
    callables(data).iter().any(|path| path == "posix.system")
}
