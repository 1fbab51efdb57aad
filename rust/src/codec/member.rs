//! One member of a compressed stream, and the buffered input that survives from member to member.

use std::io::{self, BufRead, Read};
use std::sync::Arc;

use bzip2::bufread::BzDecoder;
use flate2::bufread::{DeflateDecoder, GzDecoder, ZlibDecoder};
use lz4_flex::frame::FrameDecoder as Lz4Decoder;
use lzma_rust2::{LzmaReader, XzReader};
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use super::Codec;
use crate::account::Account;
use crate::error::{Error, Result};
use crate::source::Reader;

/// The largest dictionary of xz and lzma that is allocated, in KiB: what `xz -9` needs, and a little.
const LZMA_MEMORY_KIB: u32 = 80 << 10;

/// The largest window of a Zstandard frame: what `zstd --ultra -22` without `--long` needs.
const ZSTD_WINDOW: u64 = 128 << 20;

/// Compressed bytes that are read at a time.
const BUFFER: usize = 1 << 16;

/// The compressed bytes, buffered so that decoders which read byte by byte stay quick.
pub(super) struct Input {
    reader: Reader,
    buffer: Vec<u8>,
    next: usize,
    filled: usize,
    account: Arc<Account>,
    /// A decoder asked for bytes and there were none.
    ran_dry: bool,
}

impl Input {
    pub(super) fn new(reader: Reader, account: Arc<Account>) -> Self {
        // Members of archives are often a hundred bytes long, and there are many of them.
        let size = reader.left().map_or(BUFFER, |left| left.clamp(64, BUFFER));
        Self { reader, buffer: vec![0; size], next: 0, filled: 0, account, ran_dry: false }
    }

    /// Whether a decoder that ended this way ended for want of bytes. LZ4's takes that for the end of its frame.
    pub(super) fn is_cut(&self, codec: Codec) -> bool {
        codec == Codec::Lz4 && self.ran_dry
    }

    /// The next bytes, at least eight unless the input ends before.
    pub(super) fn front(&mut self) -> Result<&[u8]> {
        while self.filled - self.next < 8 {
            self.buffer.copy_within(self.next..self.filled, 0);
            self.filled -= self.next;
            self.next = 0;
            let count = self.reader.read(self.buffer.get_mut(self.filled..).unwrap_or_default())?;
            if count == 0 {
                break;
            }
            self.filled += count;
        }
        Ok(self.buffer.get(self.next..self.filled).unwrap_or_default())
    }

    /// Stream padding of xz (section 2.2 of the format): zero bytes in fours.
    pub(super) fn skip_zeros(&mut self) -> Result<()> {
        while self.front()?.starts_with(&[0; 4]) {
            self.next += 4;
        }
        Ok(())
    }

    pub(super) fn count_rest(mut self) -> Result<u64> {
        let here = (self.filled - self.next) as u64;
        Ok(here + self.reader.skip(u64::MAX)?)
    }

    /// Gives back bytes that a decoder had read ahead.
    fn unread(&mut self, bytes: &[u8]) {
        let mut joined = bytes.to_vec();
        joined.extend_from_slice(self.buffer.get(self.next..self.filled).unwrap_or_default());
        self.filled = joined.len();
        self.next = 0;
        joined.resize(joined.len().max(1 << 16), 0);
        self.buffer = joined;
    }
}

impl BufRead for Input {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.next == self.filled {
            // Much can go in before anything comes out.
            if self.filled > 0 && self.account.is_late() {
                return Err(into_io(Error::Late));
            }
            self.next = 0;
            self.filled = self.reader.read(&mut self.buffer).map_err(into_io)?;
        }
        Ok(self.buffer.get(self.next..self.filled).unwrap_or_default())
    }

    fn consume(&mut self, count: usize) {
        self.next = self.next.saturating_add(count).min(self.filled);
    }
}

impl Read for Input {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let from = self.fill_buf()?;
        let count = from.len().min(into.len());
        let ran_dry = count == 0 && !into.is_empty();
        if let (Some(to), Some(from)) = (into.get_mut(..count), from.get(..count)) {
            to.copy_from_slice(from);
        }
        self.consume(count);
        self.ran_dry |= ran_dry;
        Ok(count)
    }
}

fn into_io(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        other => io::Error::other(other),
    }
}

/// APPNOTE 5.8.8: two bytes of version, two of the length of the properties, then these, then the stream.
fn open_zip_lzma(mut input: Input, size: u64) -> io::Result<LzmaReader<Input>> {
    let mut header = [0; 9];
    input.read_exact(&mut header)?;
    let [_, _, 5, 0, properties, dictionary @ ..] = header else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let dictionary = u32::from_le_bytes(dictionary);
    if dictionary >> 10 > LZMA_MEMORY_KIB {
        return Err(io::ErrorKind::OutOfMemory.into());
    }
    LzmaReader::new_with_props(input, size, properties, dictionary, None)
}

/// A decoder of each codec, at work on one member.
pub(super) enum Member {
    Bz2(BzDecoder<Input>),
    Deflate(DeflateDecoder<Input>),
    Gzip(GzDecoder<Input>),
    Lz4(Lz4Decoder<Input>),
    Lzma(LzmaReader<Input>),
    Xz(XzReader<Input>),
    Zlib(ZlibDecoder<Input>),
    Zstd(StreamingDecoder<Input, FrameDecoder>),
}

impl Member {
    pub(super) fn open(codec: Codec, mut input: Input) -> io::Result<Self> {
        // The decoder takes a frame header that is cut after its magic number for an empty frame.
        if codec == Codec::Lz4 && input.front().map_err(into_io)?.len() < 7 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(match codec {
            Codec::Bz2 => Self::Bz2(BzDecoder::new(input)),
            Codec::Deflate => Self::Deflate(DeflateDecoder::new(input)),
            Codec::Gzip => Self::Gzip(GzDecoder::new(input)),
            Codec::Lz4 => Self::Lz4(Lz4Decoder::new(input)),
            Codec::Lzma => Self::Lzma(LzmaReader::new_mem_limit(input, LZMA_MEMORY_KIB, None)?),
            Codec::Xz => Self::Xz(XzReader::new_mem_limit(input, false, LZMA_MEMORY_KIB)),
            Codec::ZipLzma(size) => Self::Lzma(open_zip_lzma(input, size)?),
            Codec::Zlib => Self::Zlib(ZlibDecoder::new(input)),
            Codec::Zstd => {
                Self::Zstd(StreamingDecoder::new_with_max_window_size(input, ZSTD_WINDOW).map_err(io::Error::other)?)
            }
        })
    }

    pub(super) fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Bz2(decoder) => decoder.read(into),
            Self::Deflate(decoder) => decoder.read(into),
            Self::Gzip(decoder) => decoder.read(into),
            Self::Lz4(decoder) => decoder.read(into),
            Self::Lzma(decoder) => decoder.read(into),
            Self::Xz(decoder) => decoder.read(into),
            Self::Zlib(decoder) => decoder.read(into),
            Self::Zstd(decoder) => decoder.read(into),
        }
    }

    pub(super) fn into_input(self) -> Input {
        match self {
            Self::Bz2(decoder) => decoder.into_inner(),
            Self::Deflate(decoder) => decoder.into_inner(),
            Self::Gzip(decoder) => decoder.into_inner(),
            Self::Lz4(decoder) => decoder.into_inner(),
            Self::Lzma(decoder) => {
                let (mut input, ahead) = decoder.into_parts();
                input.unread(&ahead);
                input
            }
            Self::Xz(decoder) => decoder.into_inner(),
            Self::Zlib(decoder) => decoder.into_inner(),
            Self::Zstd(decoder) => decoder.into_inner(),
        }
    }
}
