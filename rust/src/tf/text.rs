//! Graphs in the text form of protobuf: the same messages as in `walk`, told to the same collector.
//!
//! What is malformed is noted and passed over: a loader refuses such a file, other readers may not.

use super::collect::{Collector, Entry};
use super::token::{STRING, Token, Tokens};
use super::walk::{may_be_graph, packed};
use crate::deadline::Deadline;
use crate::error::Result;
use crate::source::Source;

/// Messages inside each other.
const DEPTH: usize = 1_000;

/// Bytes of strings that are kept because they are something of their own.
const KEPT: usize = 64 << 20;

/// Tokens between two looks at the clock.
const TOKENS: u32 = 4096;

/// Which message is open, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Message {
    /// Any of those that a file can be: each has its own names of fields.
    Root,
    MetaGraph,
    Graph,
    Library,
    Function,
    Signature,
    ArgAttr,
    Node,
    Attribute,
    Value,
    Called,
    Tensor,
    Shape,
    Dimension,
    Variant,
    Saver,
    Collection,
    Collected,
    NodeList,
    BytesList,
    AnyList,
    Signatures,
    SignatureDef,
    Output,
    OutputTensor,
    Asset,
    AssetTensor,
    Objects,
    Object,
    UserObject,
    Child,
    ObjectFunction,
    Saveable,
    Other,
}

use Message as M;

/// The message that a field opens.
fn opened(outer: Message, field: &[u8]) -> Message {
    match (outer, field) {
        (M::Root, b"meta_graphs") => M::MetaGraph,
        (M::Root | M::MetaGraph, b"graph_def") => M::Graph,
        (M::Root | M::MetaGraph, b"saver_def") => M::Saver,
        (M::Root | M::MetaGraph, b"collection_def") => M::Collection,
        (M::Root | M::MetaGraph, b"signature_def") => M::Signatures,
        (M::Root | M::MetaGraph, b"asset_file_def") => M::Asset,
        (M::Root | M::MetaGraph, b"object_graph_def") => M::Objects,
        (M::Root | M::Graph, b"node") | (M::Function, b"node_def") => M::Node,
        (M::Root | M::Graph, b"library") => M::Library,
        (M::Root | M::Library, b"function") => M::Function,
        (M::Function, b"signature") => M::Signature,
        (M::Function, b"arg_attr") | (M::ArgAttr, b"value") => M::ArgAttr,
        (M::Function | M::ArgAttr | M::Node | M::Called, b"attr") => M::Attribute,
        (M::Attribute, b"value") | (M::Value, b"list") => M::Value,
        (M::Value, b"tensor") | (M::Variant, b"tensors") => M::Tensor,
        (M::Value, b"func") => M::Called,
        (M::Tensor, b"tensor_shape") => M::Shape,
        (M::Shape, b"dim") => M::Dimension,
        (M::Tensor, b"variant_val") => M::Variant,
        (M::Collection, b"value") => M::Collected,
        (M::Collected, b"node_list") => M::NodeList,
        (M::Collected, b"bytes_list") => M::BytesList,
        (M::Collected, b"any_list") => M::AnyList,
        (M::AnyList, b"value") => M::AnyList,
        (M::AnyList, name) if name.ends_with(b"AssetFileDef") => M::Asset,
        (M::Signatures, b"value") => M::SignatureDef,
        (M::SignatureDef, b"outputs") => M::Output,
        (M::Output, b"value") => M::OutputTensor,
        (M::Asset, b"tensor_info") => M::AssetTensor,
        (M::Objects, b"nodes") => M::Object,
        (M::Object, b"user_object") => M::UserObject,
        (M::Object, b"children") => M::Child,
        (M::Object, b"function") => M::ObjectFunction,
        (M::Object, b"saveable_objects") | (M::Saveable, b"value") => M::Saveable,
        _ => M::Other,
    }
}

/// An open message, and what has to be kept of it until it ends.
struct Level {
    message: Message,
    /// The field that it is the value of: lists have several.
    field: Vec<u8>,
    /// The attribute around this one, as `Node::begin_attribute` gives it.
    outer: usize,
    /// What a key said of the value beside it: whether the nodes it lists run when the model is loaded.
    runs: Option<bool>,
    /// The object that a child or the graph of objects has come to; the number of elements of a tensor.
    number: u64,
    contents: Vec<(u64, Vec<u8>)>,
    is_string: bool,
}

struct Text<'a> {
    tokens: Tokens,
    out: &'a mut Collector,
    levels: Vec<Level>,
    broken: Option<(u64, &'static str)>,
    kept: usize,
}

/// Walks a whole file; returns the first place where its syntax is broken.
pub(super) fn walk(
    source: &Source,
    deadline: &Deadline,
    out: &mut Collector,
    expired: &mut bool,
) -> Result<Option<(u64, &'static str)>> {
    let mut text = Text { tokens: Tokens::new(source)?, out, levels: Vec::new(), broken: None, kept: 0 };
    text.open(M::Root, Vec::new(), 0);
    text.run(deadline, expired)?;
    while !text.levels.is_empty() {
        text.close();
    }
    if text.tokens.cut {
        text.out.limit("bytes of one string", STRING as u64);
    }
    Ok(text.tokens.broken.map(|offset| (offset, "a string does not end")).or(text.broken))
}

impl Text<'_> {
    fn run(&mut self, deadline: &Deadline, expired: &mut bool) -> Result<()> {
        let (mut field, mut count) = (Vec::new(), 0_u32);
        let mut token = self.tokens.next()?;
        loop {
            count = count.wrapping_add(1);
            if count.is_multiple_of(TOKENS) && deadline.expired() {
                *expired = true;
                return Ok(());
            }
            let offset = self.tokens.offset;
            let mut following = None;
            match token {
                Token::End => {
                    if self.levels.len() > 1 {
                        self.note(offset, "a message does not end");
                    }
                    return Ok(());
                }
                Token::Mark(b':' | b'[' | b']' | b',' | b';') => {}
                Token::Mark(b'{' | b'<') => {
                    if self.levels.len() > DEPTH {
                        self.note(offset, "messages are nested too deep");
                        return Ok(());
                    }
                    let message = opened(self.level().map_or(M::Other, |level| level.message), &field);
                    self.open(message, std::mem::take(&mut field), offset);
                }
                Token::Mark(b'}' | b'>') if self.levels.len() > 1 => field = self.close(),
                Token::Mark(_) => self.note(offset, "a character has no meaning here"),
                Token::Word(word) => {
                    // A name, or a value that is a number or the name of one.
                    let next = self.tokens.next()?;
                    let names = matches!(next, Token::Mark(b':' | b'{' | b'<' | b']'));
                    if names && (next != Token::Mark(b']') || word.contains(&b'/')) {
                        field = word;
                    } else {
                        self.number(&field, &word);
                    }
                    following = Some(next);
                }
                Token::String(mut string) => {
                    // Strings that follow each other are one.
                    let mut next = self.tokens.next()?;
                    while let Token::String(more) = &next {
                        let room = STRING.saturating_sub(string.len());
                        self.tokens.cut |= more.len() > room;
                        string.extend_from_slice(more.get(..room).unwrap_or(more));
                        next = self.tokens.next()?;
                    }
                    self.string(&field, offset, string);
                    following = Some(next);
                }
            }
            token = match following {
                Some(next) => next,
                None => self.tokens.next()?,
            };
        }
    }

    fn note(&mut self, offset: u64, reason: &'static str) {
        self.broken.get_or_insert((offset, reason));
    }

    fn level(&mut self) -> Option<&mut Level> {
        self.levels.last_mut()
    }

    fn open(&mut self, message: Message, field: Vec<u8>, offset: u64) {
        let mut level =
            Level { message, field, outer: 0, runs: None, number: 0, contents: Vec::new(), is_string: false };
        match message {
            M::Root | M::Graph => self.out.begin_scope(false),
            M::Function => self.out.begin_scope(true),
            M::Node => self.out.begin_node(offset),
            M::Attribute => level.outer = self.out.node.begin_attribute(),
            M::Tensor | M::Shape => level.number = 1,
            M::Object => {
                level.number = self.level().map_or(0, |objects| objects.number);
                if let Some(objects) = self.level() {
                    objects.number += 1;
                }
            }
            M::ObjectFunction => level.number = self.level().map_or(0, |object| object.number),
            M::Collected | M::NodeList | M::SignatureDef | M::Output | M::OutputTensor => {
                level.runs = self.level().and_then(|outer| outer.runs);
            }
            _ => {}
        }
        self.levels.push(level);
    }

    /// Ends the innermost message; returns the field that it was the value of.
    fn close(&mut self) -> Vec<u8> {
        let Some(level) = self.levels.pop() else { return Vec::new() };
        match level.message {
            M::Root => {
                self.out.end_scope();
                self.out.end_meta_graph();
            }
            M::Graph | M::Function => self.out.end_scope(),
            M::MetaGraph => self.out.end_meta_graph(),
            M::Node => self.out.end_node(),
            M::Attribute => self.out.node.end_attribute(level.outer),
            M::Shape => {
                if let Some(tensor) = self.level() {
                    tensor.number = tensor.number.saturating_mul(level.number);
                }
            }
            M::Child if level.runs == Some(true) => self.out.initialiser(level.number),
            M::Tensor if level.is_string => {
                for (offset, content) in level.contents {
                    for (_, text) in packed(&content, level.number) {
                        self.may_be_graph(offset, text);
                        self.out.node.string(text, false);
                    }
                }
            }
            _ => {}
        }
        level.field
    }

    /// Whether there is room for that many bytes more.
    fn keeps(&mut self, size: usize) -> bool {
        self.kept += size;
        if self.kept > KEPT {
            self.out.limit("bytes of strings that are kept", KEPT as u64);
        }
        self.kept <= KEPT
    }

    fn may_be_graph(&mut self, offset: u64, text: &[u8]) {
        if may_be_graph(text) && self.keeps(text.len()) {
            self.out.may_be_graph(offset, Source::from_bytes(text.to_vec()));
        }
    }

    fn number(&mut self, field: &[u8], word: &[u8]) {
        let value = std::str::from_utf8(word).ok().and_then(|word| word.parse::<u64>().ok()).unwrap_or(0);
        let Some(level) = self.levels.last_mut() else { return };
        match (level.message, field) {
            (M::Tensor, b"dtype") => level.is_string = word == b"DT_STRING" || value == super::walk::STRING,
            (M::Dimension, b"size") => {
                if let Some(shape) = self.levels.iter_mut().rev().nth(1) {
                    shape.number = shape.number.saturating_mul(value);
                }
            }
            (M::Child, b"node_id") => level.number = value,
            (M::Saveable, b"restore_function") => self.out.initialiser(value),
            _ => {}
        }
    }

    fn string(&mut self, field: &[u8], offset: u64, text: Vec<u8>) {
        let Some(level) = self.levels.last_mut() else { return };
        match (level.message, field) {
            (M::Node, b"name") => self.out.node.name(&text),
            (M::Node, b"op") => self.out.node.ops.push(&text),
            (M::Node, b"input") => self.out.node.input(&text),
            (M::Attribute, b"key") => self.out.node.key(&text),
            (M::Value, b"s") | (M::Tensor, b"string_val") | (M::Variant, b"metadata") => {
                let is_attribute = level.message == M::Value;
                self.may_be_graph(offset, &text);
                self.out.node.string(&text, is_attribute);
            }
            (M::Value, b"placeholder") => self.out.node.placeholder(),
            (M::Tensor, b"tensor_content") => {
                level.contents.truncate(0);
                level.contents.push((offset, text));
            }
            (M::Called, b"name") => self.out.node.functions.push(&text),
            (M::Signature, b"name") => self.out.name_function(&text),
            (M::Saver, b"restore_op_name") => self.out.entry(Entry::Restore, &text),
            (M::Collection, b"key") => {
                let keys: [&[u8]; 3] = [b"saved_model_main_op", b"legacy_init_op", b"saved_model_init_op"];
                level.runs = Some(keys.contains(&text.as_slice()));
            }
            (M::NodeList, b"value") if level.runs != Some(false) => self.out.entry(Entry::Main, &text),
            (M::BytesList, b"value") => self.may_be_graph(offset, &text),
            (M::Signatures, b"key") => level.runs = Some(text == b"__saved_model_init_op"),
            (M::OutputTensor, b"name") => {
                let entry = if level.runs == Some(false) { Entry::Signature } else { Entry::Main };
                self.out.entry(entry, &text);
            }
            (M::Asset, b"filename") => self.out.asset_file(offset, &text),
            (M::AssetTensor, b"name") => self.out.asset_tensor(&text),
            (M::Child, b"local_name") => {
                level.runs = Some(matches!(text.as_slice(), b"_initialize" | b"_create_resource"));
            }
            (M::ObjectFunction, b"concrete_functions") => {
                let object = level.number;
                self.out.concrete_function(object, &text);
            }
            (M::UserObject, b"metadata") if text.first() == Some(&b'{') && self.keeps(text.len()) => {
                self.out.json(offset, Source::from_bytes(text));
            }
            _ => {}
        }
    }
}
