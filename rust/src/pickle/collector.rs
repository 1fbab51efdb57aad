//! What is gathered over all streams of one file, and the constants that calls compute on the way.

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};

use super::carried::Constants;
use super::globals::Globals;
use super::machine::Instruction;
use super::outcome::{Carried, Nested, Storage, Tensor};
use super::value::{Tag, Value};
use crate::finding::Finding;
use crate::limits::Limits;
use crate::source::Source;

/// A numpy dtype as far as the size of raw array data depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dtype {
    /// Bytes of one element, where the code tells.
    pub(crate) itemsize: Option<u64>,
    /// Whether elements are Python objects, which are pickled rather than written raw.
    pub(crate) has_object: bool,
    /// Whether its size is part of the type (structured types, strings): BUILD sets it.
    pub(crate) flexible: bool,
    /// Whether BUILD was seen.
    pub(crate) built: bool,
}

/// Everything that outlives a stream.
#[derive(Debug)]
pub(crate) struct Collector {
    pub(crate) source: Source,
    pub(crate) limits: Limits,
    pub(crate) globals: Globals,
    pub(crate) nested: Vec<Nested>,
    constants: Constants,
    pub(crate) tensors: Vec<Tensor>,
    pub(crate) dtypes: Vec<Dtype>,
    pub(crate) storages: Vec<Storage>,
    storage_numbers: FxHashMap<String, usize>,
    pub(crate) opcodes: u64,
    /// Bytes are being read in a way that most loaders would not: only callables that are bad by name count.
    pub(crate) speculative: bool,
    /// How many opcodes were read so.
    pub(crate) speculated: u64,
    /// Memo entries that were needed as text after their content was forgotten.
    pub(crate) unresolved: FxHashSet<u64>,
    events: Vec<Finding>,
    event_numbers: FxHashMap<(&'static str, String), usize>,
    pub(crate) dropped: u64,
    computed: VecDeque<Vec<u8>>,
    first_computed: u64,
    computed_bytes: usize,
}

impl Collector {
    /// `own` is the module whose names the container of the pickle defines; empty if there is none.
    pub(crate) fn new(source: Source, limits: Limits, own: &str) -> Self {
        Self {
            source,
            limits,
            globals: Globals::within(own),
            nested: Vec::new(),
            constants: Constants::default(),
            tensors: Vec::new(),
            dtypes: Vec::new(),
            storages: Vec::new(),
            storage_numbers: FxHashMap::default(),
            opcodes: 0,
            speculative: false,
            speculated: 0,
            unresolved: FxHashSet::default(),
            events: Vec::new(),
            event_numbers: FxHashMap::default(),
            dropped: 0,
            computed: VecDeque::new(),
            first_computed: 0,
            computed_bytes: 0,
        }
    }

    /// Reports something; of events that say the same the first is kept, with a count.
    pub(crate) fn report(&mut self, finding: Finding) {
        if self.speculative {
            return;
        }
        let said = format!("{:?}", finding.facts);
        let key = (finding.rule, said);
        if let Some(number) = self.event_numbers.get(&key) {
            if let Some(event) = self.events.get_mut(*number) {
                count_once_more(event);
            }
            return;
        }
        if self.events.len() >= self.limits.events {
            self.dropped += 1;
            return;
        }
        self.event_numbers.insert(key, self.events.len());
        self.events.push(finding);
    }

    /// All findings, in order of offset, then rule.
    pub(crate) fn findings(&mut self) -> Vec<Finding> {
        let mut findings = self.globals.findings();
        findings.append(&mut self.events);
        if self.dropped > 0 {
            let limit = self.limits.events as u64;
            findings.push(Finding::new("ENG109", 0).fact("dropped", self.dropped).fact("limit", limit));
        }
        findings.sort_by(|a, b| (a.offset, a.rule).cmp(&(b.offset, b.rule)));
        findings
    }

    /// Hands bytes back that a loader in the pickle would read.
    pub(crate) fn nest(&mut self, offset: u64, source: Source, is_buffer: bool) {
        if self.nested.len() >= self.limits.nested {
            let limit = format!("more than {} nested byte strings", self.limits.nested);
            self.report(Finding::new("PKL204", offset).fact("limit", limit));
            return;
        }
        self.nested.push(Nested { name: format!("bytes at {offset}"), source, is_buffer });
    }

    /// Hands numbers on that begin like something else.
    pub(crate) fn nest_start(&mut self, offset: u64, size: u64) {
        if self.nested.len() < self.limits.nested {
            let source = self.source.slice(offset, size);
            self.nested.push(Nested { name: format!("array at {offset}"), source, is_buffer: true });
        }
    }

    /// Keeps a constant that may carry code in an encoding.
    #[cold]
    pub(crate) fn carry(&mut self, at: Instruction<'_>) {
        if !self.speculative
            && let Some(finding) = self.constants.look(at)
        {
            self.report(finding);
        }
    }

    /// What was kept of those, but for what is handed on as nested bytes.
    pub(crate) fn carried(&mut self) -> Vec<Carried> {
        self.constants.take(&self.nested)
    }

    /// The place of a storage in the list, which has each once; `None` when there are more than the limit.
    pub(crate) fn storage(&mut self, storage: Storage) -> Option<u32> {
        let known = self.storage_numbers.get(&storage.key).copied();
        let other = known.and_then(|place| self.storages.get(place)).filter(|other| !other.is_same(&storage));
        let other = other.map(|other| (other.size(), format!("{} {}", other.numel, other.class)));
        let is_new = known.is_none() || other.is_some();
        if let Some((size, first)) = other
            && size != storage.size()
        {
            // Loaders take the first for both. Views of another type, which only tensors without data have, are as large.
            let second = format!("{} {}", storage.numel, storage.class);
            let finding = Finding::new("PKL174", storage.position).fact("storage", storage.key.clone());
            self.report(finding.fact("first", first).fact("second", second));
        }
        let place = match known.filter(|_| !is_new) {
            Some(place) => place,
            None if self.storages.len() >= self.limits.tensors => return None,
            None => {
                self.storage_numbers.insert(storage.key.clone(), self.storages.len());
                self.storages.push(storage);
                self.storages.len() - 1
            }
        };
        u32::try_from(place).ok()
    }

    /// Keeps a constant that a call made of constants; the oldest are forgotten beyond the limit.
    pub(crate) fn compute(&mut self, bytes: Vec<u8>, is_text: bool) -> Value {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.computed_bytes += bytes.len();
        self.computed.push_back(bytes);
        while self.computed_bytes > self.limits.computed && self.computed.len() > 1 {
            if let Some(old) = self.computed.pop_front() {
                self.computed_bytes -= old.len();
                self.first_computed += 1;
            }
        }
        let position = self.first_computed + self.computed.len() as u64 - 1;
        Value::new(Tag::COMPUTED, u32::from(is_text), position, length)
    }

    /// The content of a computed constant, unless it was forgotten.
    pub(crate) fn computed(&self, value: Value) -> Option<&[u8]> {
        if !value.has_detail() {
            return None;
        }
        let place = value.data.checked_sub(self.first_computed)?;
        self.computed.get(usize::try_from(place).ok()?).map(Vec::as_slice)
    }
}

fn count_once_more(event: &mut Finding) {
    use crate::finding::Fact;
    for (name, fact) in &mut event.details {
        if *name == "count" {
            if let Fact::Number(count) = fact {
                *count += 1;
            }
            return;
        }
    }
    event.details.push(("count", Fact::Number(2)));
}
