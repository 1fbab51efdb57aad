//! Scans one file: stream after stream, padding and junk between them, and a second pass where a name was forgotten.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::collector::Collector;
use super::legacy;
use super::machine::Halt;
use super::outcome::PickleScan;
use super::resync::{self, Rest};
use super::sniff::sniff_at;
use super::stream::{End, Stream};
use super::value::Value;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::finding::Finding;
use crate::limits::Limits;
use crate::source::Source;
use crate::window::Window;

/// Scans all pickle streams of `source`. What was learned before anything broke is part of the result.
///
/// # Errors
/// Only when the source cannot be read at all; broken content and broken compression are findings.
pub fn scan(source: &Source, deadline: &Deadline, limits: Limits) -> Result<PickleScan> {
    scan_within(source, deadline, limits, "")
}

/// Scans a pickle that lies in a container which defines the names of the module `own`, and of those below it: its
/// loader resolves them there and imports nothing.
///
/// # Errors
/// As `scan`.
pub fn scan_within(source: &Source, deadline: &Deadline, limits: Limits, own: &str) -> Result<PickleScan> {
    let mut first = File::new(source, deadline, limits, own, Arc::default()).scan()?;
    if first.all.unresolved.is_empty() {
        return Ok(first.finish());
    }
    // Names stored far back in a long memo were forgotten: the second pass knows which entries to keep.
    let watched = Arc::new(std::mem::take(&mut first.all.unresolved));
    let second = File::new(source, deadline, limits, own, watched).scan()?;
    Ok(settle(first, second, deadline.expired()))
}

/// The outcome of two passes. One that the deadline ended did not get as far: what the first one found counts then, and
/// the names stay open.
fn settle(mut first: File<'_>, second: File<'_>, expired: bool) -> PickleScan {
    if !expired {
        return second.finish();
    }
    first.incomplete(Finding::new("ENG101", second.offset));
    first.finish()
}

struct File<'a> {
    deadline: &'a Deadline,
    watched: Arc<FxHashSet<u64>>,
    all: Collector,
    offset: u64,
    /// How many streams were begun, and how many of them reached their STOP.
    started: u64,
    streams: u64,
    complete: bool,
    /// The number of the stream that holds torch's magic number, if one does.
    legacy: Option<u64>,
}

impl<'a> File<'a> {
    fn new(source: &Source, deadline: &'a Deadline, limits: Limits, own: &str, watched: Arc<FxHashSet<u64>>) -> Self {
        let all = Collector::new(source.clone(), limits, own);
        Self { deadline, watched, all, offset: 0, started: 0, streams: 0, complete: true, legacy: None }
    }

    fn scan(mut self) -> Result<Self> {
        let source = self.all.source.clone();
        let mut window = Window::new(&source, 0)?;
        loop {
            let started = self.offset;
            let end = Stream::new(&mut window, &mut self.all, self.deadline, &self.watched).run();
            self.offset = end.offset;
            self.all.opcodes += end.opcodes;
            if !self.stream_ended(end, started)? {
                return Ok(self);
            }
            // Compressed data would be decoded again to look at what comes next: not if nothing does.
            if window.position() == self.offset && window.at_end()? {
                return Ok(self);
            }
            let next = match self.next_stream(&source) {
                Ok(Some(next)) => next,
                Ok(None) => return Ok(self),
                Err(error) => {
                    self.source_failed(error)?;
                    return Ok(self);
                }
            };
            self.started += 1;
            if self.started >= self.all.limits.streams {
                let limit = format!("more than {} streams", self.all.limits.streams);
                self.incomplete(Finding::new("PKL204", next).fact("limit", limit));
                return Ok(self);
            }
            self.offset = next;
            if next != window.position() {
                window = Window::new(&source, next)?;
            }
        }
    }

    /// Notes how a stream ended; whether it makes sense to look for another one.
    fn stream_ended(&mut self, end: End, started: u64) -> Result<bool> {
        let at = end.offset;
        let halt = match end.outcome {
            Ok(result) => {
                self.stopped(result);
                return Ok(true);
            }
            Err(halt) => halt,
        };
        match halt {
            Halt::Truncated => self.incomplete(Finding::new("PKL202", at)),
            Halt::Broken(reason) => {
                self.incomplete(Finding::new("PKL201", at).fact("reason", reason));
                // A loader stops here; bytes further on may still be a stream for another reader.
                return Ok(at > started || end.opcodes > 0);
            }
            Halt::Limit(limit) => self.incomplete(Finding::new("PKL204", at).fact("limit", limit)),
            Halt::Deadline => self.incomplete(Finding::new("ENG101", at)),
            Halt::Source(error) => self.source_failed(error)?,
        }
        Ok(false)
    }

    fn stopped(&mut self, result: Value) {
        if legacy::is_magic(result) {
            self.legacy = Some(self.streams);
        }
        self.streams += 1;
    }

    /// Where the next stream starts, after whatever lies between.
    fn next_stream(&mut self, source: &Source) -> Result<Option<u64>> {
        // Numbers may look like the beginning of a pickle: torch's storages are passed over before that is asked.
        if self.legacy.is_some_and(|first| self.streams == first + legacy::PICKLES) {
            self.legacy = None;
            let (size, wrong) = legacy::storages(source, self.offset, &mut self.all.storages)?;
            match wrong {
                None => self.offset += size.unwrap_or_default(),
                Some(finding) => self.incomplete(finding),
            }
        }
        if sniff_at(source, self.offset)? {
            return Ok(Some(self.offset));
        }
        match resync::look(source, self.offset, self.deadline)? {
            Rest::Padding => Ok(None),
            Rest::Junk { size, next } => {
                self.incomplete(Finding::new("PKL203", self.offset).fact("size", size));
                Ok(next)
            }
            Rest::Deadline => {
                self.incomplete(Finding::new("ENG101", self.offset));
                Ok(None)
            }
        }
    }

    fn source_failed(&mut self, error: Error) -> Result<()> {
        let at = self.offset;
        match error {
            Error::Io(error) => return Err(Error::Io(error)),
            Error::Codec { codec, decoded } => {
                self.incomplete(Finding::new("CMP101", at).fact("codec", codec).fact("size", decoded));
            }
            Error::Late => self.incomplete(Finding::new("ENG101", at)),
            Error::Budget { codec, limit } => {
                self.incomplete(Finding::new("CMP102", at).fact("codec", codec).fact("limit", limit));
            }
        }
        Ok(())
    }

    fn incomplete(&mut self, finding: Finding) {
        self.complete = false;
        let offset = finding.offset;
        self.all.report(finding.detail("position", offset));
    }

    fn finish(mut self) -> PickleScan {
        let (findings, carried) = (self.all.findings(), self.all.carried());
        PickleScan {
            findings,
            nested: std::mem::take(&mut self.all.nested),
            carried,
            tensors: std::mem::take(&mut self.all.tensors),
            storages: std::mem::take(&mut self.all.storages),
            streams: self.streams,
            opcodes: self.all.opcodes,
            bytes_read: self.offset,
            complete: self.complete,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_in_the_second_pass_keeps_what_the_first_one_found() {
        let source = Source::from_bytes(b"\x80\x02cposix\nsystem\n)R.".to_vec());
        let (in_time, late) = (Deadline::never(), Deadline::never());
        late.cancel();
        let pass = |deadline| File::new(&source, deadline, Limits::default(), "", Arc::default()).scan();
        let (Ok(first), Ok(second)) = (pass(&in_time), pass(&late)) else { unreachable!("bytes in memory") };
        let settled = settle(first, second, late.expired());
        let rules: Vec<_> = settled.findings.iter().map(|finding| finding.rule).collect();
        assert!(rules.contains(&"PKL101") && rules.contains(&"ENG101"), "{rules:?}");
        assert!(!settled.complete);
    }
}
