//! Raw array data inside a pickle stream, as joblib writes it, and the numpy dtypes that give its size.
//!
//! Source: joblib, `numpy_pickle.py`: after BUILD of a `NumpyArrayWrapper` the array's bytes follow in the stream,
//! after optional padding; arrays of objects follow as a pickle of their own.

use super::collector::{Collector, Dtype};
use super::globals::Site;
use super::ring::Ring;
use super::text::{Contents, NAME};
use super::value::{ALIASED, OBJECT_FIELDS, Tag, Value};
use crate::finding::Finding;

/// Array bytes that follow an opcode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Raw {
    /// One byte tells how many bytes of padding come before the data (joblib 1.2 and later).
    pub(crate) padded: bool,
    /// The bytes of the array; `None` where shape or dtype could not be told.
    pub(crate) size: Option<u64>,
}

/// What follows the BUILD of an array wrapper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Array {
    Raw(Raw),
    Objects,
    /// The wrapper is built as joblib never does: what it reads is decided by something that is not in sight.
    Forged,
}

/// Modules under which joblib's wrapper class is found, the last one in scikit-learn before 0.23.
const WRAPPERS: [&str; 2] = ["joblib.numpy_pickle", "sklearn.externals.joblib.numpy_pickle"];

/// What follows in the stream when `state` is built into `target`, if that is joblib's array wrapper. A dict that was
/// changed through another reference does not hold what its entries on the stack say.
pub(crate) fn raw_array(
    target: Value,
    state: Value,
    is_aliased: bool,
    ring: &Ring,
    contents: &Contents<'_>,
) -> Option<Array> {
    let global = contents.collector.globals.get(target.id())?;
    if global.name != "NumpyArrayWrapper" || !WRAPPERS.contains(&global.module.as_str()) {
        return None;
    }
    let is_own_dict = state.tag() == Tag::DICT && state.id() & ALIASED == 0;
    let Some(entries) = ring.of(state).filter(|_| is_own_dict && !is_aliased) else { return Some(Array::Forged) };
    let (mut shape, mut dtype, mut is_padded) = (None, None, false);
    for pair in entries.chunks_exact(2) {
        let [key, value] = pair else { continue };
        match contents.text(*key, NAME).as_deref() {
            Some("shape") => shape = elements(*value, ring),
            Some("dtype") => dtype = Some(*value),
            Some("numpy_array_alignment_bytes") => is_padded = value.tag() != Tag::NONE,
            _ => {}
        }
    }
    let (Some(count), Some(dtype)) = (shape, dtype) else { return Some(Array::Forged) };
    let known = if dtype.tag() == Tag::DTYPE { contents.collector.dtypes.get(dtype.id() as usize) } else { None };
    if known.is_some_and(|dtype| dtype.has_object) {
        return Some(Array::Objects);
    }
    let size = known.and_then(|dtype| dtype.itemsize?.checked_mul(count));
    Some(Array::Raw(Raw { padded: is_padded, size }))
}

/// A dtype of which nothing is known.
const UNKNOWN: Dtype = Dtype { itemsize: None, has_object: false, flexible: false, built: false };

/// Builtin classes that numpy has an element type for.
const DATA_CLASSES: [&str; 8] = ["bool", "bytes", "complex", "float", "int", "long", "str", "unicode"];

/// The product of a shape, as long as numpy's 64-bit arithmetic does not wrap around.
fn elements(shape: Value, ring: &Ring) -> Option<u64> {
    let dimensions = match shape.tag() {
        Tag::INT => &[shape][..],
        Tag::TUPLE => ring.of(shape)?,
        _ => return None,
    };
    let product = dimensions.iter().try_fold(1_i64, |product, dimension| {
        let size =
            i64::try_from(dimension.data).ok().filter(|_| dimension.tag() == Tag::INT && dimension.has_detail())?;
        product.checked_mul(size)
    });
    product.and_then(|product| u64::try_from(product).ok())
}

/// The dtype that a call of `numpy.dtype` makes.
pub(crate) fn dtype(number: u32, args: &[Value], contents: &Contents<'_>) -> Option<Dtype> {
    let global = contents.collector.globals.get(number)?;
    if global.name != "dtype" || global.module != "numpy" {
        return None;
    }
    let Some(code) = args.first() else { return Some(UNKNOWN) };
    if code.tag() == Tag::GLOBAL {
        // Any class but those of numbers and text stands for arrays of objects.
        let class = contents.collector.globals.get(code.id())?;
        let is_data = match class.module.as_str() {
            "numpy" => class.name != "object_",
            "builtins" | "__builtin__" => DATA_CLASSES.contains(&class.name.as_str()),
            _ => false,
        };
        return Some(Dtype { has_object: !is_data, ..UNKNOWN });
    }
    Some(from_code(&contents.text(*code, NAME)?))
}

/// Reads a code such as `f8`, `<U10`, `V16`, `M8[ns]`, `O8`; codes of several fields are not what numpy pickles.
fn from_code(code: &str) -> Dtype {
    let code = code.trim_start_matches(['<', '>', '=', '|', '!']);
    let kind = code.chars().next().unwrap_or(' ');
    let digits = code.get(kind.len_utf8()..).unwrap_or_default();
    let digits = if matches!(kind, 'M' | 'm') { digits.split('[').next().unwrap_or_default() } else { digits };
    let number = if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse::<u64>().ok() } else { None };
    let itemsize = match kind {
        'U' => number.and_then(|letters| letters.checked_mul(4)),
        'b' | 'B' | '?' | 'i' | 'u' | 'f' | 'c' | 'S' | 'a' | 'V' | 'M' | 'm' => number,
        _ => None,
    };
    let has_object = code.contains('O') && !code.contains('[');
    Dtype { itemsize, has_object, flexible: matches!(kind, 'V' | 'S' | 'a' | 'U'), built: false }
}

/// Adds a dtype to the list, sharing entries that no BUILD will change.
pub(crate) fn add_dtype(dtype: Dtype, all: &mut Collector) -> Value {
    let place = match all.dtypes.iter().take(64).position(|known| *known == dtype) {
        // A flexible dtype learns from its BUILD: it gets an entry of its own.
        Some(place) if !dtype.flexible => place,
        _ if all.dtypes.len() < all.limits.tensors => {
            all.dtypes.push(dtype);
            all.dtypes.len() - 1
        }
        _ => return Value::bare(Tag::OPAQUE),
    };
    Value::new(Tag::DTYPE, u32::try_from(place).unwrap_or(0), 0, 0)
}

/// BUILD of a dtype. Item 4 of the state holds the fields, item 5 the size of a flexible type, item 7 flags, of which bit
/// 0 says that elements are objects (`NPY_ITEM_REFCOUNT` in numpy's `ndarraytypes.h`). numpy believes the last state it
/// gets, whatever the code said (`arraydescr_setstate` in `descriptor.c`).
pub(crate) fn build_dtype(target: Value, state: Value, ring: &Ring, site: Site, all: &mut Collector) {
    let items = ring.of(state).filter(|_| state.tag() == Tag::TUPLE).unwrap_or_default();
    let Some(dtype) = all.dtypes.get_mut(target.id() as usize) else { return };
    let flags = items.get(7).filter(|value| value.tag() == Tag::INT).map(|flags| flags.data & 1 == 1);
    let size = items.get(5).filter(|value| value.tag() == Tag::INT).map(|size| size.data);
    let is_marked = |fields: &Value| fields.tag() == Tag::DICT && fields.id() & OBJECT_FIELDS != 0;
    let holds_objects = dtype.has_object || items.get(4).is_some_and(is_marked);
    let is_plain = [2, 4].iter().all(|place| items.get(*place).is_none_or(|part| part.tag() == Tag::NONE));
    if dtype.flexible {
        // A second state may come from anywhere.
        let is_first = !dtype.built;
        dtype.itemsize = size.filter(|size| is_first && i64::try_from(*size).is_ok());
    }
    dtype.built = true;
    dtype.has_object = holds_objects || flags == Some(true);
    // A type without parts holds objects if its code says so; one with parts, if a part does.
    if holds_objects && flags == Some(false) || !holds_objects && flags == Some(true) && is_plain {
        report_objects("the flags of the dtype say otherwise", site, all);
    }
}

/// Whether a value of a dict is the description of a field, `(dtype, offset)`, whose elements are Python objects.
pub(crate) fn is_object_field(value: Value, ring: &Ring, all: &Collector) -> bool {
    let dtype = ring.of(value).and_then(<[Value]>::first).filter(|first| first.tag() == Tag::DTYPE);
    dtype.and_then(|dtype| all.dtypes.get(dtype.id() as usize)).is_some_and(|dtype| dtype.has_object)
}

/// Reports the state of an array, `(version, shape, dtype, order, data)`, that fills an array of objects with raw bytes:
/// they would be taken for pointers. Source: `array_setstate` in numpy's `methods.c`, which trusts the dtype's flags.
pub(crate) fn report_raw_objects(state: Value, ring: &Ring, site: Site, all: &mut Collector) {
    let Some([.., dtype, _, data]) = ring.of(state).filter(|items| matches!(items.len(), 4 | 5)) else { return };
    let has_object =
        dtype.tag() == Tag::DTYPE && all.dtypes.get(dtype.id() as usize).is_some_and(|dtype| dtype.has_object);
    if has_object && ((Tag::TEXT..=Tag::BYTEARRAY).contains(&data.tag()) || data.tag() == Tag::COMPUTED) {
        report_objects("raw bytes are given for them", site, all);
    }
}

fn report_objects(reason: &'static str, site: Site, all: &mut Collector) {
    let finding = Finding::new("PKL172", site.offset).fact("reason", reason);
    all.report(finding.detail("position", site.offset).detail("opcode", site.opcode));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_give_sizes() {
        for (code, size) in [("f8", 8), ("<U10", 40), ("V16", 16), ("M8[ns]", 8), ("|b1", 1), ("c16", 16), ("S5", 5)] {
            assert_eq!((from_code(code).itemsize, from_code(code).has_object), (Some(size), false), "{code}");
        }
        assert!(from_code("O8").has_object);
        for several in ["i4,i4", "<f8,<f8", "i4,", "8i4", "(2,)f8"] {
            assert_eq!(from_code(several).itemsize, None, "{several}");
        }
        assert!(from_code("i4,O").has_object);
        assert_eq!(from_code("f").itemsize, None);
    }
}
