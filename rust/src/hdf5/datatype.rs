//! Datatypes and dataspaces: how large an element is, whether it is text or bytes, and how many there are.

use super::fault::Read;
use super::file::Cursor;

/// Datatypes inside each other. Honest ones have three.
const DEPTH: usize = 8;

/// What an element holds, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Element {
    /// Text of a fixed size.
    Text,
    /// Text in the global heap.
    VariableText,
    /// A sequence of single bytes in the global heap.
    VariableBytes,
    /// Bytes without a meaning, or numbers of one byte each.
    Bytes,
    /// Numbers, and all else.
    Other,
}

/// A datatype.
#[derive(Debug, Clone)]
pub(super) struct Datatype {
    /// Bytes of one element.
    pub(super) size: u64,
    /// Bytes of one value: an element that is an array has several.
    pub(super) unit: u64,
    pub(super) element: Element,
    /// How it is called, as numpy writes it where that has a name for it.
    pub(super) name: String,
}

/// Reads a datatype.
pub(super) fn datatype(cursor: &mut Cursor) -> Read<Datatype> {
    nested(cursor, 0)
}

fn nested(cursor: &mut Cursor, depth: usize) -> Read<Datatype> {
    let first = cursor.u8()?;
    let bits = u32::try_from(cursor.uint(3)?).unwrap_or(0);
    let size = u64::from(cursor.u32()?);
    let big = bits & 1 != 0;
    let order = if size == 1 {
        "|"
    } else if big {
        ">"
    } else {
        "<"
    };
    let (element, name) = match first & 0x0f {
        0 => {
            let sign = if bits & 8 == 0 { "u" } else { "i" };
            (if size == 1 { Element::Bytes } else { Element::Other }, format!("{order}{sign}{size}"))
        }
        1 => (Element::Other, float(cursor, order, size)?),
        2 => (Element::Other, format!("time{size}")),
        3 => (Element::Text, format!("S{size}")),
        4 => (if size == 1 { Element::Bytes } else { Element::Other }, format!("bits{size}")),
        5 => (Element::Bytes, format!("V{size}")),
        6 => (Element::Other, format!("compound({size})")),
        7 => (Element::Other, "ref".to_owned()),
        8..=11 => return derived(cursor, first, bits, size, depth),
        _ => return Err(cursor.unknown()),
    };
    Ok(Datatype { size, unit: size, element, name })
}

/// Enumerations, sequences, arrays and complex numbers, which are made of another type.
fn derived(cursor: &mut Cursor, first: u8, bits: u32, size: u64, depth: usize) -> Read<Datatype> {
    let (class, version) = (first & 0x0f, first >> 4);
    if class == 9 && bits & 0x0f == 1 {
        return Ok(Datatype { size, unit: size, element: Element::VariableText, name: "str".to_owned() });
    }
    if depth >= DEPTH {
        return Err(cursor.broken("its types lie too deep in each other"));
    }
    if class == 10 {
        let rank = usize::from(cursor.u8()?);
        cursor.take(if version < 3 { 3 } else { 0 })?;
        cursor.take(rank * if version < 3 { 8 } else { 4 })?;
    }
    let base = nested(cursor, depth + 1)?;
    let (element, name) = match class {
        8 => (Element::Other, format!("enum({})", base.name)),
        9 if base.element == Element::Bytes => (Element::VariableBytes, format!("vlen({})", base.name)),
        9 => (Element::Other, format!("vlen({})", base.name)),
        10 => (base.element, format!("array({},{size})", base.name)),
        _ => (Element::Other, format!("complex({})", base.name)),
    };
    let unit = if class == 10 { base.unit } else { size };
    Ok(Datatype { size, unit, element, name })
}

fn float(cursor: &mut Cursor, order: &str, size: u64) -> Read<String> {
    cursor.take(4)?;
    cursor.u8()?;
    let exponent = cursor.u8()?;
    Ok(match (size, exponent) {
        (2, 8) => "bfloat16".to_owned(),
        (1, _) => format!("float8({exponent})"),
        _ => format!("{order}f{size}"),
    })
}

/// How many elements there are in each direction.
#[derive(Debug, Clone, Default)]
pub(super) struct Space {
    pub(super) extents: Vec<u64>,
    /// How far each may grow; the largest number for one without an end.
    pub(super) most: Vec<u64>,
    /// Whether there are no elements, whatever the extents are.
    pub(super) empty: bool,
}

/// Reads a dataspace.
pub(super) fn dataspace(cursor: &mut Cursor) -> Read<Space> {
    let version = cursor.u8()?;
    let rank = cursor.u8()?;
    let flags = cursor.u8()?;
    let empty = match version {
        1 => {
            cursor.take(5)?;
            false
        }
        2 => cursor.u8()? == 2,
        _ => return Err(cursor.unknown()),
    };
    if empty {
        return Ok(Space { empty, ..Space::default() });
    }
    let extents: Vec<u64> = (0..rank).map(|_| cursor.length()).collect::<Read<_>>()?;
    let mut most = extents.clone();
    if flags & 1 != 0 {
        for most in &mut most {
            *most = cursor.address()?.unwrap_or(u64::MAX);
        }
    }
    Ok(Space { extents, most, empty })
}

/// How many elements a space has; `None` if no number holds it.
pub(super) fn elements(space: &Space) -> Option<u64> {
    if space.empty { Some(0) } else { count(&space.extents) }
}

/// The product of extents; `None` if no number holds it.
pub(super) fn count(extents: &[u64]) -> Option<u64> {
    if extents.contains(&0) {
        return Some(0);
    }
    extents.iter().try_fold(1_u64, |count, extent| count.checked_mul(*extent))
}
