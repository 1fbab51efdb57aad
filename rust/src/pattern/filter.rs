//! Where a pattern may begin: a look at four bytes out of so many, which tells nearly all places apart from it.
//!
//! Each pattern is spelled in all ways as far as the filter looks, and the bytes at the front of each spelling are noted.
//! A pattern of at least eleven bytes is met by looking at every eighth place: one of its first eight windows lies there.
//! An automaton would follow byte by byte, each step waiting for the one before; these looks wait for nothing.

use rustc_hash::{FxHashMap, FxHashSet};

use super::encoding::Encoding;
use super::fold::spellings;

/// Bytes of a window and how many places lie between two looks, the widest first.
const KINDS: [(usize, usize); 7] = [(4, 8), (4, 4), (4, 2), (4, 1), (3, 1), (2, 1), (1, 1)];

/// Spellings of one pattern that one filter takes; a narrower one has to tell fewer of them apart.
const SPELLINGS: usize = 48;

/// Bits of the table for each window that is noted: one look in sixteen is in vain.
const SPARSE: usize = 16;

/// Sets the bit that tells upper from lower case in ASCII letters, in all bytes: some that are no letters look alike.
const CASE: u32 = 0x2020_2020;

/// A pattern in one encoding, and how many bytes before a window it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Needle {
    pub(super) pattern: u32,
    pub(super) encoding: Encoding,
    pub(super) back: u8,
}

/// The windows of all patterns that are looked for at the same distance.
#[derive(Debug, Default)]
pub(super) struct Filter {
    stride: usize,
    mask: u32,
    shift: u32,
    table: Vec<u64>,
    /// By window, where its needles lie.
    places: FxHashMap<u32, (usize, usize)>,
    needles: Vec<Needle>,
}

/// The filters for some patterns, of those kinds that are needed.
pub(super) fn filters(patterns: &[Vec<char>]) -> Vec<Filter> {
    let mut windows: Vec<FxHashSet<(u32, Needle)>> = vec![FxHashSet::default(); KINDS.len()];
    for (pattern, letters) in (0_u32..).zip(patterns) {
        for encoding in Encoding::all(letters.len()) {
            let shortest = shortest(letters, *encoding);
            let fitting = KINDS.iter().zip(&mut windows).filter(|((width, stride), _)| width + stride - 1 <= shortest);
            for ((width, stride), windows) in fitting {
                let most = if *stride > 1 { SPELLINGS } else { usize::MAX };
                let Some(fronts) = fronts(letters, *encoding, width + stride - 1, most) else { continue };
                for (front, back) in
                    fronts.iter().flat_map(|front| (0_u8..).take(*stride).map(move |back| (front, back)))
                {
                    let window = front.get(usize::from(back)..).unwrap_or_default();
                    let key = key(window, mask(*width));
                    windows.insert((key, Needle { pattern, encoding: *encoding, back }));
                }
                break;
            }
        }
    }
    let made = KINDS.iter().zip(windows).filter(|(_, windows)| !windows.is_empty());
    made.map(|((width, stride), windows)| Filter::new(*width, *stride, windows.into_iter().collect())).collect()
}

fn mask(width: usize) -> u32 {
    u32::MAX >> (8 * (4 - width.clamp(1, 4)))
}

fn key(window: &[u8], mask: u32) -> u32 {
    let mut four = [0; 4];
    four.iter_mut().zip(window).for_each(|(to, from)| *to = *from);
    (u32::from_le_bytes(four) | CASE) & mask
}

/// The number of bytes of the shortest spelling.
fn shortest(letters: &[char], encoding: Encoding) -> usize {
    let mut least = vec![0_usize; letters.len() + 1];
    for at in (0..letters.len()).rev() {
        let mut best = usize::MAX;
        spellings(letters.get(at..).unwrap_or_default(), |text, count| {
            let behind = least.get(at + count).copied().unwrap_or(0);
            best = best.min(behind.saturating_add(encoding.length(text)));
        });
        if let Some(place) = least.get_mut(at) {
            *place = best;
        }
    }
    least.first().copied().unwrap_or(0)
}

/// The first `length` bytes of all spellings; `None` if there are more than `most`.
fn fronts(letters: &[char], encoding: Encoding, length: usize, most: usize) -> Option<FxHashSet<Vec<u8>>> {
    let mut found = FxHashSet::default();
    let mut open = vec![(Vec::new(), letters)];
    while let Some((bytes, rest)) = open.pop() {
        if bytes.len() >= length {
            found.insert(bytes.get(..length).unwrap_or_default().iter().map(|byte| byte | 0x20).collect());
        }
        if bytes.len() < length {
            spellings(rest, |text, count| {
                let mut longer = bytes.clone();
                encoding.write(text, &mut longer);
                open.push((longer, rest.get(count..).unwrap_or_default()));
            });
        }
        if found.len().max(open.len()) > most {
            return None;
        }
    }
    Some(found)
}

impl Filter {
    fn new(width: usize, stride: usize, mut windows: Vec<(u32, Needle)>) -> Self {
        windows.sort_unstable();
        let bits = (windows.len() * SPARSE).next_power_of_two().clamp(1 << 12, 1 << 24);
        let mut filter = Self {
            stride,
            mask: mask(width),
            shift: 32 - bits.trailing_zeros(),
            table: vec![0; bits / 64],
            needles: windows.iter().map(|(_, needle)| *needle).collect(),
            places: FxHashMap::default(),
        };
        for (place, (key, _)) in windows.iter().enumerate() {
            let hash = filter.hash(*key);
            if let Some(word) = filter.table.get_mut((hash >> 6) as usize) {
                *word |= 1 << (hash & 63);
            }
            filter.places.entry(*key).or_insert((place, place)).1 = place + 1;
        }
        filter
    }

    /// A multiplication mixes the bytes (the golden ratio, as Knuth chose it); its upper bits count.
    fn hash(&self, key: u32) -> u32 {
        key.wrapping_mul(0x9e37_79b1) >> self.shift
    }

    /// Calls `each` for every place where a pattern may begin, from `start` on and before `end`, with the needle.
    pub(super) fn run(&self, bytes: &[u8], start: usize, end: usize, mut each: impl FnMut(usize, Needle)) {
        let first = start.next_multiple_of(self.stride);
        let last = end.saturating_add(self.stride).min(bytes.len());
        // The last few places have no four bytes in sight.
        let body = last.min(bytes.len().saturating_sub(8)).saturating_sub(first) / self.stride * self.stride;
        let tail = first.saturating_add(body);
        let mut hit = |at: usize, key: u32| {
            let Some((from, to)) = self.places.get(&key) else { return };
            for needle in self.needles.get(*from..*to).unwrap_or_default() {
                if let Some(begin) = at.checked_sub(usize::from(needle.back)).filter(|at| (start..end).contains(at)) {
                    each(begin, *needle);
                }
            }
        };
        let inside = bytes.get(first..tail).unwrap_or_default();
        match self.stride {
            8 => inside.chunks_exact(8).enumerate().for_each(|(index, part)| {
                if let Some(four) = part.first_chunk::<4>() {
                    self.test(*four, first + index * 8, &mut hit);
                }
            }),
            4 => inside.chunks_exact(4).enumerate().for_each(|(index, part)| {
                if let Some(four) = part.first_chunk::<4>() {
                    self.test(*four, first + index * 4, &mut hit);
                }
            }),
            stride => {
                let inside = bytes.get(first..tail + 3).unwrap_or_default();
                inside.windows(4).step_by(stride).enumerate().for_each(|(index, part)| {
                    if let Some(four) = part.first_chunk::<4>() {
                        self.test(*four, first + index * stride, &mut hit);
                    }
                });
            }
        }
        for at in (tail..last).step_by(self.stride) {
            hit(at, key(bytes.get(at..).unwrap_or_default(), self.mask));
        }
    }

    #[inline(always)]
    #[allow(clippy::inline_always)] // The loops around it are all that a search does.
    fn test(&self, four: [u8; 4], at: usize, hit: &mut impl FnMut(usize, u32)) {
        let key = (u32::from_le_bytes(four) | CASE) & self.mask;
        let hash = self.hash(key);
        if self.table.get((hash >> 6) as usize).is_some_and(|word| word >> (hash & 63) & 1 == 1) {
            hit(at, key);
        }
    }
}
