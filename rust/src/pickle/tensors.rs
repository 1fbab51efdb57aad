//! Tensors that a torch pickle would rebuild: name, dtype, shape and storage, without touching their data.

use super::collector::Collector;
use super::globals::Site;
use super::outcome::Tensor;
use super::ring::Ring;
use super::value::{Tag, Value};
use crate::finding::Finding;

/// The tensor that a call of one of torch's rebuild functions makes; `None` for any other callable.
///
/// Source: torch, `_utils.py`: `_rebuild_tensor_v2(storage, storage_offset, size, stride, ...)`, and parameters that
/// wrap a tensor as their first argument.
///
/// A tensor that reaches beyond the elements its storage declares is reported: loaders that trust it read and write
/// memory that is not theirs (CVE-2026-24747).
pub(crate) fn rebuilt(number: u32, args: &[Value], ring: &Ring, site: Site, all: &mut Collector) -> Option<Value> {
    let global = all.globals.get(number)?;
    if global.module != "torch._utils" {
        return None;
    }
    let first = args.first()?;
    match global.name.as_str() {
        "_rebuild_parameter" | "_rebuild_parameter_with_state" if first.tag() == Tag::TENSOR => return Some(*first),
        "_rebuild_tensor" | "_rebuild_tensor_v2" | "_rebuild_tensor_v3" | "_rebuild_qtensor" => {}
        _ => return None,
    }
    let [storage, offset, size, stride, ..] = args else { return None };
    if storage.tag() != Tag::STORAGE || all.tensors.len() >= all.limits.tensors {
        return None;
    }
    let storage = all.storages.get(storage.id() as usize)?;
    // The third version takes untyped storages, counted in bytes, and the type of the elements as its seventh argument.
    let dtype = args.get(6).filter(|dtype| global.name == "_rebuild_tensor_v3" && dtype.tag() == Tag::GLOBAL);
    let dtype = dtype.and_then(|dtype| all.globals.get(dtype.id())).map(|dtype| dtype.name.as_str());
    let bytes = dtype.and_then(bytes_of).filter(|_| storage.class == "UntypedStorage").unwrap_or(1);
    let tensor = Tensor {
        name: String::new(),
        dtype: dtype.unwrap_or(&storage.class).to_owned(),
        shape: integers(*size, ring)?,
        stride: integers(*stride, ring)?,
        storage: storage.key.clone(),
        offset: offset.data,
        numel: storage.numel / bytes,
    };
    if !fits(&tensor) {
        let finding = Finding::new("PKL171", site.offset).fact("storage", tensor.storage.clone());
        let finding = finding.detail("numel", tensor.numel).detail("shape", format!("{:?}", tensor.shape));
        all.report(finding.detail("position", site.offset).detail("opcode", site.opcode));
    }
    all.tensors.push(tensor);
    let place = u32::try_from(all.tensors.len() - 1).ok()?;
    Some(Value::new(Tag::TENSOR, place, 0, 0))
}

fn integers(value: Value, ring: &Ring) -> Option<Vec<u64>> {
    ring.of(value)?.iter().map(|item| if item.tag() == Tag::INT { Some(item.data) } else { None }).collect()
}

/// Whether the last element of a tensor lies in its storage, by arithmetic that cannot overflow.
fn fits(tensor: &Tensor) -> bool {
    if tensor.shape.contains(&0) {
        return true;
    }
    let reach = tensor.shape.iter().zip(&tensor.stride).try_fold(u128::from(tensor.offset), |reach, (size, stride)| {
        u128::from(size - 1).checked_mul(u128::from(*stride))?.checked_add(reach)
    });
    tensor.shape.len() == tensor.stride.len() && reach.is_some_and(|last| last < u128::from(tensor.numel))
}

/// Bytes of one element, by the names of torch's types that have no storage class of their own.
fn bytes_of(dtype: &str) -> Option<u64> {
    Some(match dtype {
        "uint64" => 8,
        "uint32" | "complex32" => 4,
        "uint16" | "bits16" => 2,
        _ if dtype.starts_with("float8_") || dtype.starts_with("float4_") || dtype.starts_with("bits") => 1,
        _ => return None,
    })
}

/// Bytes of one element, by the class of the storage.
pub(super) fn element_size(class: &str) -> Option<u64> {
    Some(match class {
        "ComplexDoubleStorage" => 16,
        "DoubleStorage" | "LongStorage" | "UInt64Storage" | "ComplexFloatStorage" => 8,
        "FloatStorage" | "IntStorage" | "UInt32Storage" | "QInt32Storage" => 4,
        "HalfStorage" | "BFloat16Storage" | "ShortStorage" | "UInt16Storage" => 2,
        "CharStorage" | "ByteStorage" | "BoolStorage" | "QInt8Storage" | "QUInt8Storage" | "UntypedStorage" => 1,
        "QUInt4x2Storage" | "QUInt2x4Storage" => 1,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(shape: &[u64], stride: &[u64], offset: u64, numel: u64) -> Tensor {
        let (name, dtype, storage) = (String::new(), "FloatStorage".to_owned(), "0".to_owned());
        Tensor { name, dtype, shape: shape.to_vec(), stride: stride.to_vec(), storage, offset, numel }
    }

    #[test]
    fn a_tensor_lies_in_its_storage_or_not() {
        assert!(fits(&tensor(&[2, 3], &[3, 1], 0, 6)));
        assert!(fits(&tensor(&[2, 3], &[3, 1], 4, 10)));
        assert!(fits(&tensor(&[], &[], 0, 1)), "a scalar is one element");
        assert!(fits(&tensor(&[0, 5], &[5, 1], 0, 0)), "nothing needs no storage");
        assert!(fits(&tensor(&[1_000], &[0], 0, 1)), "an expanded tensor repeats one element");
        assert!(!fits(&tensor(&[2, 3], &[3, 1], 1, 6)));
        assert!(!fits(&tensor(&[1], &[1], 6, 6)));
        assert!(!fits(&tensor(&[u64::MAX, u64::MAX], &[u64::MAX, u64::MAX], u64::MAX, u64::MAX)));
        assert!(!fits(&tensor(&[2], &[1, 1], 0, 9)), "sizes and strides go in pairs");
    }
}
