//! Which nodes and functions run when a model is loaded or used: a search along inputs and calls.
//!
//! Nodes and functions are known by hashes of their names. Names that collide, or that come twice, share their edges: what
//! is reached can only become more.

use std::hash::Hasher;

use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use super::collect::Entry;

/// What stands for a node of a graph.
pub(super) fn node_id(name: &[u8]) -> u64 {
    identity(1, name)
}

/// What stands for a function: its body as a whole.
pub(super) fn function_id(name: &[u8]) -> u64 {
    identity(2, name)
}

fn identity(kind: u8, name: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write_u8(kind);
    hasher.write(name);
    hasher.finish()
}

/// Who needs whom, in one `MetaGraphDef`.
#[derive(Debug, Default)]
pub(super) struct Edges {
    /// The first needs the second.
    needs: Vec<(u64, u64)>,
    entries: Vec<(Entry, u64)>,
    /// Objects whose functions run when the model is loaded.
    initialisers: FxHashSet<u64>,
    functions: FxHashMap<u64, Vec<u64>>,
    /// Functions in it.
    known: usize,
    /// Nodes and functions that do more than compute, with the number of the use.
    sites: Vec<(u64, usize)>,
    cut: bool,
}

impl Edges {
    /// Inputs and calls that are kept, 16 bytes each. The largest graphs known have a million.
    pub(super) const MOST: usize = 4_000_000;

    /// Entries, objects and functions of objects that are kept. The largest models known have some ten thousand.
    const ENTRIES: usize = 500_000;

    pub(super) fn push(&mut self, from: u64, to: u64) {
        if self.needs.len() < Self::MOST {
            self.needs.push((from, to));
        } else {
            self.cut = true;
        }
    }

    pub(super) fn entry(&mut self, entry: Entry, node: u64) {
        if self.entries.len() < Self::ENTRIES {
            self.entries.push((entry, node));
        } else {
            self.cut = true;
        }
    }

    pub(super) fn initialiser(&mut self, object: u64) {
        if self.initialisers.len() < Self::ENTRIES {
            self.initialisers.insert(object);
        } else {
            self.cut = true;
        }
    }

    pub(super) fn function_of(&mut self, object: u64, function: u64) {
        if self.known < Self::ENTRIES {
            self.known += 1;
            self.functions.entry(object).or_default().push(function);
        } else {
            self.cut = true;
        }
    }

    pub(super) fn site(&mut self, place: u64, number: usize) {
        self.sites.push((place, number));
    }

    /// Whether edges are missing that could lead to one of them.
    pub(super) fn is_cut(&self) -> bool {
        self.cut && !self.sites.is_empty()
    }

    /// The uses that run by themselves, by their numbers, with the gravest occasion.
    pub(super) fn reached(mut self) -> FxHashMap<usize, Entry> {
        let mut found = FxHashMap::default();
        if self.sites.is_empty() {
            return found;
        }
        let objects = self.initialisers.iter().filter_map(|object| self.functions.get(object)).flatten();
        self.entries.extend(objects.map(|function| (Entry::Main, *function)));
        self.needs.sort_unstable();
        let used = self.from(|entry| entry == Entry::Signature);
        let loaded = self.from(|entry| entry != Entry::Signature);
        for (place, number) in &self.sites {
            if loaded.contains(place) {
                found.insert(*number, Entry::Main);
            } else if used.contains(place) {
                found.insert(*number, Entry::Signature);
            }
        }
        found
    }

    fn from(&self, starts: impl Fn(Entry) -> bool) -> FxHashSet<u64> {
        let mut open: Vec<u64> = self.entries.iter().filter(|(entry, _)| starts(*entry)).map(|(_, id)| *id).collect();
        let mut seen: FxHashSet<u64> = open.iter().copied().collect();
        while let Some(id) = open.pop() {
            let first = self.needs.partition_point(|(from, _)| *from < id);
            let edges = self.needs.get(first..).unwrap_or_default();
            open.extend(
                edges.iter().take_while(|(from, _)| *from == id).map(|(_, to)| *to).filter(|to| seen.insert(*to)),
            );
        }
        seen
    }
}
