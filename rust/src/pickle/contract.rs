//! Contracts of callables that are safe only with the arguments frameworks give them, and the data that calls compute.
//!
//! The names of the contracts stand in the safe tables: `call(partial)`, `call(getattr)` and so on.

use super::collector::Collector;
use super::globals::{Global, Site, Use};
use super::machine::{Halt, Machine, refer};
use super::text::{FROM_ESCAPED, FROM_TEXT, NAME};
use super::value::{Tag, Value};
use crate::codec::Codec;
use crate::finding::Finding;
use crate::rules::{Call, Verdict, canonical};
use crate::source::Source;
use crate::window::Window;

/// All contracts, sorted; a test holds the tables against this list.
#[cfg(test)]
pub(crate) const CONTRACTS: &[&str] = &[
    "bytes-buffer",
    "codec-encode",
    "data-iterable",
    "default-factory",
    "getattr",
    "load-from-bytes",
    "ndarray-reconstruct",
    "newobj",
    "partial",
    "random-ctor",
    "rebuild-from-type",
    "reconstructor",
    "subscript",
    "type-name",
    "type-of",
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

/// Callables that load a pickle from the bytes of their first argument, by canonical path.
const LOADERS: &[&str] = &[
    "_pickle.loads",
    "cloudpickle.cloudpickle.loads",
    "cloudpickle.loads",
    "dill._dill.loads",
    "dill.loads",
    "io.BytesIO",
    "joblib.load",
    "pickle._loads",
    "pickle.loads",
    "torch.load",
    "torch.serialization.load",
    "torch.storage._load_from_bytes",
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
            ("partial", [function, rest @ ..]) => match function.tag() {
                Tag::GLOBAL => rest.iter().try_for_each(|item| is_known(*item, all)).map(|()| made),
                _ => Err("the function is not named but computed"),
            },
            ("update-wrapper", [wrapper, wrapped, ..]) => {
                [wrapper, wrapped].into_iter().try_for_each(|item| is_named_or_safe(*item, all)).map(|()| made)
            }
            ("getattr", [object, name, ..]) => return self.attribute(*object, *name, site, window, all),
            ("data-iterable", _) => items.iter().try_for_each(|item| is_data(*item, all)).map(|()| made),
            ("type-name", [name]) => match self.contents(window, all).text(*name, NAME) {
                Some(name) if DATA_TYPES.contains(&name.as_str()) => {
                    return refer("builtins", &name, site, all).map(Ok);
                }
                _ => Err("the name is not that of a type of data"),
            },
            // `type(None)` and the like; with three arguments it would make a class.
            ("type-of", [value]) if value.is_inert() || value.tag() == Tag::GLOBAL => Ok(made),
            // `typing.List[int]` is stored as a call of getitem; on anything else that is a walk through live objects.
            ("subscript", [generic, key]) if is_generic(*generic, all) => is_known(*key, all).map(|()| made),
            ("ndarray-reconstruct", [class, ..]) if class.tag() == Tag::GLOBAL => Ok(self.made(class.id(), *class)),
            ("random-ctor", _) => items.iter().try_for_each(|item| is_named_or_safe(*item, all)).map(|()| made),
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
                self.nest_bytes(*bytes, site, window, all);
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
    ) -> Result<Result<Value, Broken>, Halt> {
        let Some(name) = self.contents(window, all).text(name, NAME) else {
            return Ok(Err("the attribute is not named by a constant"));
        };
        let global = match object.tag() {
            Tag::GLOBAL | Tag::MADE => all.globals.get(object.id()),
            _ if object.is_inert() => return Ok(Ok(Value::bare(Tag::OPAQUE))),
            _ => return Ok(Err("the object is computed at load time")),
        };
        let Some(global) = global else { return Ok(Err("the object is computed at load time")) };
        if object.tag() == Tag::MADE {
            if let Some(module) = self.imported(object, window, all) {
                return refer(&module, &name, site, all).map(Ok);
            }
            if global.is_suspicious() || name.starts_with("__") {
                return Ok(Err("an attribute of the result of a call"));
            }
            return Ok(Ok(Value::bare(Tag::OPAQUE)));
        }
        let (module, path) = (global.module.clone(), format!("{}.{name}", global.name));
        let is_listed = !matches!(crate::rules::judge(&module, &path), Verdict::Unknown | Verdict::WalksOut);
        if is_listed || global.is_suspicious() {
            return refer(&module, &path, site, all).map(Ok);
        }
        if name.starts_with('_') {
            return Ok(Err("the attribute is a private or special one"));
        }
        Ok(Ok(Value::bare(Tag::OPAQUE)))
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

    /// Follows constants through a suspicious callable: decoders are computed, loaders hand their bytes on.
    pub(super) fn follow_data(
        &mut self,
        number: u32,
        items: &[Value],
        site: Site,
        window: &Window,
        all: &mut Collector,
    ) -> Option<Value> {
        let global = all.globals.get(number)?;
        let path = canonical(&global.module, &global.name);
        let first = *items.first()?;
        if LOADERS.contains(&path.as_str()) {
            let mut bytes = first;
            if bytes.tag() == Tag::MADE {
                // joblib.load(BytesIO(...)): the buffer's bytes were handed on when it was made.
                bytes = Value::bare(Tag::NONE);
            }
            if bytes.is_inert() {
                self.nest_bytes(bytes, site, window, all);
            }
            return None;
        }
        let decode: fn(&[u8]) -> Option<Vec<u8>> = match path.as_str() {
            "base64.b64decode"
            | "base64.decodebytes"
            | "base64.standard_b64decode"
            | "base64.urlsafe_b64decode"
            | "binascii.a2b_base64" => base64,
            "base64.b16decode" | "binascii.a2b_hex" | "binascii.unhexlify" | "builtins.bytes.fromhex" => hexadecimal,
            "zlib.decompress" => |bytes| inflate(bytes, Codec::Zlib),
            "gzip.decompress" => |bytes| inflate(bytes, Codec::Gzip),
            "bz2.decompress" => |bytes| inflate(bytes, Codec::Bz2),
            "lzma.decompress" => |bytes| inflate(bytes, Codec::Xz).or_else(|| inflate(bytes, Codec::Lzma)),
            _ => return None,
        };
        let encoded = self.contents(window, all).bytes(first, all.limits.computed)?;
        let decoded = decode(&encoded)?;
        Some(all.compute(decoded, false))
    }

    /// Hands the bytes of a constant on, to be scanned as a file of their own.
    fn nest_bytes(&self, bytes: Value, site: Site, window: &Window, all: &mut Collector) {
        let raw = matches!(bytes.tag(), Tag::BYTES | Tag::BYTEARRAY) && bytes.id() == 0 || bytes.tag() == Tag::STRING;
        if raw && bytes.has_detail() {
            let part = all.source.slice(bytes.data, u64::from(bytes.len));
            all.nest(site.offset, part);
            return;
        }
        if bytes.tag() == Tag::NONE {
            return;
        }
        if let Some(content) = self.contents(window, all).bytes(bytes, all.limits.computed) {
            all.nest(site.offset, Source::from_bytes(content));
        } else {
            let limit = "bytes for a loader whose content is no longer at hand";
            all.report(Finding::new("PKL204", site.offset).fact("limit", limit));
        }
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

/// A name of the typing module or a builtin container, which take other types in brackets.
fn is_generic(value: Value, all: &Collector) -> bool {
    let global = if value.tag() == Tag::GLOBAL { all.globals.get(value.id()) } else { None };
    global.is_some_and(|global| {
        let path = canonical(&global.module, &global.name);
        !global.is_suspicious() && (path.starts_with("typing.") || path.starts_with("builtins."))
    })
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
        (Tag::MADE, Some(Verdict::Safe(rights))) if rights.call == Call::Contract("partial") => Ok(()),
        _ => Err("the factory is computed at load time"),
    }
}

fn inflate(bytes: &[u8], codec: Codec) -> Option<Vec<u8>> {
    const MOST: usize = 16 << 20;
    Source::from_bytes(bytes.to_vec())
        .decode(codec, MOST as u64)
        .read(0, MOST)
        .ok()
        .filter(|decoded| !decoded.is_empty())
}

fn hexadecimal(text: &[u8]) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.iter().filter(|byte| !byte.is_ascii_whitespace()).copied().collect();
    let pair = |pair: &[u8]| match pair {
        [high, low] => u8::try_from(char::from(*high).to_digit(16)? * 16 + char::from(*low).to_digit(16)?).ok(),
        _ => None,
    };
    digits.chunks(2).map(pair).collect()
}

/// Decodes base64 of either alphabet; other letters are skipped, as Python's decoder does.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let (mut out, mut bits, mut count) = (Vec::with_capacity(text.len() / 4 * 3), 0_u32, 0);
    for byte in text {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => break,
            _ => continue,
        };
        bits = (bits << 6) | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 0xff) as u8);
            bits &= (1 << count) - 1;
        }
    }
    if out.is_empty() { None } else { Some(out) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted() {
        for list in [CONTRACTS, TEXT_CODECS, DATA_TYPES, LOADERS] {
            assert!(list.is_sorted(), "{list:?}");
        }
    }

    #[test]
    fn encodings_are_undone() {
        assert_eq!(base64(b"aGVs\nbG8="), Some(b"hello".to_vec()));
        assert_eq!(hexadecimal(b"68 65"), Some(b"he".to_vec()));
        assert_eq!(hexadecimal(b"6"), None);
    }
}
