//! Where a pattern may begin: a look at a few bytes out of many, which tells nearly all places apart from it.
//!
//! Each pattern is spelled in all ways as far as the filter looks, and the bytes at the front of each spelling are noted.
//! A pattern of at least thirteen bytes is met by looking at every eighth place: one of its first eight windows of six
//! bytes lies there. An automaton would follow byte by byte, each step waiting for the one before; these looks wait for
//! nothing.

use rustc_hash::{FxHashMap, FxHashSet};

use super::encoding::Encoding;
use super::segment::Spelled;

/// Bytes of a window and how many places lie between two looks, the widest first.
///
/// Six letters in a row stand by chance in no text of megabytes, four do; bytes beyond them would need longer patterns.
const KINDS: [(usize, usize); 8] = [(6, 8), (6, 4), (4, 4), (4, 2), (4, 1), (3, 1), (2, 1), (1, 1)];

/// Spellings of one pattern, and of all, that one filter takes; a narrower one has to tell fewer of them apart. One more
/// pass over the bytes for a single pattern takes longer than a thousand more windows.
const SPELLINGS: usize = 1 << 10;
const ALL_SPELLINGS: usize = 1 << 20;

/// Bits of the table for each window that is noted, by two bits of one word: one look in thirty is in vain, and the table
/// of a thousand patterns stays in the nearest cache.
const SPARSE: usize = 10;

/// Sets the bit that tells upper from lower case in ASCII letters, in all bytes: some that are no letters look alike.
const CASE: u64 = 0x2020_2020_2020_2020;

/// Bytes that are read for one look.
const LOOK: usize = 8;

/// A pattern in one encoding, and how many bytes before a window it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Needle {
    pub(super) pattern: u32,
    pub(super) encoding: Encoding,
    pub(super) back: usize,
}

/// The windows of all patterns that are looked for at the same distance.
#[derive(Debug, Default)]
pub(super) struct Filter {
    stride: usize,
    /// Bytes that a window may lie behind the beginning of a pattern.
    reach: usize,
    mask: u64,
    shift: u32,
    table: Vec<u64>,
    /// By window, where its needles lie.
    places: FxHashMap<u64, (usize, usize)>,
    needles: Vec<Needle>,
}

/// The filters for some patterns, of those kinds that are needed.
pub(super) fn filters(patterns: &[Vec<char>]) -> Vec<Filter> {
    let mut windows: Vec<FxHashSet<(u64, Needle)>> = vec![FxHashSet::default(); KINDS.len()];
    let share = SPELLINGS.min(ALL_SPELLINGS / patterns.len().max(1));
    for (pattern, letters) in (0_u32..).zip(patterns) {
        for encoding in Encoding::all(letters.len()) {
            let spelled = Spelled::new(letters, *encoding);
            let shortest = spelled.shortest();
            let fitting = KINDS.iter().zip(&mut windows).filter(|((width, stride), _)| width + stride - 1 <= shortest);
            for ((width, stride), windows) in fitting {
                let most = if *stride > 1 { share } else { usize::MAX };
                let Some(segment) = spelled.segment(width + stride - 1, most) else { continue };
                for (bytes, before) in
                    segment.spelled.iter().flat_map(|bytes| segment.before.iter().map(move |before| (bytes, *before)))
                {
                    windows.extend((0..*stride).map(|inside| {
                        let key = key(bytes.get(inside..).unwrap_or_default(), mask(*width));
                        (key, Needle { pattern, encoding: *encoding, back: before + inside })
                    }));
                }
                break;
            }
        }
    }
    let made = KINDS.iter().zip(windows).filter(|(_, windows)| !windows.is_empty());
    made.map(|((width, stride), windows)| Filter::new(*width, *stride, windows.into_iter().collect())).collect()
}

fn mask(width: usize) -> u64 {
    u64::MAX >> (8 * (LOOK - width.clamp(1, LOOK)))
}

fn key(window: &[u8], mask: u64) -> u64 {
    let mut look = [0; LOOK];
    look.iter_mut().zip(window).for_each(|(to, from)| *to = *from);
    (u64::from_le_bytes(look) | CASE) & mask
}

impl Filter {
    fn new(width: usize, stride: usize, mut windows: Vec<(u64, Needle)>) -> Self {
        windows.sort_unstable();
        let bits = (windows.len() * SPARSE).next_power_of_two().clamp(1 << 12, 1 << 24);
        let mut filter = Self {
            stride,
            reach: windows.iter().map(|(_, needle)| needle.back).max().unwrap_or(0),
            mask: mask(width),
            shift: 64 - (bits / 64).trailing_zeros(),
            table: vec![0; bits / 64],
            needles: windows.iter().map(|(_, needle)| *needle).collect(),
            places: FxHashMap::default(),
        };
        for (number, (key, _)) in windows.iter().enumerate() {
            let (place, bits) = filter.cell(*key);
            if let Some(word) = filter.table.get_mut(place) {
                *word |= bits;
            }
            filter.places.entry(*key).or_insert((number, number)).1 = number + 1;
        }
        filter
    }

    /// The word of the table that tells of a window, and two bits in it. A multiplication mixes the bytes (the golden
    /// ratio, as Knuth chose it); its upper bits are the best.
    #[allow(clippy::cast_possible_truncation)] // A table has fewer than 2^18 words.
    fn cell(&self, key: u64) -> (usize, u64) {
        let hash = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let bits = 1 << (hash >> 32 & 63) | 1 << (hash >> 26 & 63);
        ((hash >> self.shift) as usize, bits)
    }

    /// Calls `each` for every place where a pattern may begin, from `start` on and before `end`, with the needle.
    pub(super) fn run(&self, bytes: &[u8], start: usize, end: usize, mut each: impl FnMut(usize, Needle)) {
        let first = start.next_multiple_of(self.stride);
        let last = end.saturating_add(self.reach).saturating_add(1).min(bytes.len());
        // The last few places have no eight bytes in sight.
        let body = last.min(bytes.len().saturating_sub(LOOK)).saturating_sub(first) / LOOK * LOOK;
        let tail = first.saturating_add(body);
        let mut hit = |at: usize, key: u64| {
            let Some((from, to)) = self.places.get(&key) else { return };
            for needle in self.needles.get(*from..*to).unwrap_or_default() {
                if let Some(begin) = at.checked_sub(needle.back).filter(|at| (start..end).contains(at)) {
                    each(begin, *needle);
                }
            }
        };
        let inside = bytes.get(first..tail.saturating_add(LOOK)).unwrap_or_default();
        match self.stride {
            8 => self.pass::<8>(inside, first, &mut hit),
            4 => self.pass::<4>(inside, first, &mut hit),
            2 => self.pass::<2>(inside, first, &mut hit),
            _ => self.pass::<1>(inside, first, &mut hit),
        }
        for at in (tail..last).step_by(self.stride) {
            hit(at, key(bytes.get(at..).unwrap_or_default(), self.mask));
        }
    }

    /// Looks at every place of a stride, but for those in the last eight bytes.
    #[inline(always)]
    #[allow(clippy::inline_always)] // Each stride has a loop of its own.
    fn pass<const STRIDE: usize>(&self, bytes: &[u8], first: usize, hit: &mut impl FnMut(usize, u64)) {
        let mut looks = bytes.as_chunks::<LOOK>().0.iter().map(|look| u64::from_le_bytes(*look));
        let Some(mut low) = looks.next() else { return };
        for (index, high) in looks.enumerate() {
            let at = first.wrapping_add(index.wrapping_mul(LOOK));
            self.test(low, at, hit);
            let mut inside = STRIDE;
            while inside < LOOK {
                let bits = 8 * inside;
                self.test(low >> bits | high << (64 - bits), at.wrapping_add(inside), hit);
                inside += STRIDE;
            }
            low = high;
        }
    }

    #[inline(always)]
    #[allow(clippy::inline_always)] // The loops around it are all that a search does.
    fn test(&self, look: u64, at: usize, hit: &mut impl FnMut(usize, u64)) {
        let key = (look | CASE) & self.mask;
        let (place, bits) = self.cell(key);
        if self.table.get(place).is_some_and(|word| word & bits == bits) {
            hit(at, key);
        }
    }
}
