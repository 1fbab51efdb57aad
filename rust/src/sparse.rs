//! A file with holes: parts of another source at places of their own, and zeros between them.

use crate::error::Result;
use crate::source::Source;

/// A part that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Where it lies in the file with holes.
    pub(crate) at: u64,
    /// How many bytes it has. In the stored form the extents follow each other without gaps.
    pub(crate) size: u64,
}

/// The file with its holes. Needs a base that gives random access.
pub(crate) struct Sparse {
    base: Source,
    /// Extents in order, each with its place in the base.
    extents: Vec<(Extent, u64)>,
    size: u64,
}

impl Sparse {
    /// The file of `size` bytes whose extents are stored in `base` one after the other; `None` where they overlap, are
    /// out of order, or leave the file.
    pub(crate) fn new(base: Source, extents: &[Extent], size: u64) -> Option<Self> {
        let (mut end, mut stored) = (0_u64, 0_u64);
        let mut placed = Vec::with_capacity(extents.len());
        for extent in extents {
            if extent.at < end {
                return None;
            }
            end = extent.at.checked_add(extent.size).filter(|end| *end <= size)?;
            placed.push((*extent, stored));
            stored = stored.checked_add(extent.size)?;
        }
        placed.retain(|(extent, _)| extent.size > 0);
        Some(Self { base, extents: placed, size })
    }

    /// Where the parts come from.
    pub(crate) fn base(&self) -> &Source {
        &self.base
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn random_access(&self) -> bool {
        self.base.random_access()
    }

    /// One positional read, which ends where an extent or a hole ends.
    pub(crate) fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize> {
        let mut want = self.size.saturating_sub(offset);
        let next = self.extents.partition_point(|(extent, _)| extent.at.saturating_add(extent.size) <= offset);
        let here = self.extents.get(next).filter(|(extent, _)| extent.at <= offset);
        if let Some((extent, stored)) = here {
            let inside = offset.saturating_sub(extent.at);
            want = want.min(extent.size.saturating_sub(inside));
            let part = into.get_mut(..clamp(want, into.len())).unwrap_or_default();
            return self.base.reader(stored.saturating_add(inside))?.read(part);
        }
        if let Some((extent, _)) = self.extents.get(next) {
            want = want.min(extent.at.saturating_sub(offset));
        }
        let part = into.get_mut(..clamp(want, into.len())).unwrap_or_default();
        part.fill(0);
        Ok(part.len())
    }
}

fn clamp(want: u64, room: usize) -> usize {
    usize::try_from(want).unwrap_or(usize::MAX).min(room)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extent(at: u64, size: u64) -> Extent {
        Extent { at, size }
    }

    #[test]
    fn holes_read_as_zeros() {
        let base = Source::from_bytes(b"abcdef".to_vec());
        let sparse = Sparse::new(base, &[extent(2, 2), extent(4, 1), extent(8, 3)], 13);
        let source = sparse.map_or_else(|| unreachable!(), Source::from_sparse);
        assert_eq!(source.size(), Some(13));
        assert_eq!(source.read(0, 100).unwrap_or_default(), b"\0\0abc\0\0\0def\0\0");
        assert_eq!(source.slice(3, 7).read(1, 5).unwrap_or_default(), b"c\0\0\0d");
        assert_eq!(source.read(99, 5).unwrap_or_default(), b"");
    }

    #[test]
    fn extents_that_overlap_or_leave_the_file_are_refused() {
        let base = || Source::from_bytes(b"abcdef".to_vec());
        assert!(Sparse::new(base(), &[extent(2, 2), extent(3, 1)], 10).is_none());
        assert!(Sparse::new(base(), &[extent(4, 2), extent(0, 1)], 10).is_none());
        assert!(Sparse::new(base(), &[extent(8, 3)], 10).is_none());
        assert!(Sparse::new(base(), &[extent(u64::MAX, 3)], u64::MAX).is_none());
    }
}
