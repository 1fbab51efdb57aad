//! Graphs of TensorFlow: every op of every graph, function and graph within a string, and what those do that do more than
//! compute.
//!
//! `sniff` tells which message a file is, `walk` reads protobuf, `text` its text form; both tell `collect` what they meet.
//! `judge` says what is reported of an op, `reach` which ops run without being asked for. What ops do stands in
//! `rules/tensorflow/`.

mod collect;
mod judge;
mod metadata;
mod names;
mod node;
mod paths;
mod reach;
mod sniff;
mod text;
mod token;
mod walk;

#[cfg(test)]
mod tests;

use crate::deadline::Deadline;
use crate::error::Result;
use crate::finding::Finding;
use crate::source::Source;
use crate::spool::{Kept, spool};
use crate::wire::Fault;
use collect::Collector;
pub use collect::Part;
pub use metadata::{is_fingerprint, scan_metadata, sniff_metadata};
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

/// Bytes of a compressed stream in which a node has to come.
const STREAMED: u64 = 16 << 20;

/// Whether bytes are a graph of TensorFlow in protobuf, by the first nodes in them.
///
/// # Errors
/// Only when the source cannot be read.
pub fn sniff(source: &Source) -> Result<bool> {
    // Nobody waits for a stream to be decompressed only to tell what it is not.
    let front = if source.size().is_none() { source.slice(0, STREAMED) } else { source.clone() };
    sniff::is_any(&front, &Deadline::never())
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
    let open = vec![(Part { offset: 0, source }, 0)];
    let broken = graphs(open, deadline, &mut collector, &mut found)?;
    Ok(found.finished(collector, broken.map(|fault| (fault.offset, fault.kind.words()))))
}

/// Walks a file in the text form of protobuf.
///
/// # Errors
/// Only when the source cannot be read; what is broken is a finding.
pub fn scan_text(source: &Source, deadline: &Deadline) -> Result<TensorFlowScan> {
    let mut collector = Collector::default();
    let mut found = TensorFlowScan::default();
    let broken = text::walk(source, deadline, &mut collector, &mut found.expired)?;
    let open = collector.graphs.drain(..).rev().map(|inner| (inner, 1)).collect();
    graphs(open, deadline, &mut collector, &mut found)?;
    Ok(found.finished(collector, broken))
}

/// Walks what is open and what is found in its strings; returns the first break of the encoding.
fn graphs(
    mut open: Vec<(Part, usize)>,
    deadline: &Deadline,
    collector: &mut Collector,
    found: &mut TensorFlowScan,
) -> Result<Option<Fault>> {
    let mut broken: Option<Fault> = None;
    while let Some((part, depth)) = open.pop() {
        collector.inside = (depth > 0).then_some(part.offset);
        let kinds = sniff::kinds(&part.source, deadline, depth == 0)?;
        if depth == NESTING && !kinds.is_empty() {
            collector.limit("graphs in strings of each other", NESTING as u64);
            continue;
        }
        for kind in kinds {
            let (faults, expired) = Walk::new(&part.source, part.offset, deadline, collector)?.run(kind)?;
            found.expired |= expired;
            broken = broken.or(faults.first().copied());
        }
        found.expired |= deadline.expired();
        open.extend(collector.graphs.drain(..).rev().map(|inner| (inner, depth + 1)));
    }
    Ok(broken)
}

impl TensorFlowScan {
    fn finished(mut self, mut collector: Collector, broken: Option<(u64, &'static str)>) -> Self {
        self.nodes = collector.nodes;
        self.json = std::mem::take(&mut collector.json);
        self.findings = collector.finish();
        if let Some((offset, reason)) = broken {
            self.findings.push(Finding::new("TFG111", offset).fact("reason", reason));
        } else if self.nodes == 0 && !self.expired {
            self.findings.push(Finding::new("TFG111", 0).fact("reason", "it has no graph"));
        }
        self
    }
}
