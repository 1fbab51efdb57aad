//! Files of torch before 1.6: five pickles, then the numbers of all storages, each behind its count of elements.
//!
//! Source: torch, `serialization.py`: `_legacy_save` writes the storages in the order of their keys, and
//! `csrc/StorageMethods.cpp`, which reads a count of eight bytes in front of each.

use rustc_hash::FxHashSet;

use super::outcome::Storage;
use super::value::{Tag, Value};
use crate::error::Result;
use crate::finding::Finding;
use crate::source::Source;

/// How many pickles stand in front of the storages.
pub(super) const PICKLES: u64 = 5;

/// The bytes of a count.
const COUNT: u64 = 8;

/// `MAGIC_NUMBER` in `serialization.py`, a LONG1 of ten bytes.
pub(super) fn is_magic(value: Value) -> bool {
    value.tag() == Tag::INT && value.len == 10 && value.data == 0xa86a_20f9_469c_fc6c
}

/// How many bytes the storages occupy, if they are as the pickles declare them, and what is wrong otherwise; `None` of
/// both where that cannot be told. Notes where the numbers of each begin.
pub(super) fn storages(
    source: &Source,
    offset: u64,
    declared: &mut [Storage],
) -> Result<(Option<u64>, Option<Finding>)> {
    let mut keys = FxHashSet::default();
    let mut storages: Vec<&mut Storage> =
        declared.iter_mut().filter(|storage| keys.insert(storage.key.clone())).collect();
    storages.sort_by(|one, other| one.key.cmp(&other.key));
    let add = |total: u64, storage: &&mut Storage| Some(total.saturating_add(storage.size()?).saturating_add(COUNT));
    let (Some(total), Some(size)) = (storages.iter().try_fold(0, add), source.size()) else { return Ok((None, None)) };
    let rest = size.saturating_sub(offset);
    if total > rest {
        let finding = Finding::new("PTH116", offset).fact("needed", total).fact("size", rest);
        return Ok((None, Some(finding)));
    }
    let mut at = offset;
    for storage in storages {
        let count: [u8; 8] = source.read(at, 8)?.try_into().unwrap_or_default();
        let found = u64::from_le_bytes(count);
        if found != storage.numel {
            let finding = Finding::new("PTH117", at).fact("key", storage.key.clone()).fact("numel", storage.numel);
            return Ok((None, Some(finding.fact("found", found))));
        }
        at = at.saturating_add(COUNT);
        storage.data = Some(at);
        at = at.saturating_add(storage.size().unwrap_or_default());
    }
    Ok((Some(total), None))
}
