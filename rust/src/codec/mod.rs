//! Compressed streams: which codecs exist, and one decoder that walks a stream of one or several members.

mod member;

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use crate::decoded::Work;
use crate::error::{Error, Result};
use crate::source::Reader;
use member::{Input, Member};

/// A compression format of single streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// RFC 1952, one or several members.
    Gzip,
    /// RFC 1950.
    Zlib,
    /// bzip2, one or several streams.
    Bz2,
    /// The .xz container, one or several streams.
    Xz,
    /// The older .lzma container.
    Lzma,
    /// Zstandard frames.
    Zstd,
    /// LZ4 frames.
    Lz4,
    /// RFC 1951 without a wrapper, as in zip archives.
    Deflate,
    /// LZMA as in zip archives (APPNOTE 5.8), with the size of the content where no end mark tells; else `u64::MAX`.
    ZipLzma(u64),
}

impl Codec {
    /// All codecs, in the order of their names.
    pub const ALL: [Self; 9] = [
        Self::Bz2,
        Self::Deflate,
        Self::Gzip,
        Self::Lz4,
        Self::Lzma,
        Self::Xz,
        Self::ZipLzma(u64::MAX),
        Self::Zlib,
        Self::Zstd,
    ];

    /// The lower-case name used in reports and by callers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bz2 => "bz2",
            Self::Deflate => "deflate",
            Self::Gzip => "gzip",
            Self::Lz4 => "lz4",
            Self::Lzma => "lzma",
            Self::Xz => "xz",
            Self::ZipLzma(_) => "zip-lzma",
            Self::Zlib => "zlib",
            Self::Zstd => "zstd",
        }
    }

    /// The codec of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| codec.name() == name)
    }

    /// Whether members of zip archives are compressed so, whose headers have a CRC-32 to compare.
    fn is_zip_method(self) -> bool {
        !matches!(self, Self::Gzip | Self::Zlib | Self::Lz4 | Self::Lzma)
    }

    /// Whether `front` begins another member of a stream that has had one.
    fn continues(self, front: &[u8]) -> bool {
        match self {
            Self::Gzip => front.starts_with(b"\x1f\x8b"),
            Self::Bz2 => front.starts_with(b"BZh"),
            Self::Xz => front.starts_with(b"\xfd7zXZ\0"),
            // A skippable frame has one of sixteen magic numbers (RFC 8878, section 3.1.2).
            Self::Zstd => {
                front.starts_with(b"\x28\xb5\x2f\xfd") || matches!(front, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
            }
            Self::Lz4 => front.starts_with(b"\x04\x22\x4d\x18"),
            Self::Zlib | Self::Lzma | Self::Deflate | Self::ZipLzma(_) => false,
        }
    }
}

/// How a compressed stream ended, once somebody has read so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamEnd {
    /// Decoded bytes.
    pub size: u64,
    /// Whether the data was whole; otherwise it is broken or goes beyond its budget.
    pub status: Status,
    /// Bytes of the compressed source behind the end of the last member.
    pub trailing: u64,
    /// The CRC-32 of the decoded bytes; 0 for codecs that no zip archive has.
    pub crc: u32,
}

/// Whether compressed data was whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Read to the end of the last member.
    Complete,
    /// No decoder goes on.
    Broken,
    /// More than the budget.
    Limit,
}

/// Where readers of the same stream note how it ended.
pub type EndNote = Arc<OnceLock<StreamEnd>>;

enum State {
    Member(Box<Member>),
    Ended,
    Broken,
}

/// Decompresses a reader as it is read, up to a budget.
pub struct Decoder {
    codec: Codec,
    state: State,
    decoded: u64,
    crc: crc32fast::Hasher,
    limit: u64,
    end: EndNote,
    work: Work,
}

impl Decoder {
    /// A decoder at the front of `reader`, which gives an error rather than more than `limit` bytes, or more than `work`
    /// has left for all decoders of the file, and notes in `end` how the stream ended.
    pub(crate) fn new(codec: Codec, reader: Reader, limit: u64, end: EndNote, work: Work) -> Self {
        let state = match Member::open(codec, Input::new(reader)) {
            Ok(member) => State::Member(Box::new(member)),
            Err(_) => State::Broken,
        };
        Self { codec, state, decoded: 0, crc: crc32fast::Hasher::new(), limit, end, work }
    }

    /// Fills the front of `into`; 0 at the end of the last member.
    ///
    /// An error repeats at every further read: what was delivered before it stays valid.
    pub fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            let member = match &mut self.state {
                State::Member(member) => member,
                State::Ended => return Ok(0),
                State::Broken => return Err(self.broken()),
            };
            match member.read(into) {
                Ok(0) => self.next_member()?,
                Ok(count) => {
                    self.decoded = self.decoded.saturating_add(count as u64);
                    let allowed = self
                        .work
                        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(count as u64));
                    if self.decoded > self.limit || allowed.is_err() {
                        self.note(Status::Limit, 0);
                        return Err(Error::Budget { codec: self.codec.name(), limit: self.limit });
                    }
                    if self.codec.is_zip_method() {
                        self.crc.update(into.get(..count).unwrap_or_default());
                    }
                    return Ok(count);
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => {
                    self.state = State::Broken;
                    return Err(self.broken());
                }
            }
        }
    }

    fn next_member(&mut self) -> Result<()> {
        let State::Member(member) = std::mem::replace(&mut self.state, State::Ended) else { return Ok(()) };
        let mut input = member.into_input();
        if input.is_cut(self.codec) {
            self.state = State::Broken;
            return Err(self.broken());
        }
        if self.codec == Codec::Xz {
            input.skip_zeros()?;
        }
        if !self.codec.continues(input.front()?) {
            let trailing = input.count_rest()?;
            self.note(Status::Complete, trailing);
            return Ok(());
        }
        self.state = match Member::open(self.codec, input) {
            Ok(member) => State::Member(Box::new(member)),
            Err(_) => State::Broken,
        };
        Ok(())
    }

    fn note(&self, status: Status, trailing: u64) {
        // Another reader of the same stream may have come to the same end before.
        let _ = self.end.set(StreamEnd { size: self.decoded, status, trailing, crc: self.crc.clone().finalize() });
    }

    fn broken(&self) -> Error {
        self.note(Status::Broken, 0);
        Error::Codec { codec: self.codec.name(), decoded: self.decoded }
    }
}

#[cfg(test)]
mod tests;
