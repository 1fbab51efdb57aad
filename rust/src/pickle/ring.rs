//! Details of recent objects: items of small tuples, callee and arguments of calls. Old ones are overwritten.

use super::value::{Tag, Value};

/// How many values are remembered. Arguments are used right after they were built; 16 bytes each.
const CAPACITY: usize = 1 << 16;

/// The largest object whose items are kept.
pub(crate) const MAX_ITEMS: usize = 256;

/// A ring of values, addressed by a position that only grows.
#[derive(Clone, Debug)]
pub(crate) struct Ring {
    values: Vec<Value>,
    end: u64,
}

impl Ring {
    pub(crate) fn new() -> Self {
        Self { values: Vec::new(), end: 0 }
    }

    /// Remembers `items` side by side and returns their position; `None` when there are too many.
    #[inline]
    pub(crate) fn keep(&mut self, items: &[Value]) -> Option<u64> {
        if items.len() > MAX_ITEMS {
            return None;
        }
        let mut place = slot(self.end);
        if place + items.len() > CAPACITY {
            self.end += (CAPACITY - place) as u64;
            place = 0;
        }
        if self.values.len() < place + items.len() {
            // Grows with use, so that a small pickle does not pay for the whole ring.
            let size = (place + items.len()).next_power_of_two().clamp(256, CAPACITY);
            self.values.resize(size, Value::bare(Tag::UNSET));
        }
        self.values.get_mut(place..place + items.len())?.copy_from_slice(items);
        let position = self.end;
        self.end += items.len() as u64;
        Some(position)
    }

    fn place(&self, position: u64, count: usize) -> Option<usize> {
        let age = self.end.checked_sub(position)?;
        if age > CAPACITY as u64 || (count as u64) > age {
            return None;
        }
        Some(slot(position))
    }

    /// The items kept at `position`, unless they were overwritten.
    pub(crate) fn items(&self, position: u64, count: usize) -> Option<&[Value]> {
        if count == 0 {
            // Nothing cannot be overwritten.
            return Some(&[]);
        }
        let place = self.place(position, count)?;
        self.values.get(place..place + count)
    }

    /// The items of a value that has detail.
    pub(crate) fn of(&self, value: Value) -> Option<&[Value]> {
        if value.has_detail() { self.items(value.data, value.len as usize) } else { None }
    }
}

/// Where a position lies in the ring.
fn slot(position: u64) -> usize {
    usize::try_from(position % CAPACITY as u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recent_items_are_found_and_old_ones_are_gone() {
        let mut ring = Ring::new();
        let first = ring.keep(&[Value::int(1), Value::int(2)]).unwrap_or(u64::MAX);
        assert_eq!(ring.items(first, 2), Some([Value::int(1), Value::int(2)].as_slice()));
        let mut last = first;
        for number in 0..100_000_u64 {
            last = ring.keep(&[Value::int(number); 3]).unwrap_or(u64::MAX);
        }
        assert_eq!(ring.items(first, 2), None);
        assert_eq!(ring.items(first, 0), Some([].as_slice()), "an empty tuple has all its items");
        assert_eq!(ring.items(last, 3), Some([Value::int(99_999); 3].as_slice()));
    }

    #[test]
    fn too_many_items_are_not_kept() {
        assert_eq!(Ring::new().keep(&[Value::int(1); MAX_ITEMS + 1]), None);
    }
}
