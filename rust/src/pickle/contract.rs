//! Contracts of callables that are safe only with the arguments frameworks give them.
//!
//! The names of the contracts stand in the safe tables: `call(partial)`, `call(getattr)` and so on.

use super::arrays;
use super::collector::Collector;
use super::globals::{Global, Site, Use};
use super::machine::{Halt, Machine, refer};
use super::text::{FROM_ESCAPED, FROM_TEXT, NAME};
use super::value::{Tag, Value};
use crate::finding::Finding;
use crate::rules::{Call, Rights, Verdict, canonical};
use crate::window::Window;

/// All contracts, sorted; a test holds the tables against this list.
#[cfg(test)]
pub(crate) const CONTRACTS: &[&str] = &[
    "array-with-state",
    "bytes-buffer",
    "codec-encode",
    "data-iterable",
    "default-factory",
    "getattr",
    "load-from-bytes",
    "method",
    "ndarray-reconstruct",
    "newobj",
    "partial",
    "random-ctor",
    "rebuild-from-type",
    "reconstructor",
    "subscript",
    "type-name",
    "type-of",
    "ufunc-reconstruct",
    "update-wrapper",
    "wrapper-subclass",
];

/// Codecs of `_codecs.encode` that turn text into the bytes it stands for.
const TEXT_CODECS: &[&str] = &["ascii", "iso-8859-1", "iso8859-1", "latin-1", "latin1", "utf-8", "utf8"];

/// What `dill._dill._load_type` may be asked for: types of data.
const DATA_TYPES: &[&str] = &[
    "bool",
    "bytearray",
    "bytes",
    "complex",
    "dict",
    "float",
    "frozenset",
    "int",
    "list",
    "object",
    "range",
    "set",
    "slice",
    "str",
    "tuple",
];

type Broken = &'static str;

impl Machine {
    /// Checks the contract of a safe callable and returns the result of the call.
    #[allow(clippy::too_many_arguments)] // The call as a whole: who, with what, where.
    pub(super) fn keep_contract(
        &mut self,
        contract: &str,
        number: u32,
        items: Option<&[Value]>,
        made: Value,
        site: Site,
        window: &Window,
        all: &mut Collector,
    ) -> Result<Value, Halt> {
        let kept = match items {
            Some(items) => self.contract(contract, items, made, site, window, all)?,
            None => Err("they are not written out where they are used"),
        };
        match kept {
            Ok(result) => Ok(result),
            Err(reason) => {
                let callable = all.globals.get(number).map(Global::path).unwrap_or_default();
                let finding = Finding::new("PKL133", site.offset).fact("callable", callable).fact("reason", reason);
                all.report(finding.detail("position", site.offset).detail("opcode", site.opcode));
                Ok(made)
            }
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn contract(
        &mut self,
        contract: &str,
        items: &[Value],
        made: Value,
        site: Site,
        window: &Window,
        all: &mut Collector,
    ) -> Result<Result<Value, Broken>, Halt> {
        Ok(match (contract, items) {
            ("codec-encode", [text, rest @ ..]) => self.encoded(*text, rest, window, all),
            ("reconstructor", [class, base, ..]) if class.tag() == Tag::GLOBAL && base.tag() == Tag::GLOBAL => {
                // `base.__new__(class, state)`, and for `object` without the state.
                let base = all.globals.get(base.id()).map(|base| canonical(&base.module, &base.name));
                let state = match base.as_deref() {
                    Some("builtins.object") => &[],
                    Some(base) if base.starts_with("builtins.") => items.get(2..).unwrap_or_default(),
                    _ => return Ok(Err("the base class is no builtin type")),
                };
                return self.construct(*class, state, site, window, all).map(Ok);
            }
            ("newobj", [class, rest @ ..]) if class.tag() == Tag::GLOBAL => {
                return self.construct(*class, rest, site, window, all).map(Ok);
            }
            ("default-factory", []) => Ok(made),
            ("default-factory", [factory, ..]) => is_factory(*factory, all).map(|()| made),
            ("partial", [function, rest @ ..]) => {
                let known = rest.iter().try_for_each(|item| is_known(*item, all)).map(|()| made);
                match function.tag() {
                    Tag::GLOBAL => known,
                    _ if is_partial(*function, all) => known,
                    _ if function.is_inert() => Err("the function is no function"),
                    _ => {
                        // A method, or another result of a call: stored here, and judged where something calls it.
                        let finding = Finding::new("PKL145", site.offset).detail("position", site.offset);
                        all.report(finding.detail("opcode", site.opcode));
                        Ok(made)
                    }
                }
            }
            // With more arguments the caller chooses which attributes of the function are replaced.
            ("update-wrapper", [wrapper, wrapped]) => {
                [wrapper, wrapped].into_iter().try_for_each(|item| is_named_or_safe(*item, all)).map(|()| made)
            }
            ("getattr", [object, name, ..]) => self.attribute(*object, *name, site, window, all),
            ("data-iterable", _) => {
                self.report_exhausting(items, made, site, all);
                items.iter().try_for_each(|item| is_data(*item, all)).map(|()| made)
            }
            ("type-name", [name]) => match self.contents(window, all).text(*name, NAME) {
                Some(name) if DATA_TYPES.contains(&name.as_str()) => Ok(refer("builtins", &name, site, all)),
                // Every other name is that of a type in the module types, or of nothing.
                Some(name) => Ok(refer("types", &name, site, all)),
                None => Err("the name is no constant"),
            },
            // A bound method: the function is judged by its name, and called by nobody yet.
            ("method", [function, instance]) if function.tag() == Tag::GLOBAL && instance.tag() != Tag::OPAQUE => {
                Ok(Value::bare(Tag::OPAQUE))
            }
            // Calls the function and sets the state of the array it makes.
            ("array-with-state", [function, arguments, state, ..]) if function.tag() == Tag::GLOBAL => {
                arrays::report_raw_objects(*state, &self.ring, site, all);
                return self.call(*function, *arguments, Use::Called, site, window, all).map(Ok);
            }
            // `type(None)` and the like; with three arguments it would make a class.
            ("type-of", [value]) if value.is_inert() || value.tag() == Tag::GLOBAL => Ok(made),
            // `typing.List[int]` is stored as a call of getitem; on anything else that is a walk through live objects.
            ("subscript", [generic, key]) if is_generic(*generic, all) => is_known(*key, all).map(|()| made),
            ("ndarray-reconstruct", [class, ..]) if class.tag() == Tag::GLOBAL => Ok(self.made(class.id(), *class)),
            ("random-ctor", [_, _, _, ..]) => Err("there are more than frameworks give"),
            ("random-ctor", _) => items.iter().try_for_each(|item| is_of_numpy_random(*item, all)).map(|()| made),
            // Imports the module and returns the attribute: as good as naming it.
            ("ufunc-reconstruct", [module, name]) => {
                let contents = self.contents(window, all);
                match (contents.text(*module, NAME), contents.text(*name, NAME)) {
                    (Some(module), Some(name)) => return Ok(Ok(refer(&module, &name, site, all))),
                    _ => Err("module and name are no constants"),
                }
            }
            ("rebuild-from-type", [function, class, arguments, ..])
                if function.tag() == Tag::GLOBAL && class.tag() == Tag::GLOBAL =>
            {
                // It never rebuilds itself, and calls inside calls without end would exhaust our own stack.
                let verdict = all.globals.get(function.id()).map(|function| function.verdict);
                if let Some(Verdict::Safe(rights)) = verdict
                    && rights.call == Call::Contract("rebuild-from-type")
                {
                    return Ok(Err("the function calls itself"));
                }
                return self.call(*function, *arguments, Use::Called, site, window, all).map(Ok);
            }
            ("wrapper-subclass", [class, ..]) if class.tag() == Tag::GLOBAL => Ok(self.made(class.id(), *class)),
            ("bytes-buffer" | "load-from-bytes", []) => Ok(made),
            ("bytes-buffer" | "load-from-bytes", [bytes, ..]) if bytes.is_inert() => {
                self.nest_bytes(*bytes, contract == "bytes-buffer", site, window, all);
                Ok(made)
            }
            _ => Err("they do not fit what frameworks write"),
        })
    }

    /// `cls.__new__(cls, ...)` through one of copyreg's functions.
    fn construct(
        &mut self,
        class: Value,
        items: &[Value],
        site: Site,
        window: &Window,
        all: &mut Collector,
    ) -> Result<Value, Halt> {
        let args = match self.ring.keep(items) {
            Some(position) => Value::new(Tag::TUPLE, 0, position, u32::try_from(items.len()).unwrap_or(0)),
            None => Value::bare(Tag::TUPLE),
        };
        self.call(class, args, Use::Constructed, site, window, all)
    }

    /// A size or range of billions, which the constructor of a container turns into as many items.
    fn report_exhausting(&self, items: &[Value], made: Value, site: Site, all: &mut Collector) {
        let range = items.first().filter(|item| {
            let global = if item.tag() == Tag::MADE { all.globals.get(item.id()) } else { None };
            global.is_some_and(|global| canonical(&global.module, &global.name) == "builtins.range")
        });
        let bounds = range.and_then(|range| self.ring.of(*range)).and_then(|detail| self.ring.of(*detail.get(1)?));
        if bounds.unwrap_or(items).iter().any(|item| is_huge(*item)) {
            let callable = all.globals.get(made.id()).map(Global::path).unwrap_or_default();
            let finding = Finding::new("PKL135", site.offset).fact("callable", callable);
            all.report(finding.detail("position", site.offset).detail("opcode", site.opcode));
        }
    }

    /// `_codecs.encode(text, 'latin1')`: the bytes that protocols 0 to 2 write as text.
    fn encoded(&self, text: Value, rest: &[Value], window: &Window, all: &Collector) -> Result<Value, Broken> {
        let codec = match rest.first() {
            None => Some("utf-8".to_owned()),
            Some(name) => self.contents(window, all).text(*name, NAME),
        };
        if !codec.is_some_and(|name| TEXT_CODECS.contains(&name.to_ascii_lowercase().replace('_', "-").as_str())) {
            return Err("the codec does more than encode text");
        }
        Ok(match text.tag() {
            Tag::TEXT => Value::new(Tag::BYTES, FROM_TEXT, text.data, text.len),
            Tag::ESCAPED => Value::new(Tag::BYTES, FROM_ESCAPED, text.data, text.len),
            Tag::COMPUTED => text,
            _ if text.is_inert() => Value::bare(Tag::BYTES),
            _ => return Err("what is encoded is no constant"),
        })
    }

    /// `getattr(object, name)`: resolved where both are constant; what it gives is never called in silence.
    fn attribute(
        &mut self,
        object: Value,
        name: Value,
        site: Site,
        window: &Window,
        all: &mut Collector,
    ) -> Result<Value, Broken> {
        let Some(name) = self.contents(window, all).text(name, NAME) else {
            return Err("the attribute is not named by a constant");
        };
        let global = match object.tag() {
            Tag::GLOBAL | Tag::MADE => all.globals.get(object.id()),
            _ if object.is_inert() => return Ok(Value::bare(Tag::OPAQUE)),
            _ => return Err("the object is computed at load time"),
        };
        let Some(global) = global else { return Err("the object is computed at load time") };
        if object.tag() == Tag::MADE {
            if let Some(module) = self.imported(object, window, all) {
                return Ok(refer(&module, &name, site, all));
            }
            if global.is_suspicious() || name.starts_with("__") {
                return Err("an attribute of the result of a call");
            }
            return Ok(Value::bare(Tag::OPAQUE));
        }
        let (module, path) = (global.module.clone(), format!("{}.{name}", global.name));
        let is_listed = !matches!(crate::rules::judge(&module, &path), Verdict::Unknown | Verdict::WalksOut);
        if is_listed || global.is_suspicious() {
            return Ok(refer(&module, &path, site, all));
        }
        if name.starts_with('_') {
            return Err("the attribute is a private or special one");
        }
        Ok(Value::bare(Tag::OPAQUE))
    }

    /// The module that an import function with a constant argument returns.
    fn imported(&self, made: Value, window: &Window, all: &Collector) -> Option<String> {
        const IMPORTS: [&str; 3] = ["builtins.__import__", "importlib.import_module", "importlib.__import__"];
        let global = all.globals.get(made.id())?;
        if !IMPORTS.contains(&canonical(&global.module, &global.name).as_str()) {
            return None;
        }
        let [_, args] = self.ring.of(made)? else { return None };
        self.contents(window, all).text(*self.ring.of(*args)?.first()?, NAME)
    }
}

/// Plain data, or what a safe callable made of it: nothing that runs when it is iterated.
fn is_data(value: Value, all: &Collector) -> Result<(), Broken> {
    match value.tag() {
        Tag::DTYPE | Tag::TENSOR | Tag::STORAGE => Ok(()),
        Tag::MADE if all.globals.get(value.id()).is_some_and(|global| !global.is_suspicious()) => Ok(()),
        _ if value.is_inert() => Ok(()),
        _ => Err("an argument is no plain data"),
    }
}

/// Data or a named callable (which was judged where it is named), but nothing computed.
fn is_known(value: Value, all: &Collector) -> Result<(), Broken> {
    if value.tag() == Tag::GLOBAL { Ok(()) } else { is_data(value, all) }
}

fn is_named_or_safe(value: Value, all: &Collector) -> Result<(), Broken> {
    match value.tag() {
        Tag::GLOBAL => Ok(()),
        Tag::MADE if all.globals.get(value.id()).is_some_and(|global| !global.is_suspicious()) => Ok(()),
        _ if value.is_inert() => Ok(()),
        _ => Err("an argument is computed at load time"),
    }
}

/// What numpy's own pickles give to the constructors of random generators, which call a class and a function given to
/// them: a name, or something of `numpy.random`.
fn is_of_numpy_random(value: Value, all: &Collector) -> Result<(), Broken> {
    let is_listed = all.globals.get(value.id()).is_some_and(|global| {
        !global.is_suspicious() && canonical(&global.module, &global.name).starts_with("numpy.random.")
    });
    match value.tag() {
        Tag::GLOBAL | Tag::MADE if is_listed => Ok(()),
        _ if value.is_inert() => Ok(()),
        _ => Err("an argument is nothing of numpy.random"),
    }
}

/// A number beyond what containers of honest files hold: 2**31 items.
fn is_huge(value: Value) -> bool {
    let magnitude = value.data.cast_signed().unsigned_abs();
    value.tag() == Tag::INT && (!value.has_detail() || value.len > 8 || magnitude > 1 << 31)
}

/// A name of the typing module or a builtin container, which take other types in brackets.
fn is_generic(value: Value, all: &Collector) -> bool {
    let global = if value.tag() == Tag::GLOBAL { all.globals.get(value.id()) } else { None };
    global.is_some_and(|global| {
        let path = canonical(&global.module, &global.name);
        !global.is_suspicious() && (path.starts_with("typing.") || path.starts_with("builtins."))
    })
}

/// A function with some of its arguments, which was judged when it was made.
fn is_partial(value: Value, all: &Collector) -> bool {
    let verdict = all.globals.get(value.id()).map(|global| global.verdict);
    let is_made = |rights: Rights| rights.call == Call::Contract("partial") && value.tag() == Tag::MADE;
    matches!(verdict, Some(Verdict::Safe(rights)) if is_made(rights))
}

/// What a defaultdict may call for a missing key: nothing, a class that may be called, or a partial of one.
fn is_factory(value: Value, all: &Collector) -> Result<(), Broken> {
    let verdict = all.globals.get(value.id()).map(|global| global.verdict);
    match (value.tag(), verdict) {
        (Tag::NONE, _) => Ok(()),
        // Named and judged: a suspicious one is reported where it stands, a safe one has to be callable.
        (Tag::GLOBAL, Some(Verdict::Safe(rights))) if rights.call == Call::Never => {
            Err("the factory is a function that is never called")
        }
        (Tag::GLOBAL, Some(_)) => Ok(()),
        _ if is_partial(value, all) => Ok(()),
        _ => Err("the factory is computed at load time"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted() {
        for list in [CONTRACTS, TEXT_CODECS, DATA_TYPES] {
            assert!(list.is_sorted(), "{list:?}");
        }
    }
}
