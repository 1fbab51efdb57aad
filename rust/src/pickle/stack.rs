//! The operand stack: precise at the top, packed below, with marks kept as runs, so that depth costs no memory.

use super::packed::{CHUNK, Chunk};
use super::value::Value;
use crate::limits::Limits;

/// How many values stay precise. More than any honest batch (picklers write batches of 1,000 items).
const PRECISE: usize = 4 * CHUNK;

/// Marks at `start`, `start + step`, ... `count` of them.
#[derive(Debug, Clone, Copy)]
struct MarkRun {
    start: u64,
    step: u64,
    count: u64,
}

impl MarkRun {
    fn last(&self) -> u64 {
        self.start + self.step * (self.count - 1)
    }
}

/// The stack ran into a limit of the analysis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

/// The stack of the pickle machine and its marks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stack {
    top: Vec<Value>,
    deep: Vec<Chunk>,
    packed: usize,
    marks: Vec<MarkRun>,
    /// The depth below which nothing may be popped: that of the last mark.
    fence: u64,
}

impl Stack {
    pub(crate) fn depth(&self) -> u64 {
        (self.deep.len() * CHUNK + self.top.len()) as u64
    }

    #[inline]
    pub(crate) fn push(&mut self, value: Value, limits: &Limits) -> Result<(), Full> {
        if self.top.len() >= PRECISE {
            self.spill(limits)?;
        }
        self.top.push(value);
        Ok(())
    }

    #[cold]
    fn spill(&mut self, limits: &Limits) -> Result<(), Full> {
        let half = PRECISE / 2;
        for part in self.top.get(..half).unwrap_or_default().chunks(CHUNK) {
            let chunk = Chunk::pack(part);
            self.packed += chunk.bytes() + size_of::<Chunk>();
            self.deep.push(chunk);
        }
        self.top.drain(..half);
        if self.packed > limits.packed { Err(Full) } else { Ok(()) }
    }

    #[cold]
    fn unspill(&mut self) {
        let Some(chunk) = self.deep.pop() else { return };
        self.packed -= chunk.bytes() + size_of::<Chunk>();
        let values = (0..CHUNK).filter_map(|index| chunk.get(index)).map(Value::forgotten);
        self.top.splice(..0, values);
    }

    /// The topmost value of the current frame.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<Value> {
        if self.depth() <= self.fence {
            return None;
        }
        if self.top.is_empty() {
            self.unspill();
        }
        self.top.pop()
    }

    /// The value `below` places under the topmost one, within the current frame; of one that is packed, what is left.
    #[inline]
    pub(crate) fn peek(&self, below: usize) -> Option<Value> {
        if self.depth() <= self.fence.saturating_add(below as u64) {
            return None;
        }
        match self.top.len().checked_sub(below.saturating_add(1)) {
            Some(index) => self.top.get(index).copied(),
            None => self.packed_value(below - self.top.len()),
        }
    }

    /// The value `below` places under the topmost one of those that are packed, which stay so.
    #[cold]
    fn packed_value(&self, below: usize) -> Option<Value> {
        let index = (self.deep.len() * CHUNK).checked_sub(below.checked_add(1)?)?;
        self.deep.get(index / CHUNK)?.get(index % CHUNK).map(Value::forgotten)
    }

    /// The topmost value of the current frame, to be changed.
    #[inline]
    pub(crate) fn topmost_mut(&mut self) -> Option<&mut Value> {
        if self.depth() <= self.fence {
            return None;
        }
        if self.top.is_empty() {
            self.unspill();
        }
        self.top.last_mut()
    }

    #[inline]
    pub(crate) fn mark(&mut self, limits: &Limits) -> Result<(), Full> {
        let depth = self.depth();
        self.fence = depth;
        if let Some(run) = self.marks.last_mut() {
            if run.count == 1 {
                run.step = depth - run.start;
                run.count = 2;
                return Ok(());
            }
            if run.last() + run.step == depth {
                run.count += 1;
                return Ok(());
            }
        }
        if self.marks.len() >= limits.mark_runs {
            return Err(Full);
        }
        self.marks.push(MarkRun { start: depth, step: 0, count: 1 });
        Ok(())
    }

    /// Removes the last mark and says how many values lie above it; they stay on the stack.
    #[inline]
    pub(crate) fn unmark(&mut self) -> Option<u64> {
        let run = self.marks.last_mut()?;
        let at = run.last();
        run.count -= 1;
        if run.count == 0 {
            self.marks.pop();
        }
        self.fence = self.marks.last().map_or(0, MarkRun::last);
        Some(self.depth() - at)
    }

    /// Whether the current frame holds nothing, so that POP would remove its mark.
    pub(crate) fn at_mark(&self) -> bool {
        !self.marks.is_empty() && self.depth() == self.fence
    }

    /// The topmost `count` values where all of them are precise; the precise ones of them otherwise.
    #[inline]
    pub(crate) fn topmost(&self, count: u64) -> &[Value] {
        let count = usize::try_from(count).unwrap_or(usize::MAX).min(self.top.len());
        self.top.get(self.top.len() - count..).unwrap_or_default()
    }

    /// The topmost `count` values, the lowest first; of those that are packed, what is left.
    pub(crate) fn values(&self, count: u64) -> impl Iterator<Item = Value> + '_ {
        let precise = self.topmost(count);
        let deep = self.deep.len() * CHUNK;
        let packed = usize::try_from(count).unwrap_or(usize::MAX).saturating_sub(precise.len()).min(deep);
        let values = (deep - packed..deep).filter_map(|index| self.deep.get(index / CHUNK)?.get(index % CHUNK));
        values.map(Value::forgotten).chain(precise.iter().copied())
    }

    /// Removes the topmost `count` values.
    #[inline]
    pub(crate) fn drop_topmost(&mut self, count: u64) {
        let mut count = usize::try_from(count).unwrap_or(usize::MAX);
        while count > self.top.len() && !self.deep.is_empty() {
            count -= self.top.len();
            self.top.clear();
            while count >= CHUNK && !self.deep.is_empty() {
                if let Some(chunk) = self.deep.pop() {
                    self.packed -= chunk.bytes() + size_of::<Chunk>();
                }
                count -= CHUNK;
            }
            if count > 0 {
                self.unspill();
            }
        }
        self.top.truncate(self.top.len().saturating_sub(count));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pickle::value::Tag;

    fn limits() -> Limits {
        Limits::default()
    }

    #[test]
    fn millions_of_plain_values_cost_no_memory_and_come_back_as_data() {
        let (mut stack, limits) = (Stack::default(), limits());
        for number in 0..3_000_000_u64 {
            assert_eq!(stack.push(Value::int(number), &limits), Ok(()));
        }
        assert!(stack.packed < 100_000, "{} bytes", stack.packed);
        assert_eq!(stack.pop(), Some(Value::int(2_999_999)));
        // A look at what is packed unpacks nothing.
        for below in [0, 1, PRECISE - 2, PRECISE, 1_000_000, 2_999_998] {
            assert!(stack.peek(below).is_some(), "{below}");
        }
        assert_eq!(stack.peek(2_999_999), None);
        assert_eq!(stack.values(2_999_990).count(), 2_999_990);
        assert_eq!(stack.values(5).last(), stack.peek(0));
        assert!(stack.packed < 100_000 && stack.top.len() <= PRECISE);
        stack.drop_topmost(2_999_990);
        assert_eq!(stack.depth(), 9);
        for _ in 0..9 {
            assert_eq!(stack.pop().map(Value::tag), Some(Tag::DATA));
        }
        assert_eq!(stack.pop(), None);
    }

    #[test]
    fn deep_callables_are_remembered() {
        let (mut stack, limits) = (Stack::default(), limits());
        stack.push(Value::new(Tag::GLOBAL, 42, 0, 0), &limits).unwrap_or_default();
        for _ in 0..100_000 {
            stack.push(Value::bare(Tag::NONE), &limits).unwrap_or_default();
        }
        stack.drop_topmost(100_000);
        assert_eq!(stack.pop().map(Value::id), Some(42));
    }

    #[test]
    fn floods_of_marks_are_runs() {
        let (mut stack, limits) = (Stack::default(), limits());
        for _ in 0..1_000_000 {
            assert_eq!(stack.mark(&limits), Ok(()));
            assert_eq!(stack.push(Value::bare(Tag::NONE), &limits), Ok(()));
        }
        assert_eq!(stack.marks.len(), 1);
        assert_eq!(stack.unmark(), Some(1));
        assert_eq!(stack.depth(), 1_000_000);
        assert!(stack.peek(1).is_some(), "the value below the removed mark is in reach");
        assert!(stack.peek(2).is_none(), "the next mark is a fence");
    }

    #[test]
    fn nothing_is_popped_through_a_mark() {
        let (mut stack, limits) = (Stack::default(), limits());
        stack.push(Value::int(1), &limits).unwrap_or_default();
        stack.mark(&limits).unwrap_or_default();
        assert!(stack.pop().is_none());
        assert!(stack.at_mark());
        assert_eq!(stack.unmark(), Some(0));
        assert_eq!(stack.pop(), Some(Value::int(1)));
    }
}
