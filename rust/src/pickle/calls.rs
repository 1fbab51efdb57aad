//! What calling, building and writing mean: every use of a callable is noted here and held against its rights.

use super::arrays;
use super::collector::Collector;
use super::globals::{Site, Use};
use super::machine::{Halt, Machine, Pause, Step, computed_callable, refer};
use super::outcome::Storage;
use super::render::render_call;
use super::sidecar::sidecar;
use super::template::keeps_state;
use super::tensors;
use super::text::NAME;
use super::value::{ALIASED, HIDDEN_KEY, Kind, SPECIAL, Tag, Value};
use crate::finding::Finding;
use crate::rules::{Call, Rights, Verdict};
use crate::window::Window;

/// Attributes whose replacement decides what runs next.
const SPECIAL_ATTRIBUTES: &[&str] = &[
    "__bases__",
    "__builtins__",
    "__call__",
    "__class__",
    "__code__",
    "__defaults__",
    "__del__",
    "__delattr__",
    "__dict__",
    "__getattr__",
    "__getattribute__",
    "__globals__",
    "__import__",
    "__init__",
    "__init_subclass__",
    "__instancecheck__",
    "__kwdefaults__",
    "__loader__",
    "__mro__",
    "__new__",
    "__path__",
    "__reduce__",
    "__reduce_ex__",
    "__set_name__",
    "__setattr__",
    "__setitem__",
    "__setstate__",
    "__spec__",
    "__subclasses__",
];

/// Whether a key of a state replaces such an attribute.
pub(super) fn is_special_attribute(name: &str) -> bool {
    SPECIAL_ATTRIBUTES.binary_search(&name).is_ok()
}

/// Which container opcode writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Write {
    Append,
    Item,
}

impl Machine {
    /// A call of `callee` with the tuple `args`; returns what stands for its result.
    pub(super) fn call(
        &mut self,
        callee: Value,
        args: Value,
        usage: Use,
        site: Site,
        window: &Window,
        all: &mut Collector,
    ) -> Result<Value, Halt> {
        match callee.tag() {
            Tag::GLOBAL => self.call_global(callee.id(), args, usage, site, window, all),
            _ if callee.is_inert() => Err(Halt::Broken("a call of something that cannot be called")),
            _ => {
                computed_callable("called", site, all);
                Ok(Value::bare(Tag::OPAQUE))
            }
        }
    }

    fn call_global(
        &mut self,
        number: u32,
        args: Value,
        usage: Use,
        site: Site,
        window: &Window,
        all: &mut Collector,
    ) -> Result<Value, Halt> {
        let items: Option<Vec<Value>> = self.ring.of(args).filter(|_| args.tag() == Tag::TUPLE).map(<[Value]>::to_vec);
        all.globals.condemn(number, usage);
        self.note_call(number, args, usage, site, window, all);
        let Some(verdict) = all.globals.get(number).map(|global| global.verdict) else {
            return Ok(Value::bare(Tag::OPAQUE));
        };
        let made = self.made(number, args);
        match verdict {
            Verdict::Safe(Rights { call: Call::Any, .. }) => {
                let modelled = items.and_then(|items| {
                    arrays::dtype(number, &items, &self.contents(window, all))
                        .map(|dtype| arrays::add_dtype(dtype, all))
                        .or_else(|| tensors::rebuilt(number, &items, &self.ring, site, all))
                });
                Ok(modelled.unwrap_or(made))
            }
            Verdict::Safe(Rights { call: Call::Contract(contract), .. }) => {
                self.keep_contract(contract, number, items.as_deref(), made, site, window, all)
            }
            // A class whose instances hold data, made without its `__init__`.
            Verdict::Safe(Rights { call: Call::Never, new: true, .. }) if usage == Use::Constructed => Ok(made),
            Verdict::Safe(Rights { call: Call::Never, .. }) => {
                let callable = all.globals.get(number).map(super::globals::Global::path).unwrap_or_default();
                let finding = Finding::new("PKL134", site.offset).fact("callable", callable);
                all.report(finding.detail("position", site.offset).detail("opcode", site.opcode));
                Ok(made)
            }
            Verdict::Dangerous { .. } | Verdict::WalksOut | Verdict::Unknown => {
                let nested = items.and_then(|items| self.follow_data(number, &items, site, window, all));
                Ok(nested.unwrap_or(made))
            }
        }
    }

    /// Counts the call and, where it matters, writes it down as source.
    pub(super) fn note_call(
        &self,
        number: u32,
        args: Value,
        usage: Use,
        site: Site,
        window: &Window,
        all: &mut Collector,
    ) {
        // The registry is lent to the renderer, which looks other callables up in it.
        let mut globals = std::mem::take(&mut all.globals);
        globals.note_call(number, usage, site, |globals| {
            render_call(number, args, usage, globals, &self.ring, &self.contents(window, all))
        });
        all.globals = globals;
    }

    /// The result of a call of a global, with callee and arguments as its detail.
    pub(super) fn made(&mut self, number: u32, args: Value) -> Value {
        let detail = [Value::new(Tag::GLOBAL, number, 0, 0), args];
        match self.ring.keep(&detail) {
            Some(position) => Value::new(Tag::MADE, number, position, 2),
            None => Value::new(Tag::MADE, number, Value::bare(Tag::MADE).data, 0),
        }
    }

    /// BUILD: state is written to the object below it.
    pub(super) fn build(&mut self, site: Site, window: &Window, all: &mut Collector) -> Step {
        let underflow = || Halt::Broken("an opcode needs more operands than the stack has");
        let state = self.stack.pop().ok_or_else(underflow)?;
        let target = self.stack.peek(0).ok_or_else(underflow)?;
        if self.has_special_keys(state) && !target.is_inert() {
            let finding = Finding::new("PKL143", site.offset)
                .fact("opcode", site.opcode)
                .fact("attribute", "(a special name)")
                .fact("target", Self::describe(target, all));
            all.report(finding.detail("position", site.offset));
        }
        if self.is_state_of_call(state, all) && !target.is_inert() {
            let finding = Finding::new("PKL144", site.offset).fact("target", Self::describe(target, all));
            all.report(finding.detail("position", site.offset).detail("opcode", site.opcode));
        }
        match target.tag() {
            Tag::GLOBAL => Self::report_write("PKL141", target, site, all),
            Tag::MADE => {
                let verdict = all.globals.get(target.id()).map(|global| global.verdict);
                if let Some(Verdict::Safe(rights)) = verdict
                    && !rights.build
                {
                    Self::report_write("PKL142", target, site, all);
                }
                self.check_state(target, verdict, state, site, window, all);
                arrays::report_raw_objects(state, &self.ring, site, all);
                return self.build_array(target, state, site, window, all);
            }
            Tag::DTYPE => arrays::build_dtype(target, state, &self.ring, site, all),
            // `Tensor.__setstate__` resizes a tensor over its storage; frameworks rebuild tensors by call alone.
            Tag::TENSOR | Tag::STORAGE => Self::report_write("PKL142", target, site, all),
            Tag::OPAQUE => computed_callable("built", site, all),
            _ => {}
        }
        Ok(())
    }

    /// State that a class does more with than store it.
    fn check_state(
        &self,
        target: Value,
        verdict: Option<Verdict>,
        state: Value,
        site: Site,
        window: &Window,
        all: &mut Collector,
    ) {
        let is_aliased = self.marks & ALIASED != 0;
        let Some(Verdict::Safe(rights)) = verdict else { return };
        let Some(global) = all.globals.get(target.id()) else { return };
        if let Some(contract) = rights.state
            && !keeps_state(contract, state, is_aliased, &self.ring, &self.contents(window, all))
        {
            let rule = if contract == "argument-template" { "PKL133" } else { "PKL146" };
            let mut finding = Finding::new(rule, site.offset).fact("callable", global.path());
            if contract == "argument-template" {
                finding =
                    finding.fact("reason", "the template that its state has executed is not the one scipy writes");
            }
            all.report(finding.detail("position", site.offset).detail("opcode", site.opcode));
            return;
        }
        if let Some(sidecar) = sidecar(global, state, is_aliased, &self.ring, &self.contents(window, all)) {
            all.report(sidecar.report(site));
        }
    }

    /// BUILD of joblib's array wrapper: joblib puts the array in its place, whose data follows.
    fn build_array(&mut self, target: Value, state: Value, site: Site, window: &Window, all: &mut Collector) -> Step {
        let is_aliased = self.marks & ALIASED != 0;
        let Some(follows) = arrays::raw_array(target, state, is_aliased, &self.ring, &self.contents(window, all))
        else {
            return Ok(());
        };
        let array = refer("numpy", "ndarray", site, all);
        if let Some(slot) = self.stack.topmost_mut() {
            *slot = Value { kind: Kind::new(Tag::MADE, array.id()), ..Value::bare(Tag::MADE) };
        }
        Err(Box::new(match follows {
            arrays::Array::Raw(raw) => Pause::Array(raw),
            arrays::Array::Objects => Pause::Inner,
            arrays::Array::Forged => {
                let finding = Finding::new("PKL173", site.offset).detail("opcode", site.opcode);
                all.report(finding.detail("position", site.offset));
                Pause::Halt(Halt::Broken("how much array data follows cannot be told"))
            }
        }))
    }

    /// Whether a state has keys that a call makes, so that they are not in sight.
    fn is_state_of_call(&self, state: Value, all: &Collector) -> bool {
        let is_hidden = |value: &Value| value.may_be_dict() && value.id() & HIDDEN_KEY != 0;
        let parts = if state.tag() == Tag::TUPLE { self.ring.of(state).unwrap_or_default() } else { &[] };
        if is_hidden(&state) || parts.iter().any(is_hidden) {
            return true;
        }
        let verdict =
            if state.tag() == Tag::MADE { all.globals.get(state.id()).map(|global| global.verdict) } else { None };
        let Some(Verdict::Safe(Rights { call: Call::Contract("data-iterable"), .. })) = verdict else { return false };
        let arguments = self.ring.of(state).and_then(|detail| self.ring.of(*detail.get(1)?));
        arguments.is_none_or(|arguments| !arguments.is_empty())
    }

    fn has_special_keys(&self, state: Value) -> bool {
        let is_special = |value: &Value| value.may_be_dict() && value.id() & SPECIAL != 0;
        // A dict with such a key may be this one, under another reference.
        if is_special(&state) || self.marks & (SPECIAL | ALIASED) == SPECIAL | ALIASED {
            return true;
        }
        match self.ring.of(state) {
            Some(items) if state.tag() == Tag::TUPLE => items.iter().any(is_special),
            // The parts of the state are gone; a dict with such keys may be one of them.
            None if state.tag() == Tag::TUPLE => self.marks & SPECIAL != 0,
            _ => false,
        }
    }

    /// APPEND(S), ADDITEMS, SETITEM(S) on something that is no builtin container of this stream.
    pub(super) fn write(target: Value, site: Site, write: Write, all: &mut Collector) {
        match target.tag() {
            Tag::GLOBAL => Self::report_write("PKL141", target, site, all),
            Tag::OPAQUE => computed_callable("written to", site, all),
            Tag::MADE => {
                let verdict = all.globals.get(target.id()).map(|global| global.verdict);
                let allowed = match verdict {
                    Some(Verdict::Safe(rights)) if write == Write::Append => rights.append,
                    Some(Verdict::Safe(rights)) => rights.setitem,
                    _ => false,
                };
                if !allowed {
                    Self::report_write("PKL142", target, site, all);
                }
            }
            Tag::DTYPE | Tag::TENSOR | Tag::STORAGE => Self::report_write("PKL142", target, site, all),
            _ => {}
        }
    }

    fn report_write(rule: &'static str, target: Value, site: Site, all: &mut Collector) {
        let target = Self::describe(target, all);
        let finding = Finding::new(rule, site.offset).fact("opcode", site.opcode).fact("target", target);
        all.report(finding.detail("position", site.offset).detail("opcode", site.opcode));
    }

    /// An object in words.
    pub(super) fn describe(value: Value, all: &Collector) -> String {
        let path = |number| all.globals.get(number).map(super::globals::Global::path).unwrap_or_default();
        match value.tag() {
            Tag::GLOBAL => path(value.id()),
            Tag::MADE => format!("an instance or result of {}", path(value.id())),
            Tag::DTYPE => "a numpy dtype".to_owned(),
            Tag::TENSOR => "a torch tensor".to_owned(),
            Tag::STORAGE => "a torch storage".to_owned(),
            _ => "an object computed at load time".to_owned(),
        }
    }

    /// A persistent id: torch's tuple for a storage is understood, anything else is unknown to everybody but its loader.
    pub(super) fn persistent(&self, id: Option<Value>, site: Site, window: &Window, all: &mut Collector) -> Value {
        let contents = self.contents(window, all);
        let items = id.and_then(|id| if id.tag() == Tag::TUPLE { self.ring.of(id) } else { None });
        if let Some([kind, class, key, location, numel, ..]) = items {
            let kind = contents.text(*kind, NAME);
            let class = if class.tag() == Tag::GLOBAL { all.globals.get(class.id()) } else { None };
            let key = contents.text(*key, NAME);
            let class = class
                .filter(|class| class.name.ends_with("Storage") || class.module == "torch")
                .map(|class| class.name.clone());
            if let (Some("storage"), Some(class), Some(key), true) = (kind.as_deref(), class, key, location.is_inert())
            {
                // Numbers of more than eight bytes, or none at all, are more than any record has.
                let numel = if numel.tag() == Tag::INT && numel.len <= 8 { numel.data } else { u64::MAX };
                let storage = Storage { class, key, numel, position: site.offset, data: None };
                return all
                    .storage(storage)
                    .map_or(Value::bare(Tag::STORAGE), |place| Value::new(Tag::STORAGE, place, 0, 0));
            }
        }
        // The container triple of files before torch 0.4: ("module", class, source file, source).
        if let Some([kind, class, ..]) = items
            && contents.text(*kind, NAME).as_deref() == Some("module")
            && class.tag() == Tag::GLOBAL
        {
            return *class;
        }
        let finding = Finding::new("PKL152", site.offset).fact("opcode", site.opcode);
        all.report(finding.detail("position", site.offset).detail("opcode", site.opcode));
        Value::bare(Tag::OPAQUE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_attributes_are_sorted() {
        assert!(SPECIAL_ATTRIBUTES.is_sorted());
        assert!(is_special_attribute("__setstate__"));
        assert!(!is_special_attribute("__version__"));
    }
}
