//! The opcodes that fill containers, and what their entries tell: names of tensors, special attributes, array sizes.

use rustc_hash::FxHashSet;

use super::arrays;
use super::calls::{Write, is_special_attribute};
use super::collector::Collector;
use super::globals::{Global, Site};
use super::machine::{Halt, Machine, NO_MARK, Step, UNDERFLOW};
use super::render::SHOWN;
use super::text::NAME;
use super::value::{ALIASED, ENDLESS, HIDDEN_KEY, Kind, OBJECT_FIELDS, SPECIAL, Tag, Value};
use crate::finding::Finding;
use crate::window::Window;

/// Whether a key is made by a call, and may be the text of an attribute's name.
fn may_make_text(key: Value, all: &Collector) -> bool {
    let global = if key.tag() == Tag::MADE { all.globals.get(key.id()) } else { None };
    let makes_text = |global: &Global| {
        global.is_suspicious() || global.name == "scalar" || matches!(global.name.as_str(), "str" | "str_" | "unicode")
    };
    matches!(key.tag(), Tag::OPAQUE | Tag::COMPUTED) || global.is_some_and(makes_text)
}

fn is_endless(value: &Value) -> bool {
    value.tag() == Tag::TUPLE && value.id() >= ENDLESS
}

impl Machine {
    /// LIST and FROZENSET: all above the mark.
    pub(super) fn collect(&mut self, tag: Tag, site: Site, all: &mut Collector) -> Result<Value, Halt> {
        let count = self.stack.unmark().ok_or(NO_MARK)?;
        if tag == Tag::FROZENSET && self.stack.values(count).any(|value| is_endless(&value)) {
            Self::report_endless(site, all);
        }
        let made = Value::bare(tag);
        let made = if all.globals.has_suspicious() { self.remember_items(count, made) } else { made };
        self.stack.drop_topmost(count);
        Ok(made)
    }

    pub(super) fn dict(&mut self, site: Site, window: &Window, all: &mut Collector) -> Step {
        let count = self.stack.unmark().ok_or(NO_MARK)?;
        if count % 2 != 0 {
            return Err(Halt::Broken("DICT with a key that has no value").into());
        }
        let value = self.entries(count, Value::bare(Tag::DICT), site, window, all);
        self.stack.drop_topmost(count);
        self.stack.push(value, &all.limits)?;
        Ok(())
    }

    pub(super) fn set_items(&mut self, count: u64, site: Site, window: &Window, all: &mut Collector) -> Step {
        if !count.is_multiple_of(2) {
            return Err(Halt::Broken("SETITEMS with a key that has no value").into());
        }
        let target = self.stack.peek(usize::try_from(count).unwrap_or(usize::MAX)).ok_or(UNDERFLOW)?;
        let changed = self.entries(count, target, site, window, all);
        if target.tag() != Tag::DICT && count > 0 {
            Self::write(target, site, Write::Item, all);
        }
        self.stack.drop_topmost(count);
        if changed != target
            && let Some(slot) = self.stack.topmost_mut()
        {
            *slot = changed;
        }
        Ok(())
    }

    /// Looks at keys and values that become entries of `target`, and returns the target with what it now holds.
    fn entries(&mut self, count: u64, target: Value, site: Site, window: &Window, all: &mut Collector) -> Value {
        let telling = self.telling(count, !all.dtypes.is_empty());
        if target.tag() == Tag::DICT && count > 0 {
            self.marks |= target.id() & ALIASED;
        }
        let mut changed = if target.tag() == Tag::DICT { self.remember_entries(count, target, all) } else { target };
        for pair in telling.chunks_exact(2) {
            if let [key, value] = pair {
                changed = self.telling_entry(*key, *value, changed, site, window, all);
            }
        }
        changed
    }

    /// The keys and values among the topmost ones that say something about what holds them.
    fn telling(&self, count: u64, has_dtypes: bool) -> Vec<Value> {
        let tells = |key: &Value, value: &Value| {
            key.id() == SPECIAL && key.may_be_text()
                || key.tag() >= Tag::COMPUTED
                || is_endless(key)
                || value.tag() == Tag::TENSOR
                || has_dtypes && value.tag() == Tag::TUPLE
        };
        let is_telling = |pair: &[Value]| matches!(pair, [key, value] if tells(key, value));
        let precise = self.stack.topmost(count);
        if precise.len() as u64 == count {
            let pairs = precise.chunks_exact(2);
            return if pairs.clone().any(is_telling) {
                pairs.filter(|pair| is_telling(pair)).flatten().copied().collect()
            } else {
                Vec::new()
            };
        }
        // In a batch larger than what is kept precise, most have lost their texts: those of one kind are the same.
        let (mut telling, mut seen) = (Vec::new(), FxHashSet::default());
        let mut values = self.stack.values(count);
        let is_kept = |value: &Value| *value != Value::forgotten(value.kind);
        while let (Some(key), Some(value)) = (values.next(), values.next()) {
            if tells(&key, &value) && (is_kept(&key) || is_kept(&value) || seen.insert((key.kind, value.kind))) {
                telling.extend([key, value]);
            }
        }
        telling
    }

    /// Keeps the entries of a dict that is about to become the state of a new instance, since they may say how many raw
    /// bytes follow, or the argument of a call that will be written out.
    fn remember_entries(&mut self, count: u64, dict: Value, all: &Collector) -> Value {
        if count == 0 {
            return dict;
        }
        let below = usize::try_from(count + 1).unwrap_or(usize::MAX);
        let is_state = self.stack.peek(below).map(Value::tag) == Some(Tag::MADE);
        // What is kept is all there is or nothing.
        let lost = Value { data: Value::bare(Tag::DICT).data, len: u32::MAX, ..dict };
        if count > 64 || dict.len > 64 || !(is_state || all.globals.has_suspicious()) {
            return lost;
        }
        let Some(known) = (if dict.len == 0 { Some(&[][..]) } else { self.ring.of(dict) }) else { return lost };
        // Protocol 0 writes entry by entry.
        let entries: Vec<Value> = known.iter().chain(self.stack.topmost(count)).copied().collect();
        match (self.ring.keep(&entries), u32::try_from(entries.len())) {
            (Some(position), Ok(length)) => Value { data: position, len: length, ..dict },
            _ => lost,
        }
    }

    fn telling_entry(
        &mut self,
        key: Value,
        value: Value,
        target: Value,
        site: Site,
        window: &Window,
        all: &mut Collector,
    ) -> Value {
        if is_endless(&key) {
            Self::report_endless(site, all);
            return target;
        }
        let target = if may_make_text(key, all) { self.marked(target, HIDDEN_KEY) } else { target };
        if value.tag() == Tag::TUPLE {
            return if arrays::is_object_field(value, &self.ring, all) {
                self.marked(target, OBJECT_FIELDS)
            } else {
                target
            };
        }
        let Some(name) = self.contents(window, all).text(key, NAME) else {
            let may_be_special = key.id() == SPECIAL && key.may_be_text();
            return if may_be_special { self.marked(target, HIDDEN_KEY) } else { target };
        };
        if value.tag() == Tag::TENSOR
            && let Some(tensor) = all.tensors.get_mut(value.id() as usize)
            && tensor.name.is_empty()
        {
            tensor.name.clone_from(&name);
        }
        if !is_special_attribute(&name) {
            return target;
        }
        let target = self.marked(target, SPECIAL);
        if target.is_inert() {
            return target;
        }
        let finding = Finding::new("PKL143", site.offset)
            .fact("opcode", site.opcode)
            .fact("attribute", name)
            .fact("target", Self::describe(target, all));
        all.report(finding.detail("position", site.offset));
        target
    }

    /// The target with a mark, if it is a dict, and the note that there is such a dict.
    fn marked(&mut self, target: Value, mark: u32) -> Value {
        self.marks |= mark;
        if target.may_be_dict() {
            return Value { kind: Kind::new(target.tag(), target.id() | mark), ..target };
        }
        target
    }

    pub(super) fn append(&mut self, count: u64, site: Site, all: &mut Collector) -> Step {
        let target = self.stack.peek(usize::try_from(count).unwrap_or(usize::MAX)).ok_or(UNDERFLOW)?;
        if !target.is_inert() && count > 0 {
            Self::write(target, site, Write::Append, all);
        }
        if target.tag() == Tag::SET && self.stack.values(count).any(|value| is_endless(&value)) {
            Self::report_endless(site, all);
        }
        let listed = if target.tag() == Tag::LIST && all.globals.has_suspicious() {
            self.remember_items(count, target)
        } else {
            target
        };
        self.stack.drop_topmost(count);
        if listed != target
            && let Some(slot) = self.stack.topmost_mut()
        {
            *slot = listed;
        }
        Ok(())
    }

    /// Hashing visits a tuple as often as it is reached: doubled a few dozen times, it never ends.
    fn report_endless(site: Site, all: &mut Collector) {
        let finding = Finding::new("PKL136", site.offset).fact("opcode", site.opcode);
        all.report(finding.detail("position", site.offset).detail("opcode", site.opcode));
    }

    /// Keeps the first items of a list that may be an argument of a call which will be written out.
    fn remember_items(&mut self, count: u64, list: Value) -> Value {
        let known = if list.len == 0 { &[] } else { self.ring.of(list).unwrap_or_default() };
        if known.len() != list.len as usize || known.len() > SHOWN {
            return list;
        }
        let items: Vec<Value> = known.iter().copied().chain(self.stack.values(count)).take(SHOWN + 1).collect();
        match (self.ring.keep(&items), u32::try_from(items.len())) {
            (Some(position), Ok(length)) if length > 0 => Value { data: position, len: length, ..list },
            _ => list,
        }
    }
}
