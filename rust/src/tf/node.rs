//! One node of a graph while it is read, and what is kept of one whose op does more than compute.

use super::names::Names;

/// Attributes with strings that are kept of one node.
const ATTRIBUTES: usize = 64;

/// Bytes that are kept of one string.
const STRING: usize = 300;

/// The value of an attribute that a caller of the function fills in: not known here.
pub(super) const PLACEHOLDER: &[u8] = b"\0placeholder";

/// The node that is being read. Its buffers are used again for the next.
#[derive(Debug, Default, Clone)]
pub(super) struct Node {
    pub(super) offset: u64,
    pub(super) name: Vec<u8>,
    /// All values of the field `op`: a parser takes the last.
    pub(super) ops: Names,
    inputs: Names,
    /// Functions that attributes name.
    pub(super) functions: Names,
    /// Strings in tensors.
    pub(super) strings: Names,
    /// Names and values of attributes that are strings.
    attributes: Vec<(Vec<u8>, Vec<u8>)>,
    key: Vec<u8>,
    /// The first attribute of which the name may still come.
    unnamed: usize,
}

impl Node {
    pub(super) fn begin(&mut self, offset: u64) {
        self.offset = offset;
        self.name.clear();
        self.ops.clear();
        self.inputs.clear();
        self.functions.clear();
        self.strings.clear();
        self.attributes.clear();
        self.key.clear();
        self.unnamed = 0;
    }

    pub(super) fn name(&mut self, name: &[u8]) {
        self.name.clear();
        self.name.extend_from_slice(name.get(..STRING).unwrap_or(name));
    }

    pub(super) fn input(&mut self, input: &[u8]) {
        self.inputs.push(input);
    }

    /// An attribute begins, perhaps within one of an outer level, which the result brings back.
    pub(super) fn begin_attribute(&mut self) -> usize {
        self.key.clear();
        std::mem::replace(&mut self.unnamed, self.attributes.len())
    }

    pub(super) fn end_attribute(&mut self, outer: usize) {
        self.unnamed = outer;
    }

    /// The name of the attribute, whether its value came before or comes after it.
    pub(super) fn key(&mut self, key: &[u8]) {
        let key = key.get(..STRING).unwrap_or(key);
        self.key.clear();
        self.key.extend_from_slice(key);
        for (name, _) in self.attributes.iter_mut().skip(self.unnamed).filter(|(name, _)| name.is_empty()) {
            name.extend_from_slice(key);
        }
    }

    pub(super) fn string(&mut self, text: &[u8], attribute: bool) {
        if !attribute {
            self.strings.push(text);
        } else if self.attributes.len() < ATTRIBUTES {
            self.attributes.push((self.key.clone(), text.get(..STRING).unwrap_or(text).to_vec()));
        }
    }

    pub(super) fn placeholder(&mut self) {
        self.string(PLACEHOLDER, true);
    }

    /// About how many bytes it takes to keep it.
    pub(super) fn size(&self) -> usize {
        let attributes = self.attributes.iter().map(|(name, value)| name.len() + value.len() + 64).sum::<usize>();
        let names = [&self.ops, &self.inputs, &self.functions, &self.strings];
        attributes + names.iter().map(|names| names.size()).sum::<usize>() + self.name.len() + 512
    }

    /// The values of an attribute.
    pub(super) fn attribute<'n>(&'n self, key: &'static str) -> impl Iterator<Item = &'n [u8]> {
        self.attributes.iter().filter(move |(name, _)| name == key.as_bytes()).map(|(_, value)| value.as_slice())
    }

    /// Names of the nodes whose outputs it takes, in order, then of those that have to run before it.
    pub(super) fn inputs(&self) -> impl Iterator<Item = &[u8]> {
        self.inputs.iter().map(producer)
    }

    /// Names of the nodes whose outputs it takes, in order.
    pub(super) fn values(&self) -> impl Iterator<Item = &[u8]> {
        self.inputs.iter().filter(|input| input.first() != Some(&b'^')).map(producer)
    }
}

/// The node that an input leads to: `^name`, `name:0` and `name:output:0` are of `name`.
pub(super) fn producer(input: &[u8]) -> &[u8] {
    let name = input.strip_prefix(b"^").unwrap_or(input);
    name.split(|byte| *byte == b':').next().unwrap_or_default()
}
