//! Which bytes of a pattern a filter looks for: those of a part that has few spellings.
//!
//! Most letters have two, or are told apart by one bit; `i` has four, and what stands for several letters multiplies. A
//! part further in has to be told how many bytes may lie before it.

use rustc_hash::FxHashSet;

use super::encoding::Encoding;
use super::fold::spellings;

/// Letters of a pattern behind which no part begins.
const LETTERS: usize = 24;

/// Numbers of bytes that may lie before a part.
const LENGTHS: usize = 48;

/// So few spellings are good enough.
const FEW: usize = 4;

/// The bytes of a part of a pattern in all spellings, and all numbers of bytes that may lie before it.
#[derive(Debug, Default)]
pub(super) struct Segment {
    pub(super) spelled: Vec<Vec<u8>>,
    pub(super) before: Vec<usize>,
}

impl Segment {
    fn cost(&self) -> usize {
        self.spelled.len().saturating_mul(self.before.len())
    }
}

/// A pattern in one encoding, and what is known of each place in it.
pub(super) struct Spelled<'a> {
    letters: &'a [char],
    encoding: Encoding,
    /// By place, the number of bytes of the shortest spelling of what follows it.
    least: Vec<usize>,
    /// By place, the numbers of bytes of all spellings of what is before it; none where a spelling may cross it.
    before: Vec<FxHashSet<usize>>,
}

impl<'a> Spelled<'a> {
    pub(super) fn new(letters: &'a [char], encoding: Encoding) -> Self {
        let mut least = vec![0_usize; letters.len() + 1];
        let mut before = vec![FxHashSet::default(); letters.len().min(LETTERS) + 1];
        let mut crossed = vec![false; before.len() + 4];
        for at in (0..letters.len()).rev() {
            let mut best = usize::MAX;
            spellings(letters.get(at..).unwrap_or_default(), |text, count| {
                let behind = least.get(at + count).copied().unwrap_or(0);
                best = best.min(behind.saturating_add(encoding.length(text)));
                crossed.get_mut(at + 1..at + count).into_iter().flatten().for_each(|place| *place = true);
            });
            if let Some(place) = least.get_mut(at) {
                *place = best;
            }
        }
        before.iter_mut().take(1).for_each(|lengths| lengths.extend([0]));
        for at in 0..before.len().saturating_sub(1) {
            let lengths = before.get(at).cloned().unwrap_or_default();
            spellings(letters.get(at..).unwrap_or_default(), |text, count| {
                let more = encoding.length(text);
                if let Some(there) = before.get_mut(at + count) {
                    there.extend(lengths.iter().map(|length| length + more));
                }
            });
        }
        before.iter_mut().zip(crossed).filter(|(_, crossed)| *crossed).for_each(|(lengths, _)| lengths.clear());
        Self { letters, encoding, least, before }
    }

    /// The number of bytes of the shortest spelling.
    pub(super) fn shortest(&self) -> usize {
        self.least.first().copied().unwrap_or(0)
    }

    /// The part of `length` bytes that is cheapest to look for; none if all have more than `most` spellings, each counted
    /// once for each number of bytes before it.
    pub(super) fn segment(&self, length: usize, most: usize) -> Option<Segment> {
        let mut best: Option<Segment> = None;
        for (at, before) in self.before.iter().enumerate() {
            let fits = self.least.get(at).is_some_and(|least| *least >= length);
            if !fits || before.is_empty() || before.len() > LENGTHS {
                continue;
            }
            let most = best.as_ref().map_or(most, Segment::cost) / before.len();
            let Some(spelled) = self.spell(at, length, most) else { continue };
            let found = Segment { spelled: spelled.into_iter().collect(), before: before.iter().copied().collect() };
            if best.as_ref().is_none_or(|best| found.cost() < best.cost()) {
                best = Some(found);
            }
            if best.as_ref().is_some_and(|best| best.cost() <= FEW) {
                break;
            }
        }
        best
    }

    /// The first `length` bytes from a place on, in all spellings; `None` if there are more than `most`.
    fn spell(&self, at: usize, length: usize, most: usize) -> Option<FxHashSet<Vec<u8>>> {
        let mut found = FxHashSet::default();
        let mut open = vec![(Vec::new(), self.letters.get(at..).unwrap_or_default())];
        while let Some((bytes, rest)) = open.pop() {
            if bytes.len() >= length {
                found.insert(bytes.get(..length).unwrap_or_default().iter().map(|byte| byte | 0x20).collect());
            }
            if bytes.len() < length {
                spellings(rest, |text, count| {
                    let mut longer = bytes.clone();
                    self.encoding.write(text, &mut longer);
                    open.push((longer, rest.get(count..).unwrap_or_default()));
                });
            }
            if found.len().max(open.len()) > most {
                return None;
            }
        }
        Some(found)
    }
}
