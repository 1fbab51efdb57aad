//! Compression methods of members (APPNOTE 4.4.5) and the codecs that undo them.

use crate::codec::Codec;

/// A compression method by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Method(pub u16);

impl Method {
    /// Not compressed.
    pub const STORED: Self = Self(0);

    /// The codec; `size` is what the content should come to, for the codec that may have no end mark.
    pub fn codec(self, size: u64, end_mark: bool) -> Option<Codec> {
        Some(match self.0 {
            8 => Codec::Deflate,
            12 => Codec::Bz2,
            14 => Codec::ZipLzma(if end_mark { u64::MAX } else { size }),
            93 => Codec::Zstd,
            95 => Codec::Xz,
            _ => return None,
        })
    }

    /// Its name, for messages.
    pub fn name(self) -> &'static str {
        match self.0 {
            0 => "stored",
            1 => "shrunk",
            2..=5 => "reduced",
            6 => "imploded",
            8 => "deflate",
            9 => "deflate64",
            10 => "PKWARE imploded",
            12 => "bzip2",
            14 => "lzma",
            16 | 18 | 97 => "a method of old IBM or WavPack archives",
            20 | 93 => "zstd",
            94 => "mp3",
            95 => "xz",
            96 => "jpeg",
            98 => "ppmd",
            99 => "AES",
            _ => "unknown",
        }
    }

    /// Whether the number is assigned to anything.
    pub(super) fn assigned(self) -> bool {
        self.name() != "unknown"
    }
}
