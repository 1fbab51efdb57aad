//! A call written as Python source, for people: constant arguments escaped and cut, nested calls inside each other.

use std::fmt::Write as _;

use super::globals::{Globals, Use};
use super::ring::Ring;
use super::text::Contents;
use super::value::{Tag, Value};

/// The longest rendered call, in characters.
const LONGEST: usize = 300;
/// The most characters of one constant.
const LONGEST_CONSTANT: usize = 120;
/// How deep calls and containers are written out.
const DEPTH: usize = 6;
/// How many arguments or items are written out.
pub(super) const SHOWN: usize = 8;

/// `posix.system('echo pwned')`: the call of global `number` with the tuple `args`.
///
/// A class that is constructed has its `__new__` called, not itself.
pub(crate) fn render_call(
    number: u32,
    args: Value,
    usage: Use,
    globals: &Globals,
    ring: &Ring,
    contents: &Contents<'_>,
) -> String {
    let mut writer = Writer { globals, ring, contents, out: String::new() };
    writer.name(number);
    if usage == Use::Constructed {
        writer.out.push_str(".__new__");
    }
    writer.arguments(args, DEPTH);
    let mut out = writer.out;
    if out.chars().count() > LONGEST {
        out = out.chars().take(LONGEST).collect();
        out.push('…');
    }
    out
}

struct Writer<'a> {
    globals: &'a Globals,
    ring: &'a Ring,
    contents: &'a Contents<'a>,
    out: String,
}

impl Writer<'_> {
    fn call(&mut self, number: u32, args: Value, depth: usize) {
        self.name(number);
        self.arguments(args, depth);
    }

    fn arguments(&mut self, args: Value, depth: usize) {
        self.out.push('(');
        match self.ring.of(args) {
            Some(items) if args.tag() == Tag::TUPLE => self.items(items, depth),
            _ => self.out.push('…'),
        }
        self.out.push(')');
    }

    fn items(&mut self, items: &[Value], depth: usize) {
        for (place, item) in items.iter().enumerate() {
            if place > 0 {
                self.out.push_str(", ");
            }
            if place == SHOWN || self.out.len() > LONGEST * 4 {
                self.out.push('…');
                return;
            }
            self.value(*item, depth);
        }
    }

    fn entries(&mut self, entries: &[Value], depth: usize) {
        for (place, entry) in entries.chunks_exact(2).enumerate() {
            if place > 0 {
                self.out.push_str(", ");
            }
            let [key, value] = entry else { return };
            if place == SHOWN || self.out.len() > LONGEST * 4 {
                self.out.push('…');
                return;
            }
            self.value(*key, depth);
            self.out.push_str(": ");
            self.value(*value, depth);
        }
    }

    fn value(&mut self, value: Value, depth: usize) {
        if depth == 0 {
            self.out.push('…');
            return;
        }
        match value.tag() {
            Tag::NONE => self.out.push_str("None"),
            Tag::BOOL if value.has_detail() => self.out.push_str(if value.data == 1 { "True" } else { "False" }),
            Tag::BOOL => self.out.push_str("bool"),
            Tag::INT if value.has_detail() && value.len <= 8 => {
                self.out.push_str(&value.data.cast_signed().to_string());
            }
            Tag::INT => self.out.push_str("int"),
            Tag::FLOAT => {
                let number = self.contents.float(value);
                self.out.push_str(number.as_deref().unwrap_or("float"));
            }
            Tag::GLOBAL => self.name(value.id()),
            Tag::MADE => {
                if let Some([_, args]) = self.ring.of(value) {
                    self.call(value.id(), *args, depth - 1);
                } else {
                    self.name(value.id());
                    self.out.push_str("(…)");
                }
            }
            Tag::TUPLE => {
                self.out.push('(');
                match self.ring.of(value) {
                    Some([one]) => {
                        self.value(*one, depth - 1);
                        self.out.push(',');
                    }
                    Some(items) => self.items(items, depth - 1),
                    None => self.out.push('…'),
                }
                self.out.push(')');
            }
            Tag::LIST => {
                self.out.push('[');
                match self.ring.of(value) {
                    Some(items) => self.items(items, depth - 1),
                    None => self.out.push('…'),
                }
                self.out.push(']');
            }
            Tag::DICT => {
                self.out.push('{');
                match self.ring.of(value) {
                    Some(entries) => self.entries(entries, depth - 1),
                    None => self.out.push('…'),
                }
                self.out.push('}');
            }
            _ => self.constant(value),
        }
    }

    fn constant(&mut self, value: Value) {
        if let Some(text) = self.contents.text(value, super::text::NAME) {
            self.quoted(&text, "");
        } else if let Some(bytes) = self.contents.bytes(value, super::text::NAME) {
            let letters: String = bytes.into_iter().take(LONGEST_CONSTANT + 1).map(char::from).collect();
            self.quoted(&letters, "b");
        } else {
            self.out.push('…');
        }
    }

    fn quoted(&mut self, text: &str, prefix: &str) {
        self.out.push_str(prefix);
        self.out.push('\'');
        for letter in text.chars().take(LONGEST_CONSTANT) {
            match letter {
                '\'' | '\\' => {
                    self.out.push('\\');
                    self.out.push(letter);
                }
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                // Bytes and everything that could steer a terminal are written as escapes.
                _ if letter.is_control() || (!prefix.is_empty() && !letter.is_ascii()) => {
                    // Writing to a string cannot fail.
                    let _ = write!(self.out, "\\x{:02x}", u32::from(letter));
                }
                _ => self.out.push(letter),
            }
        }
        self.out.push_str(if text.chars().count() > LONGEST_CONSTANT { "…'" } else { "'" });
    }

    fn name(&mut self, number: u32) {
        let path = self.globals.get(number).map_or_else(|| "?".to_owned(), super::globals::Global::path);
        self.out.push_str(&path);
    }
}
