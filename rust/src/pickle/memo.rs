//! The memo: precise where it is young or at the front, packed in between, so that its length costs no memory.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::packed::{CHUNK, Chunk};
use super::stack::Full;
use super::value::{Kind, Tag, Value};
use crate::limits::Limits;

/// Entries that stay precise for good: names of modules and classes are stored early.
pub(crate) const FRONT: u64 = 16 * CHUNK as u64;

/// The memo of one stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memo {
    front: Vec<Value>,
    packed: Vec<Chunk>,
    /// The entries after the packed ones.
    recent: Vec<Value>,
    /// Entries that are out of sequence, overwritten after packing, or watched.
    sparse: FxHashMap<u64, Value>,
    /// How many different indices were set.
    count: u64,
    bytes: usize,
    watched: Arc<FxHashSet<u64>>,
}

impl Memo {
    /// A memo that keeps these entries precise wherever they are.
    pub(crate) fn watching(watched: Arc<FxHashSet<u64>>) -> Self {
        Self { watched, ..Self::default() }
    }

    /// MEMOIZE stores at this index: the number of entries (both machines use the size of their map).
    #[inline]
    pub(crate) fn next_index(&self) -> u64 {
        self.count
    }

    #[inline]
    pub(crate) fn put(&mut self, index: u64, value: Value, limits: &Limits) -> Result<(), Full> {
        let sequence = self.sequence_end();
        if index == sequence && self.sparse.is_empty() {
            self.count += 1;
            if index < FRONT {
                self.front.push(value);
                return Ok(());
            }
            self.recent.push(value);
            return if self.recent.len() < 2 * CHUNK && self.watched.is_empty() {
                Ok(())
            } else {
                self.after_push(index, value, limits)
            };
        }
        self.put_out_of_sequence(index, value, limits)
    }

    fn sequence_end(&self) -> u64 {
        (self.front.len() + self.packed.len() * CHUNK + self.recent.len()) as u64
    }

    #[cold]
    fn after_push(&mut self, index: u64, value: Value, limits: &Limits) -> Result<(), Full> {
        if self.watched.contains(&index) {
            self.sparse_put(index, value, limits)?;
        }
        if self.recent.len() < 2 * CHUNK {
            return Ok(());
        }
        let chunk = Chunk::pack(self.recent.get(..CHUNK).unwrap_or_default());
        self.recent.drain(..CHUNK);
        self.bytes += chunk.bytes() + size_of::<Chunk>();
        self.packed.push(chunk);
        if self.bytes > limits.packed { Err(Full) } else { Ok(()) }
    }

    #[cold]
    fn put_out_of_sequence(&mut self, index: u64, value: Value, limits: &Limits) -> Result<(), Full> {
        if self.get(index).is_none() {
            self.count += 1;
        }
        let sequence = self.sequence_end();
        if index == sequence {
            if index < FRONT {
                self.front.push(value);
                return Ok(());
            }
            self.recent.push(value);
            self.sparse.remove(&index);
            return self.after_push(index, value, limits);
        }
        // Picklers of Python 2 count from 1: a small hole at the front is filled rather than made sparse.
        if index < FRONT && index > sequence && index - sequence < 1024 {
            while (self.front.len() as u64) < index {
                let hole = self.sparse.remove(&(self.front.len() as u64));
                self.front.push(hole.unwrap_or(Value::bare(Tag::UNSET)));
            }
            self.front.push(value);
            return Ok(());
        }
        if let Some(slot) = self.slot(index) {
            *slot = value;
            return Ok(());
        }
        self.sparse_put(index, value, limits)
    }

    fn sparse_put(&mut self, index: u64, value: Value, limits: &Limits) -> Result<(), Full> {
        self.sparse.insert(index, value);
        if self.sparse.len() > limits.sparse_memo { Err(Full) } else { Ok(()) }
    }

    /// The precise slot of an index that lies in the sequence.
    fn slot(&mut self, index: u64) -> Option<&mut Value> {
        let place = usize::try_from(index).ok()?;
        if place < self.front.len() {
            return self.front.get_mut(place);
        }
        let start = self.front.len() + self.packed.len() * CHUNK;
        self.recent.get_mut(place.checked_sub(start)?)
    }

    /// What the entry holds; `None` where nothing was stored, which every loader refuses.
    #[inline]
    pub(crate) fn get(&self, index: u64) -> Option<Value> {
        if let Some(value) = usize::try_from(index).ok().and_then(|place| self.front.get(place)) {
            return if value.tag() == Tag::UNSET { None } else { Some(*value) };
        }
        if let Some(value) = self.sparse.get(&index) {
            return Some(*value);
        }
        let place = usize::try_from(index.checked_sub(self.front.len() as u64)?).ok()?;
        if let Some(chunk) = self.packed.get(place / CHUNK) {
            let kind: Kind = chunk.get(place % CHUNK)?;
            return Some(Value::forgotten_in_memo(kind, index));
        }
        self.recent.get(place - self.packed.len() * CHUNK).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(count: u64) -> Memo {
        let (mut memo, limits) = (Memo::default(), Limits::default());
        for index in 0..count {
            memo.put(index, Value::int(index), &limits).unwrap_or_default();
        }
        memo
    }

    #[test]
    fn memoize_counts_entries_not_the_largest_index() {
        let (mut memo, limits) = (Memo::default(), Limits::default());
        memo.put(7, Value::int(1), &limits).unwrap_or_default();
        assert_eq!(memo.next_index(), 1);
        memo.put(7, Value::int(2), &limits).unwrap_or_default();
        assert_eq!(memo.next_index(), 1);
        assert_eq!(memo.get(7), Some(Value::int(2)));
        assert_eq!(memo.get(3), None);
        memo.put(1, Value::int(3), &limits).unwrap_or_default();
        assert_eq!((memo.next_index(), memo.get(1)), (2, Some(Value::int(3))));
    }

    #[test]
    fn a_huge_index_allocates_nothing_and_is_found() {
        let (mut memo, limits) = (Memo::default(), Limits::default());
        memo.put(u64::from(u32::MAX), Value::int(9), &limits).unwrap_or_default();
        memo.put(memo.next_index(), Value::int(10), &limits).unwrap_or_default();
        assert_eq!(memo.get(u64::from(u32::MAX)), Some(Value::int(9)));
        assert_eq!(memo.get(1), Some(Value::int(10)));
        assert_eq!(memo.next_index(), 2);
    }

    #[test]
    fn long_memos_forget_detail_but_not_what_can_be_called() {
        let limits = Limits::default();
        let mut memo = filled(FRONT);
        memo.put(FRONT, Value::new(Tag::GLOBAL, 3, 0, 0), &limits).unwrap_or_default();
        for index in FRONT + 1..FRONT + 100_000 {
            memo.put(index, Value::int(index), &limits).unwrap_or_default();
        }
        assert_eq!(memo.get(5), Some(Value::int(5)));
        assert_eq!(memo.get(FRONT).map(Value::id), Some(3));
        assert_eq!(memo.get(FRONT + 9).and_then(Value::lost_memo_index), Some(FRONT + 9));
        assert_eq!(memo.get(FRONT + 99_999), Some(Value::int(FRONT + 99_999)));
        assert_eq!(memo.get(FRONT + 100_000), None);
        assert!(memo.bytes < 100_000);
    }

    #[test]
    fn an_entry_overwritten_after_packing_is_the_new_one() {
        let mut memo = filled(FRONT + 100_000);
        memo.put(FRONT + 1, Value::int(1), &Limits::default()).unwrap_or_default();
        assert_eq!(memo.get(FRONT + 1), Some(Value::int(1)));
        assert_eq!(memo.next_index(), FRONT + 100_000);
    }

    #[test]
    fn watched_entries_stay_precise() {
        let limits = Limits::default();
        let mut memo = Memo::watching(Arc::new([FRONT + 5].into_iter().collect()));
        for index in 0..FRONT + 50_000 {
            memo.put(index, Value::int(index), &limits).unwrap_or_default();
        }
        assert_eq!(memo.get(FRONT + 5), Some(Value::int(FRONT + 5)));
    }
}
