//! What the nodes of all graphs of a file amount to, whatever encoding they were read from.
//!
//! A scope is a graph or the body of a function: names of nodes mean something within it. What an op does with a file
//! depends on constants that other nodes of its scope hold, so ops are judged when their scope, or their `MetaGraphDef`,
//! ends.

use rustc_hash::{FxHashMap, FxHashSet};

use super::judge::judge;
use super::node::{Node, producer};
use super::paths::leads_out;
use super::reach::{Edges, function_id, node_id};
use crate::finding::Finding;
use crate::rules::{OpClass, op};
use crate::source::Source;

/// Distinct names of ops of one file; TensorFlow has some 1,700.
const OPS: usize = 20_000;

/// Uses of ops that do more than compute that are judged, of one scope. Training graphs have some hundred.
const USES: usize = 50_000;

/// Constant strings of one scope, and nodes that hand strings on.
const STRINGS: usize = 200_000;

/// Findings of one file.
const FINDINGS: usize = 2_000;

/// Strings that may be graphs, of one file.
const GRAPHS: usize = 10_000;

/// Texts of JSON, of one file: layers of a Keras model.
const JSON: usize = 20_000;

/// Names of functions, and of assets, with at most `NAME` bytes each.
const NAMES: usize = 100_000;
const NAME: usize = 300;

/// Bytes of nodes and constants that are kept until their scopes end.
const KEPT: usize = 64 << 20;

/// What runs without being asked for one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    /// The main op, when the model is loaded.
    Main,
    /// The op that restores the variables, when the model is loaded.
    Restore,
    /// The outputs of a signature, when the model is used.
    Signature,
}

/// A part of the file that is something of its own.
#[derive(Debug, Clone)]
pub struct Part {
    /// Where it stands in the file.
    pub offset: u64,
    /// Its bytes.
    pub source: Source,
}

/// What is known of an op by its name.
struct Seen {
    class: OpClass,
    reason: &'static str,
    count: u64,
    offset: u64,
    node: Vec<u8>,
}

/// A constant string: the node that holds it, and its text.
pub(super) type Constant = (Vec<u8>, Vec<u8>);

/// A use of an op that does more than compute.
pub(super) struct Use {
    pub(super) class: OpClass,
    pub(super) reason: &'static str,
    pub(super) op: Vec<u8>,
    pub(super) node: Node,
    /// The function in whose body it stands; empty for a graph.
    function: Vec<u8>,
    /// Constant strings that reach each of its inputs.
    pub(super) constants: Vec<Vec<Constant>>,
}

/// A graph or the body of a function.
#[derive(Default)]
struct Scope {
    is_function: bool,
    /// What stands for the function in the search for what runs.
    id: u64,
    function: Vec<u8>,
    uses: Vec<Use>,
    constants: FxHashMap<u64, Vec<Constant>>,
    /// Nodes that hand strings on, and from which.
    handed: FxHashMap<u64, Vec<u64>>,
    calls: Vec<u64>,
}

/// Gathers what a walk meets.
#[derive(Default)]
pub(super) struct Collector {
    pub(super) node: Node,
    ops: FxHashMap<Vec<u8>, Seen>,
    scopes: Vec<Scope>,
    /// Uses whose scopes have ended, until the `MetaGraphDef` does.
    uses: Vec<Use>,
    functions: FxHashSet<Vec<u8>>,
    /// Nodes whose value is replaced by the path of an asset.
    assets: FxHashSet<Vec<u8>>,
    edges: Edges,
    /// Strings that may be graphs.
    pub(super) graphs: Vec<Part>,
    /// Texts of JSON.
    pub(super) json: Vec<Part>,
    /// Where the string lies whose graph is at work.
    pub(super) inside: Option<u64>,
    pub(super) nodes: u64,
    /// Bytes that nodes and constants take.
    kept: usize,
    findings: Vec<(Finding, u64)>,
    said: FxHashMap<(&'static str, Vec<u8>, Vec<u8>), usize>,
    limits: Vec<(&'static str, u64)>,
}

/// Ops whose output is made of the strings that they take.
const HANDS_ON: &[&[u8]] = &[
    b"Concat",
    b"ConcatV2",
    b"ExpandDims",
    b"Identity",
    b"IdentityN",
    b"Merge",
    b"Pack",
    b"PlaceholderWithDefault",
    b"ReduceJoin",
    b"Reshape",
    b"Select",
    b"SelectV2",
    b"ShardedFilename",
    b"ShardedFilespec",
    b"Snapshot",
    b"Squeeze",
    b"StringFormat",
    b"StringJoin",
    b"StringStrip",
    b"Switch",
];

impl Collector {
    pub(super) fn begin_scope(&mut self, is_function: bool) {
        self.scopes.push(Scope { is_function, ..Scope::default() });
    }

    pub(super) fn name_function(&mut self, name: &[u8]) {
        if self.functions.len() < NAMES {
            self.functions.insert(cut(name).to_vec());
        } else {
            self.limit("functions", NAMES as u64);
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope.function = cut(name).to_vec();
            scope.id = function_id(name);
        }
    }

    pub(super) fn end_scope(&mut self) {
        let Some(scope) = self.scopes.pop() else { return };
        let body = scope.id;
        for called in &scope.calls {
            self.edges.push(body, *called);
        }
        for mut used in scope.uses {
            used.function.clone_from(&scope.function);
            used.constants =
                used.node.values().map(|input| strings(&scope.constants, &scope.handed, node_id(input))).collect();
            // Restoring variables and filling tables is what loading is for.
            if !matches!(used.class, OpClass::Restore | OpClass::Asset) {
                self.edges.site(if scope.is_function { body } else { node_id(&used.node.name) }, self.uses.len());
            }
            self.uses.push(used);
        }
    }

    pub(super) fn begin_node(&mut self, offset: u64) {
        self.node.begin(offset);
    }

    pub(super) fn end_node(&mut self) {
        self.nodes += 1;
        let node = &self.node;
        let Some(scope) = self.scopes.last_mut() else { return };
        let itself = node_id(&node.name);
        for name in node.ops.iter() {
            if !self.ops.contains_key(name) {
                if self.ops.len() >= OPS {
                    note(&mut self.limits, "different ops", OPS as u64);
                    continue;
                }
                self.ops.insert(name.to_vec(), Seen::new(name, node));
            }
            let Some(seen) = self.ops.get_mut(name) else { continue };
            seen.count += 1;
            let (class, reason) = (seen.class, seen.reason);
            if class == OpClass::Unknown {
                // A function can be called by its name.
                let called = function_id(name);
                if scope.is_function { scope.calls.push(called) } else { self.edges.push(itself, called) }
            } else if class != OpClass::Plain {
                self.kept += node.size();
                if scope.uses.len() + self.uses.len() >= USES || self.kept > KEPT {
                    note(&mut self.limits, "ops that do more than compute", USES as u64);
                    continue;
                }
                let (op, node, constants) = (name.to_vec(), node.clone(), Vec::new());
                scope.uses.push(Use { class, reason, op, node, function: Vec::new(), constants });
            }
            let is_constant = name == b"Const" && !node.strings.is_empty();
            if is_constant && (scope.constants.len() >= STRINGS || self.kept > KEPT) {
                note(&mut self.limits, "constant strings", STRINGS as u64);
            } else if is_constant {
                self.kept += node.size();
                let held = node.strings.iter().take(4).map(|text| (node.name.clone(), text.to_vec()));
                scope.constants.entry(itself).or_default().extend(held);
            }
            if !HANDS_ON.contains(&name) {
                continue;
            }
            if scope.handed.len() >= STRINGS {
                note(&mut self.limits, "nodes that hand strings on", STRINGS as u64);
            } else {
                scope.handed.entry(itself).or_default().extend(node.values().map(node_id));
            }
        }
        let called = node.functions.iter().map(function_id);
        if scope.is_function {
            scope.calls.extend(called);
        } else {
            called.chain(node.inputs().map(node_id)).for_each(|target| self.edges.push(itself, target));
        }
    }

    /// A node that runs at some occasion, by the name of it or of its output.
    pub(super) fn entry(&mut self, entry: Entry, name: &[u8]) {
        self.edges.entry(entry, node_id(producer(name)));
    }

    /// An object of the graph of objects whose function runs when the model is loaded.
    pub(super) fn initialiser(&mut self, object: u64) {
        self.edges.initialiser(object);
    }

    /// A function of an object of that graph.
    pub(super) fn concrete_function(&mut self, object: u64, name: &[u8]) {
        self.edges.function_of(object, function_id(name));
    }

    pub(super) fn asset_tensor(&mut self, name: &[u8]) {
        if self.assets.len() < NAMES {
            self.assets.insert(cut(producer(name)).to_vec());
        }
    }

    pub(super) fn asset_file(&mut self, offset: u64, name: &[u8]) {
        if leads_out(name) {
            let name = cut(name);
            let finding = Finding::new("TFG107", offset).fact("path", text(name));
            self.say(finding, b"", name);
        }
    }

    pub(super) fn json(&mut self, offset: u64, source: Source) {
        if self.json.len() < JSON {
            self.json.push(Part { offset, source });
        } else {
            self.limit("texts of JSON", JSON as u64);
        }
    }

    pub(super) fn may_be_graph(&mut self, offset: u64, source: Source) {
        if self.graphs.len() < GRAPHS {
            self.graphs.push(Part { offset, source });
        } else {
            self.limit("strings that may be graphs", GRAPHS as u64);
        }
    }

    /// Notes that something was left out.
    pub(super) fn limit(&mut self, what: &'static str, limit: u64) {
        note(&mut self.limits, what, limit);
    }

    /// Judges the uses of all scopes of a graph with what belongs to it.
    pub(super) fn end_meta_graph(&mut self) {
        let edges = std::mem::take(&mut self.edges);
        if edges.is_cut() {
            self.limit("inputs of nodes", Edges::MOST as u64);
        }
        let reached = edges.reached();
        let assets = std::mem::take(&mut self.assets);
        self.kept = 0;
        for (index, used) in std::mem::take(&mut self.uses).into_iter().enumerate() {
            let runs = reached.get(&index).copied();
            if let Some((rule, value)) = judge(&used, &assets) {
                self.report(rule, &used, &value, runs);
            }
            if used.class == OpClass::Save
                && let Some(entry) = runs
            {
                self.report(if entry == Entry::Signature { "TFG109" } else { "TFG108" }, &used, b"", runs);
            }
        }
    }

    fn report(&mut self, rule: &'static str, used: &Use, value: &[u8], runs: Option<Entry>) {
        let mut finding = Finding::new(rule, used.node.offset)
            .fact("op", text(&used.op))
            .fact("reason", used.reason)
            .detail("node", text(&used.node.name));
        if !used.function.is_empty() {
            finding = finding.detail("function", text(&used.function));
        }
        if !value.is_empty() {
            finding = finding.detail("value", text(value));
        }
        if let Some(entry) = runs {
            let occasion = if entry == Entry::Signature { "with a signature" } else { "when the model is loaded" };
            finding = finding.detail("runs", occasion);
        }
        self.say(finding, &used.op, value);
    }

    /// Adds a finding, or counts one that says the same.
    fn say(&mut self, finding: Finding, op: &[u8], value: &[u8]) {
        let key = (finding.rule, op.to_vec(), value.to_vec());
        if let Some((_, count)) = self.said.get(&key).and_then(|index| self.findings.get_mut(*index)) {
            *count += 1;
        } else if self.findings.len() < FINDINGS {
            self.said.insert(key, self.findings.len());
            let finding = self.inside.map_or(finding.clone(), |inside| finding.detail("inside", inside));
            self.findings.push((finding, 1));
        } else {
            self.limit("findings", FINDINGS as u64);
        }
    }

    /// All findings, with those that only the end of the file can tell.
    pub(super) fn finish(mut self) -> Vec<Finding> {
        let unknown =
            |(name, seen): &(&Vec<u8>, &Seen)| seen.class == OpClass::Unknown && !self.functions.contains(*name);
        let mut unknown: Vec<_> =
            self.ops.iter().filter(unknown).map(|(name, seen)| (seen.offset, name, seen)).collect();
        unknown.sort_by_key(|(offset, name, _)| (*offset, (*name).clone()));
        let unknown: Vec<(Finding, u64)> = unknown
            .into_iter()
            .take(FINDINGS)
            .map(|(offset, name, seen)| {
                let finding = Finding::new("TFG110", offset).fact("op", text(name)).detail("node", text(&seen.node));
                (finding, seen.count)
            })
            .collect();
        self.findings.extend(unknown);
        let limits =
            self.limits.iter().map(|(what, limit)| Finding::new("TFG112", 0).fact("limit", *limit).fact("what", *what));
        let counted = self.findings.iter().map(|(finding, count)| match count {
            1 => finding.clone(),
            count => finding.clone().detail("count", *count),
        });
        counted.chain(limits).collect()
    }
}

impl Seen {
    fn new(name: &[u8], node: &Node) -> Self {
        let (class, reason) = std::str::from_utf8(name).map_or((OpClass::Unknown, ""), op);
        Self { class, reason, count: 0, offset: node.offset, node: node.name.clone() }
    }
}

/// The strings that reach an output, through nodes that hand them on.
fn strings(constants: &FxHashMap<u64, Vec<Constant>>, handed: &FxHashMap<u64, Vec<u64>>, from: u64) -> Vec<Constant> {
    let (mut found, mut open, mut seen) = (Vec::new(), vec![from], FxHashSet::default());
    while let Some(node) = open.pop() {
        if seen.len() >= 256 || !seen.insert(node) {
            continue;
        }
        found.extend(constants.get(&node).into_iter().flatten().cloned());
        open.extend(handed.get(&node).into_iter().flatten());
    }
    found
}

fn note(limits: &mut Vec<(&'static str, u64)>, what: &'static str, limit: u64) {
    if !limits.contains(&(what, limit)) {
        limits.push((what, limit));
    }
}

fn cut(name: &[u8]) -> &[u8] {
    name.get(..NAME).unwrap_or(name)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
