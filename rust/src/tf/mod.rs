//! Graphs of TensorFlow: every op of every graph, function and graph within a string, and what those do that do more than
//! compute.
//!
//! `sniff` tells which message a file is, `walk` reads protobuf, `text` its text form; both tell `collect` what they meet.
//! `judge` says what is reported of an op, `reach` which ops run without being asked for. What ops do stands in
//! `rules/tensorflow/`.

mod collect;
mod judge;
mod names;
mod node;
mod paths;
mod reach;
mod sniff;
mod walk;

#[cfg(test)]
mod tests;

use crate::deadline::Deadline;
use crate::error::Result;
use crate::finding::Finding;
use crate::source::Source;
use crate::spool::{Kept, spool};
use crate::wire::Fault;
pub use collect::Part;
use collect::Collector;
pub use sniff::Kind;
use walk::Walk;

/// Graphs in strings of graphs in strings. Honest ones have one level: datasets as values.
const NESTING: usize = 8;

/// The outcome of a scan.
#[derive(Debug, Default)]
pub struct TensorFlowScan {
    /// What the ops do, what is broken, what was not looked at.
    pub findings: Vec<Finding>,
    /// Parts of the source that are JSON, for scanners of that.
    pub json: Vec<Part>,
    /// Nodes in all graphs.
    pub nodes: u64,
    /// Whether the time was over before the end.
    pub expired: bool,
}

/// Whether bytes are a graph of TensorFlow in protobuf, by the first nodes in them.
///
/// # Errors
/// Only when the source cannot be read.
pub fn sniff(source: &Source) -> Result<bool> {
    Ok(!sniff::kinds(source, &Deadline::never(), sniff::FIELDS)?.is_empty())
}

/// Walks all graphs of a file in protobuf.
///
/// # Errors
/// Only when the source cannot be read; what is broken is a finding.
pub fn scan(source: &Source, deadline: &Deadline) -> Result<TensorFlowScan> {
    let (source, kept) = spool(source, deadline)?;
    let mut collector = Collector::default();
    let mut found = TensorFlowScan { expired: matches!(kept, Kept::Late), ..TensorFlowScan::default() };
    if matches!(kept, Kept::Full) {
        collector.limit("bytes that are kept of a compressed stream", source.size().unwrap_or(0));
    }
    let mut broken: Option<Fault> = None;
    let whole = Part { start: 0, length: source.size().unwrap_or(0) };
    let mut open = vec![(whole, 0)];
    let mut largest = u32::MAX;
    while let Some((part, depth)) = open.pop() {
        let part_source = source.slice(part.start, part.length);
        collector.inside = (depth > 0).then_some(part.start);
        let mut kinds = sniff::kinds(&part_source, deadline, largest)?;
        if kinds.is_empty() && depth == 0 {
            // Nothing proves itself: what is there may be the front of any of them.
            kinds = vec![Kind::SavedModel, Kind::Graph];
        }
        if depth == NESTING && !kinds.is_empty() {
            collector.limit("graphs in strings of each other", NESTING as u64);
            continue;
        }
        largest = sniff::FIELDS;
        for kind in kinds {
            let (faults, expired) = Walk::new(&part_source, part.start, deadline, &mut collector)?.run(kind)?;
            found.expired |= expired;
            broken = broken.or(faults.first().copied());
        }
        open.extend(collector.graphs.drain(..).rev().map(|inner| (inner, depth + 1)));
    }
    found.nodes = collector.nodes;
    found.json = std::mem::take(&mut collector.json);
    found.findings = collector.finish();
    if let Some(fault) = broken {
        found.findings.push(Finding::new("TFG111", fault.offset).fact("reason", fault.kind.words()));
    } else if found.nodes == 0 && !found.expired {
        found.findings.push(Finding::new("TFG111", 0).fact("reason", "it has no graph"));
    }
    Ok(found)
}
