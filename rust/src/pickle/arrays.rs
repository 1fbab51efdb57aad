//! Raw array data inside a pickle stream, as joblib writes it, and the numpy dtypes that give its size.
//!
//! Source: joblib, `numpy_pickle.py`: after BUILD of a `NumpyArrayWrapper` the array's bytes follow in the stream,
//! after optional padding; arrays of objects follow as a pickle of their own.

use super::collector::{Collector, Dtype};
use super::globals::Site;
use super::ring::Ring;
use super::text::{Contents, NAME};
use super::value::{OBJECT_FIELDS, Tag, Value};
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
}

/// Modules under which joblib's wrapper class is found, the last one in scikit-learn before 0.23.
const WRAPPERS: [&str; 2] = ["joblib.numpy_pickle", "sklearn.externals.joblib.numpy_pickle"];

/// What follows in the stream when `state` is built into `target`, if that is joblib's array wrapper.
pub(crate) fn raw_array(target: Value, state: Value, ring: &Ring, contents: &Contents<'_>) -> Option<Array> {
    let global = contents.collector.globals.get(target.id())?;
    if global.name != "NumpyArrayWrapper" || !WRAPPERS.contains(&global.module.as_str()) {
        return None;
    }
    let entries = if state.tag() == Tag::DICT { ring.of(state).unwrap_or_default() } else { &[] };
    let (mut shape, mut dtype, mut alignment) = (None, None, None);
    for pair in entries.chunks_exact(2) {
        let [key, value] = pair else { continue };
        match contents.text(*key, NAME).as_deref() {
            Some("shape") => shape = elements(*value, ring),
            Some("dtype") if value.tag() == Tag::DTYPE => dtype = contents.collector.dtypes.get(value.id() as usize),
            Some("numpy_array_alignment_bytes") => alignment = Some(*value),
            _ => {}
        }
    }
    if dtype.is_some_and(|dtype| dtype.has_object) {
        return Some(Array::Objects);
    }
    let size = dtype.and_then(|dtype| dtype.itemsize).zip(shape).and_then(|(item, count)| item.checked_mul(count));
    let padded = alignment.is_some_and(|value| value.tag() == Tag::INT);
    Some(Array::Raw(Raw { padded, size }))
}

/// A dtype of which nothing is known.
const UNKNOWN: Dtype = Dtype { itemsize: None, has_object: false, structured: false };

/// The product of a shape.
fn elements(shape: Value, ring: &Ring) -> Option<u64> {
    if shape.tag() == Tag::INT {
        return Some(shape.data);
    }
    if shape.tag() != Tag::TUPLE {
        return None;
    }
    ring.of(shape)?.iter().try_fold(1_u64, |product, dimension| {
        if dimension.tag() == Tag::INT { product.checked_mul(dimension.data) } else { None }
    })
}

/// The dtype that a call of `numpy.dtype` makes.
pub(crate) fn dtype(number: u32, args: &[Value], contents: &Contents<'_>) -> Option<Dtype> {
    let global = contents.collector.globals.get(number)?;
    if global.name != "dtype" || global.module != "numpy" {
        return None;
    }
    let Some(code) = args.first() else { return Some(UNKNOWN) };
    if code.tag() == Tag::GLOBAL {
        // `dtype(object)` and the like: the class decides, only `object` holds objects.
        let is_object = contents.collector.globals.get(code.id()).is_some_and(|class| class.name.starts_with("object"));
        return Some(Dtype { has_object: is_object, ..UNKNOWN });
    }
    Some(from_code(&contents.text(*code, NAME)?))
}

/// Reads a code such as `f8`, `<U10`, `V16`, `M8[ns]`, `O8`.
fn from_code(code: &str) -> Dtype {
    let code = code.trim_start_matches(['<', '>', '=', '|', '!']);
    let mut letters = code.chars();
    let kind = letters.next().unwrap_or(' ');
    let digits: String = letters.take_while(char::is_ascii_digit).collect();
    let number = digits.parse::<u64>().ok();
    let itemsize = match kind {
        'U' => number.and_then(|letters| letters.checked_mul(4)),
        'b' | 'B' | '?' | 'i' | 'u' | 'f' | 'c' | 'S' | 'a' | 'V' | 'M' | 'm' => number,
        _ => None,
    };
    Dtype { itemsize, has_object: kind == 'O', structured: kind == 'V' }
}

/// Adds a dtype to the list, sharing entries that no BUILD will change.
pub(crate) fn add_dtype(dtype: Dtype, all: &mut Collector) -> Value {
    let place = match all.dtypes.iter().take(64).position(|known| *known == dtype) {
        // A structured dtype learns from its BUILD whether it holds objects: it gets an entry of its own.
        Some(place) if !dtype.structured => place,
        _ if all.dtypes.len() < all.limits.tensors => {
            all.dtypes.push(dtype);
            all.dtypes.len() - 1
        }
        _ => return Value::bare(Tag::OPAQUE),
    };
    Value::new(Tag::DTYPE, u32::try_from(place).unwrap_or(0), 0, 0)
}

/// BUILD of a dtype: item 7 of the state holds flags, of which bit 0 says that elements are objects
/// (`NPY_ITEM_REFCOUNT` in numpy's `ndarraytypes.h`); item 5 the size of a structured or string type.
pub(crate) fn build_dtype(target: Value, state: Value, ring: &Ring, site: Site, all: &mut Collector) {
    let Some(items) = ring.of(state).filter(|_| state.tag() == Tag::TUPLE) else { return };
    let flags = items.get(7).filter(|value| value.tag() == Tag::INT);
    let holds_objects =
        items.get(4).is_some_and(|fields| fields.tag() == Tag::DICT && fields.id() & OBJECT_FIELDS != 0);
    if holds_objects && flags.is_none_or(|flags| flags.data & 1 == 0) {
        report_objects("the flags of a structured type deny it", site, all);
    }
    let Some(dtype) = all.dtypes.get_mut(target.id() as usize) else { return };
    dtype.has_object |= holds_objects;
    if !dtype.structured {
        return;
    }
    if let Some(flags) = flags {
        dtype.has_object |= flags.data & 1 == 1;
    }
    if let Some(size) = items.get(5).filter(|value| value.tag() == Tag::INT)
        && dtype.itemsize.is_none()
    {
        dtype.itemsize =
            i64::try_from(size.data).ok().filter(|size| *size > 0).and_then(|size| u64::try_from(size).ok());
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
        assert_eq!(from_code("f").itemsize, None);
    }
}
