//! Where bytes come from: a file, memory, a part of another source, or a decompressed stream.
//!
//! Files are read by position and never mapped: a mapped file that shrinks would kill the process.

use std::fmt;
use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::account::Account;
use crate::codec::{Codec, StreamEnd};
use crate::deadline::Deadline;
use crate::decoded::{Decoded, DecodedReader};
use crate::error::{Error, Result};
use crate::sparse::Sparse;
use crate::spool::Room;

/// Bytes somewhere. Cheap to clone, immutable, usable from many threads.
#[derive(Clone)]
pub struct Source(Arc<Inner>);

enum Inner {
    File { file: File, size: u64, account: Arc<Account>, count: AtomicU64, kept: Option<Kept> },
    Bytes { bytes: Vec<u8>, account: Arc<Account>, kept: Option<Kept> },
    Range { base: Source, start: u64, size: u64 },
    Decoded(Arc<Decoded>),
    Sparse(Sparse),
}

/// Of which stream these are the spooled bytes, and the room they take.
struct Kept {
    of: Place,
    _room: Room,
}

/// Where bytes lie: two sources with the same place have the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Which file, bytes or stream.
    pub(crate) bytes: Whole,
    /// The offset in it.
    pub(crate) start: u64,
    /// How many there are, at most.
    pub(crate) size: u64,
}

/// A file, bytes or a stream: by its address, while it lives, or by a number that is never given again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whole {
    Address(usize),
    Stream(u64),
}

/// Bytes of a file that are read between two looks at the clock.
const PIECE: usize = 16 << 20;

impl Source {
    /// A regular file, opened for reading. Anything else that may have taken its place since somebody looked is refused,
    /// without waiting for a FIFO's writer.
    pub fn open(path: &Path) -> Result<Self> {
        let file = open_without_waiting(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(Error::Io(std::io::Error::other("not a regular file")));
        }
        let (size, account, count) = (metadata.len(), Account::new(), AtomicU64::new(0));
        Ok(Self(Arc::new(Inner::File { file, size, account, count, kept: None })))
    }

    /// A file of our own that holds spooled bytes of a file, and gives back its room when nobody needs them any more.
    pub(crate) fn from_spool_file(file: File, size: u64, room: Room, stream: &Self) -> Self {
        let (account, of) = (Arc::clone(stream.account()), stream.place());
        let (count, kept) = (AtomicU64::new(0), Some(Kept { of, _room: room }));
        Self(Arc::new(Inner::File { file, size, account, count, kept }))
    }

    /// The same in memory.
    pub(crate) fn from_spool_bytes(bytes: Vec<u8>, room: Room, stream: &Self) -> Self {
        let (account, of) = (Arc::clone(stream.account()), stream.place());
        Self(Arc::new(Inner::Bytes { bytes, account, kept: Some(Kept { of, _room: room }) }))
    }

    /// Parts of another source with zeros between them.
    pub(crate) fn from_sparse(sparse: Sparse) -> Self {
        Self(Arc::new(Inner::Sparse(sparse)))
    }

    /// Bytes in memory.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Inner::Bytes { bytes, account: Account::new(), kept: None }))
    }

    /// The part of this source that begins at `start` and has at most `size` bytes.
    #[must_use]
    pub fn slice(&self, start: u64, size: u64) -> Self {
        let available = self.size().map_or(size, |whole| size.min(whole.saturating_sub(start)));
        if let Inner::Range { base, start: outer, .. } = &*self.0 {
            return Self(Arc::new(Inner::Range {
                base: base.clone(),
                start: outer.saturating_add(start),
                size: available,
            }));
        }
        Self(Arc::new(Inner::Range { base: self.clone(), start, size: available }))
    }

    /// The decompressed content of this source, produced as it is read, at most `limit` bytes of it.
    #[must_use]
    pub fn decode(&self, codec: Codec, limit: u64) -> Self {
        let decoded = Decoded::new(self.clone(), codec, limit, Arc::clone(self.account()));
        Self(Arc::new(Inner::Decoded(Arc::new(decoded))))
    }

    /// Lets decoders of this file produce at most so many bytes from now on.
    pub fn limit_work(&self, bytes: u64) {
        self.account().limit(bytes);
    }

    /// Whether the time is over that was set for this file.
    pub fn is_late(&self) -> bool {
        self.account().is_late()
    }

    /// Ends decoders of this file at a deadline, unless it has one: reading what is decoded fails from then on.
    pub fn end_at(&self, deadline: &Arc<Deadline>) {
        self.account().end_at(deadline);
    }

    /// The account of the file or the bytes that this source is a part of.
    pub(crate) fn account(&self) -> &Arc<Account> {
        match &*self.0 {
            Inner::File { account, .. } | Inner::Bytes { account, .. } => account,
            Inner::Range { base, .. } => base.account(),
            Inner::Decoded(decoded) => decoded.base.account(),
            Inner::Sparse(sparse) => sparse.base().account(),
        }
    }

    /// Where the bytes lie, for those who ask whether two sources overlap.
    pub(crate) fn place(&self) -> Place {
        let whole = |bytes| Place { bytes, start: 0, size: self.size().unwrap_or(u64::MAX) };
        match &*self.0 {
            Inner::Range { base, start, size } => {
                let base = base.place();
                let size = (*size).min(base.size.saturating_sub(*start));
                Place { start: base.start.saturating_add(*start), size, ..base }
            }
            Inner::File { kept: Some(kept), .. } | Inner::Bytes { kept: Some(kept), .. } => {
                Place { size: kept.of.size.min(self.size().unwrap_or(u64::MAX)), ..kept.of }
            }
            Inner::Decoded(decoded) => whole(Whole::Stream(decoded.number)),
            Inner::File { .. } | Inner::Bytes { .. } | Inner::Sparse(_) => {
                whole(Whole::Address(Arc::as_ptr(&self.0).addr()))
            }
        }
    }

    /// Which stretches of this source the parts are, packed or not: in order, and none inside another.
    pub(crate) fn parts(&self, parts: &[Self]) -> Vec<Range<u64>> {
        let whole = self.place();
        let relative = |part: &Self| {
            let place = part.packed().unwrap_or(part).place();
            let start = place.start.checked_sub(whole.start).filter(|_| place.bytes == whole.bytes)?;
            let size = place.size.min(whole.size.saturating_sub(start));
            (size > 0).then(|| start..start.saturating_add(size))
        };
        let mut found: Vec<Range<u64>> = parts.iter().filter_map(relative).collect();
        found.sort_unstable_by_key(|part| (part.start, std::cmp::Reverse(part.end)));
        let mut end = 0;
        found.retain(|part| {
            let reaches_on = part.end > end;
            end = end.max(part.end);
            reaches_on
        });
        found
    }

    /// What this source is decompressed from, if it is.
    pub(crate) fn packed(&self) -> Option<&Self> {
        if let Inner::Decoded(decoded) = &*self.0 { Some(&decoded.base) } else { None }
    }

    /// The number of bytes; `None` where only reading to the end would tell, and nobody has.
    pub fn size(&self) -> Option<u64> {
        match &*self.0 {
            Inner::File { size, .. } => Some(*size),
            Inner::Bytes { bytes, .. } => u64::try_from(bytes.len()).ok(),
            Inner::Sparse(sparse) => Some(sparse.size()),
            Inner::Range { base, start, size } => base.size().map(|whole| (*size).min(whole.saturating_sub(*start))),
            Inner::Decoded(decoded) => decoded.size(),
        }
    }

    /// How many bytes of a file were read so far, those that were read again counted again; 0 for other sources.
    pub fn bytes_read(&self) -> u64 {
        match &*self.0 {
            Inner::File { count, .. } => count.load(Ordering::Relaxed),
            Inner::Bytes { .. } | Inner::Range { .. } | Inner::Decoded(_) | Inner::Sparse(_) => 0,
        }
    }

    /// How a decoded stream ended, once some reader got so far; `None` before, and for other sources.
    pub fn end(&self) -> Option<StreamEnd> {
        match &*self.0 {
            Inner::Decoded(decoded) => decoded.end.get().copied(),
            Inner::File { .. } | Inner::Bytes { .. } | Inner::Range { .. } | Inner::Sparse(_) => None,
        }
    }

    /// Whether any offset can be read at the cost of its bytes alone.
    pub fn random_access(&self) -> bool {
        match &*self.0 {
            Inner::File { .. } | Inner::Bytes { .. } => true,
            Inner::Sparse(sparse) => sparse.random_access(),
            Inner::Range { base, .. } => base.random_access(),
            Inner::Decoded(decoded) => decoded.size().is_some(),
        }
    }

    /// Up to `length` bytes from `offset` on, fewer at the end or before the place where compressed data is broken; an
    /// error only where there are none. On a decoded source what lies before may be decoded again.
    pub fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>> {
        let known = self.size().map(|size| usize::try_from(size.saturating_sub(offset)).unwrap_or(usize::MAX));
        // Never allocate for a declared length that is not there.
        let mut bytes = Vec::with_capacity(length.min(known.unwrap_or(1 << 16)));
        let mut reader = self.reader(offset)?;
        if let (Reader::At { .. }, Some(known)) = (&reader, known) {
            bytes.resize(length.min(known), 0);
            let mut filled = 0;
            while let Some(room) = bytes.get_mut(filled..).filter(|room| !room.is_empty()) {
                // A disk can be slow.
                let most = room.len().min(PIECE);
                if filled > 0 && self.account().is_late() {
                    return Err(Error::Late);
                }
                match reader.read(room.get_mut(..most).unwrap_or_default())? {
                    0 => break,
                    count => filled += count,
                }
            }
            bytes.truncate(filled);
            return Ok(bytes);
        }
        let mut block = [0_u8; 1 << 14];
        while bytes.len() < length {
            let want = (length - bytes.len()).min(block.len());
            let Some(part) = block.get_mut(..want) else { break };
            let count = match reader.read(part) {
                Ok(count) => count,
                Err(Error::Codec { .. } | Error::Budget { .. }) if !bytes.is_empty() => break,
                Err(error) => return Err(error),
            };
            if count == 0 {
                break;
            }
            bytes.extend_from_slice(part.get(..count).unwrap_or_default());
        }
        Ok(bytes)
    }

    /// A reader whose first byte is the one at `offset`.
    pub fn reader(&self, offset: u64) -> Result<Reader> {
        let mut reader = match &*self.0 {
            Inner::File { .. } | Inner::Bytes { .. } | Inner::Sparse(_) => {
                return Ok(Reader::At { source: self.clone(), offset, end: self.size().unwrap_or(0) });
            }
            Inner::Range { base, start, size } => {
                if base.random_access() {
                    return Ok(Reader::At {
                        source: base.clone(),
                        offset: start.saturating_add(offset.min(*size)),
                        end: start.saturating_add(*size),
                    });
                }
                let inner = base.reader(*start)?;
                Reader::Limited { inner: Box::new(inner), left: *size }
            }
            Inner::Decoded(decoded) => Reader::Decoded(Box::new(DecodedReader::new(Arc::clone(decoded)))),
        };
        reader.skip(offset)?;
        Ok(reader)
    }

    /// One positional read; only for sources that give random access.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize> {
        match &*self.0 {
            Inner::File { file, count, .. } => loop {
                match read_file_at(file, into, offset) {
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error.into()),
                    Ok(read) => {
                        count.fetch_add(u64::try_from(read).unwrap_or(0), Ordering::Relaxed);
                        return Ok(read);
                    }
                }
            },
            Inner::Bytes { bytes, .. } => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                let part = bytes.get(start..).unwrap_or_default();
                let count = part.len().min(into.len());
                if let (Some(to), Some(from)) = (into.get_mut(..count), part.get(..count)) {
                    to.copy_from_slice(from);
                }
                Ok(count)
            }
            Inner::Sparse(sparse) => sparse.read_at(offset, into),
            Inner::Range { base, start, .. } => base.read_at(start.saturating_add(offset), into),
            Inner::Decoded(decoded) => Ok(decoded.copy_front(offset, into)),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({:?} bytes)", self.size())
    }
}

#[cfg(unix)]
fn open_without_waiting(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    File::options().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path)
}

#[cfg(windows)]
fn open_without_waiting(path: &Path) -> std::io::Result<File> {
    File::open(path)
}

#[cfg(unix)]
fn read_file_at(file: &File, into: &mut [u8], offset: u64) -> std::io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, into, offset)
}

#[cfg(windows)]
fn read_file_at(file: &File, into: &mut [u8], offset: u64) -> std::io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, into, offset)
}

/// Reads a source from front to back.
pub enum Reader {
    /// By position, up to `end`.
    At {
        /// A file or bytes.
        source: Source,
        /// Where the next byte lies.
        offset: u64,
        /// Where the part ends.
        end: u64,
    },
    /// The rest of a part of a stream.
    Limited {
        /// The stream, at the start of what is left.
        inner: Box<Reader>,
        /// How many bytes are left.
        left: u64,
    },
    /// A decompressed stream.
    Decoded(Box<DecodedReader>),
}

impl Reader {
    /// How many bytes are left, where that is known.
    pub(crate) fn left(&self) -> Option<usize> {
        match self {
            Self::At { offset, end, .. } => usize::try_from(end.saturating_sub(*offset)).ok(),
            Self::Limited { .. } | Self::Decoded(_) => None,
        }
    }

    /// Fills the front of `into`; 0 at the end.
    pub fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        match self {
            Self::At { source, offset, end } => {
                let left = usize::try_from(end.saturating_sub(*offset)).unwrap_or(usize::MAX);
                let want = left.min(into.len());
                let Some(part) = into.get_mut(..want) else { return Ok(0) };
                let count = source.read_at(*offset, part)?;
                *offset = offset.saturating_add(count as u64);
                Ok(count)
            }
            Self::Limited { inner, left } => {
                let want = usize::try_from(*left).unwrap_or(usize::MAX).min(into.len());
                let Some(part) = into.get_mut(..want) else { return Ok(0) };
                let count = inner.read(part)?;
                *left = left.saturating_sub(count as u64);
                Ok(count)
            }
            Self::Decoded(reader) => reader.read(into),
        }
    }

    /// Moves on by `count` bytes without delivering them; returns how many there were.
    pub fn skip(&mut self, count: u64) -> Result<u64> {
        if let Self::At { offset, end, .. } = self {
            let step = count.min(end.saturating_sub(*offset));
            *offset = offset.saturating_add(step);
            return Ok(step);
        }
        let mut skipped = 0;
        if let Self::Decoded(reader) = self {
            skipped = reader.skip_kept(count)?;
        }
        if skipped == count {
            return Ok(skipped);
        }
        let mut block = vec![0_u8; 1 << 16];
        while skipped < count {
            let want = usize::try_from(count - skipped).unwrap_or(usize::MAX).min(block.len());
            let Some(part) = block.get_mut(..want) else { break };
            let step = self.read(part)?;
            if step == 0 {
                break;
            }
            skipped += step as u64;
        }
        Ok(skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters() -> Source {
        Source::from_bytes(b"abcdefghij".to_vec())
    }

    #[test]
    fn a_slice_of_a_slice_reads_the_bytes_of_the_whole() {
        let part = letters().slice(2, 6).slice(1, 3);
        assert_eq!(part.size(), Some(3));
        assert_eq!(part.read(0, 100).unwrap_or_default(), b"def");
    }

    #[test]
    fn a_slice_beyond_the_end_is_cut() {
        assert_eq!(letters().slice(8, 100).size(), Some(2));
        assert_eq!(letters().slice(80, 100).size(), Some(0));
        assert_eq!(letters().read(u64::MAX, 4).unwrap_or_default(), b"");
    }

    #[test]
    fn skipping_ends_at_the_end() {
        let mut reader = letters().reader(0).unwrap_or_else(|_| unreachable!());
        assert_eq!(reader.skip(100).unwrap_or_default(), 10);
    }

    #[test]
    fn sources_cross_threads() {
        fn crosses<T: Send + Sync>() {}
        crosses::<Source>();
    }
}
