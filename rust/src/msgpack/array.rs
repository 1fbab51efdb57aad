//! Arrays in a checkpoint of Flax: shape, type and bytes, packed once more inside an extension.

use super::{Marker, NESTED, Reader, marker};
use crate::finding::Finding;
use crate::starts;
use crate::walk::{Stop, Taken};

/// Dimensions: numpy stops at 64.
const DIMS: u64 = 64;

/// Bytes of the name of a type.
const NAME: u64 = 64;

/// The bytes of an element, by the name that numpy and `ml_dtypes` give a type. Types below a byte take one.
fn element(name: &str) -> Option<u64> {
    Some(match name {
        "bool" | "int8" | "uint8" | "int4" | "uint4" | "int2" | "uint2" | "int1" | "uint1" => 1,
        "float16" | "bfloat16" | "int16" | "uint16" => 2,
        "float32" | "int32" | "uint32" => 4,
        "float64" | "int64" | "uint64" | "complex64" => 8,
        "complex128" => 16,
        // Flax wrote bfloat16 as an opaque type of two bytes.
        "V2" => 2,
        _ if ["float8_", "float6_", "float4_"].iter().any(|family| name.starts_with(family)) => 1,
        _ if name.starts_with("datetime64") || name.starts_with("timedelta64") => 8,
        _ => return None,
    })
}

impl Reader<'_> {
    /// The payload of an array, or of a number that is one without dimensions.
    pub(super) fn ndarray(&mut self, end: u64) -> Taken<()> {
        let at = self.cursor.position();
        if self.array_of(end)? != 3 {
            return Err(Stop::Broken("an array without shape, type and bytes"));
        }
        let dims = self.array_of(end)?;
        if dims > DIMS {
            return Err(Stop::Broken("an array of too many dimensions"));
        }
        let mut elements = Some(1_u64);
        for _ in 0..dims {
            let dim = self.unsigned()?;
            elements = elements.and_then(|product| product.checked_mul(dim));
        }
        let length = self.bytes_of(end)?;
        if length > NAME {
            return Err(Stop::Broken("a type with a long name"));
        }
        let name = self.cursor.bytes(usize::try_from(length).unwrap_or(0))?;
        let name = String::from_utf8_lossy(&name).into_owned();
        let size = self.bytes_of(end)?;
        match element(&name) {
            Some(each) => {
                if elements.and_then(|elements| elements.checked_mul(each)) != Some(size) {
                    let expected = elements.map_or_else(|| "too many".to_owned(), |count| count.to_string());
                    let finding = Finding::new("MSG103", at).fact("size", size).fact("dtype", name);
                    self.tally.add(finding.fact("elements", expected));
                }
            }
            None => self.tally.add(Finding::new("MSG105", at).fact("dtype", name)),
        }
        let start = self.cursor.position();
        let front = self.cursor.bytes(usize::try_from(size).map_or(starts::FRONT, |size| size.min(starts::FRONT)))?;
        if starts::begins_like_something(&front) && self.walk.nested.len() < NESTED {
            self.walk.nested.push((start, size));
        }
        self.cursor.skip(size - front.len() as u64)
    }

    fn array_of(&mut self, end: u64) -> Taken<u64> {
        match self.inner(end)? {
            Marker::Array(count) => Ok(count),
            _ => Err(Stop::Broken("an array without shape, type and bytes")),
        }
    }

    fn bytes_of(&mut self, end: u64) -> Taken<u64> {
        match self.inner(end)? {
            Marker::Text(length) | Marker::Bytes(length) if length <= end.saturating_sub(self.cursor.position()) => {
                Ok(length)
            }
            _ => Err(Stop::Broken("an array without shape, type and bytes")),
        }
    }

    fn inner(&mut self, end: u64) -> Taken<Marker> {
        if self.cursor.position() >= end {
            Err(Stop::Broken("an array that ends too early"))
        } else {
            marker(&mut self.cursor)
        }
    }

    fn unsigned(&mut self) -> Taken<u64> {
        let byte = self.cursor.byte()?;
        Ok(match byte {
            0..=0x7F => u64::from(byte),
            0xCC => u64::from(self.cursor.byte()?),
            0xCD => u64::from(self.cursor.u16()?),
            0xCE => u64::from(self.cursor.u32()?),
            0xCF => self.cursor.u64()?,
            _ => return Err(Stop::Broken("a dimension that is no count")),
        })
    }
}
