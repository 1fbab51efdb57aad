//! Findings: each cause once, with the place where it was first met.

use std::collections::HashSet;

use super::fault::Fault;
use super::layout::CHUNKS;
use super::only_io;
use crate::error::Result;
use crate::finding::Finding;

/// Characters of a path or file name in a finding.
const SHOWN: usize = 500;

/// What was found so far.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) findings: Vec<Finding>,
    most: usize,
    said: HashSet<(&'static str, String)>,
    /// Whether nothing more can be read.
    pub(super) over: bool,
}

impl Report {
    pub(super) fn new(most: usize) -> Self {
        Self { findings: Vec::new(), most, said: HashSet::new(), over: false }
    }

    /// Notes why something was not read.
    pub(super) fn fault(&mut self, fault: Fault) -> Result<()> {
        match only_io(fault)? {
            Fault::Broken { at, what, reason } => {
                let finding = Finding::new("HDF101", at).fact("what", what).fact("reason", reason);
                self.once(format!("{what}: {reason}"), finding);
            }
            Fault::Unknown { at, what } => {
                self.once(what.to_owned(), Finding::new("HDF104", at).fact("what", what));
            }
            Fault::Many { at } => self.limit(at, "chunks of one dataset", CHUNKS),
            Fault::Spent { at } => {
                self.over = true;
                self.limit(at, "work on structures that overlap", 0);
            }
            Fault::Late { at } => {
                self.over = true;
                self.once(String::new(), Finding::new("ENG101", at));
            }
            Fault::Io(_) => {}
        }
        Ok(())
    }

    /// Notes that there is more of something than is looked at.
    pub(super) fn limit(&mut self, at: u64, what: &str, limit: usize) {
        let limit = if limit == 0 { "what one file may cost".to_owned() } else { limit.to_string() };
        self.once(what.to_owned(), Finding::new("HDF103", at).fact("limit", limit).fact("what", what));
    }

    /// Adds a finding, unless its cause was told already.
    pub(super) fn once(&mut self, cause: String, finding: Finding) {
        if self.said.len() <= self.most && self.said.insert((finding.rule, cause)) {
            self.add(finding);
        }
    }

    /// Adds a finding; one too many is told as such.
    pub(super) fn add(&mut self, finding: Finding) {
        if self.findings.len() < self.most {
            self.findings.push(finding);
        } else if self.findings.len() == self.most {
            let all = self.most.to_string();
            self.findings.push(Finding::new("HDF103", finding.offset).fact("limit", all).fact("what", "findings"));
        }
    }
}

/// Text for a finding.
pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.get(..SHOWN.min(bytes.len())).unwrap_or_default()).into_owned()
}
