//! Decompressed bytes that are needed in any order are kept: in memory, or in a temporary file without a name.
//!
//! A part of a stream can only be read by decompressing all before it. An archive of many members would cost that for each
//! of them.

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::source::{Reader, Source};

/// Bytes of one stream that are kept in memory; more go to a file.
const IN_MEMORY: u64 = 8 << 20;

/// Bytes of all streams together in memory: archives in archives are open at the same time.
static MEMORY: Pool = Pool { used: AtomicU64::new(0), limit: 32 << 20 };

/// Bytes of all streams together in temporary files. The largest compressed checkpoints known are smaller.
static DISK: Pool = Pool { used: AtomicU64::new(0), limit: 64 << 30 };

/// What is shared by all spools of the process.
#[derive(Debug)]
struct Pool {
    used: AtomicU64,
    limit: u64,
}

/// The part of a pool that one spool occupies, given back when it goes.
#[derive(Debug)]
pub(crate) struct Room {
    pool: &'static Pool,
    size: u64,
}

impl Room {
    fn none(pool: &'static Pool) -> Self {
        Self { pool, size: 0 }
    }

    /// Takes more; `false` where the pool has no more.
    fn grow(&mut self, count: u64) -> bool {
        let used = self.pool.used.fetch_add(count, Ordering::Relaxed);
        self.size = self.size.saturating_add(count);
        used.saturating_add(count) <= self.pool.limit
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.pool.used.fetch_sub(self.size, Ordering::Relaxed);
    }
}

/// Why a spool holds what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// All of the stream.
    Whole,
    /// What came before the compressed data broke or went beyond its budget; `Source::end` of the stream tells.
    Broken,
    /// What there was room for.
    Full,
    /// What came before the deadline.
    Late,
}

/// The bytes of a source in a form that gives random access: the source itself, where it does.
///
/// # Errors
/// Only when the source cannot be read; a full disk ends the spool.
pub fn spool(source: &Source, deadline: &Deadline) -> Result<(Source, Kept)> {
    if source.random_access() {
        return Ok((source.clone(), Kept::Whole));
    }
    let mut reader = source.reader(0)?;
    let mut room = Room::none(&MEMORY);
    let mut bytes = Vec::new();
    loop {
        let mut block = vec![0; 1 << 16];
        let (count, kept) = next(&mut reader, &mut block, deadline)?;
        if count == 0 {
            return Ok((Source::from_spool_bytes(bytes, room, source), kept));
        }
        block.truncate(count);
        let enough = bytes.len() as u64 + count as u64 > IN_MEMORY;
        if enough || !room.grow(count as u64) {
            return to_file(&mut reader, [bytes, block].concat(), source, deadline);
        }
        bytes.append(&mut block);
    }
}

/// The next bytes; none at the end, with the reason.
fn next(reader: &mut Reader, block: &mut [u8], deadline: &Deadline) -> Result<(usize, Kept)> {
    if deadline.expired() {
        return Ok((0, Kept::Late));
    }
    match reader.read(block) {
        Err(Error::Codec { .. } | Error::Budget { .. }) => Ok((0, Kept::Broken)),
        Err(Error::Late) => Ok((0, Kept::Late)),
        other => Ok((other?, Kept::Whole)),
    }
}

fn to_file(reader: &mut Reader, mut block: Vec<u8>, stream: &Source, deadline: &Deadline) -> Result<(Source, Kept)> {
    let mut room = Room::none(&DISK);
    let Ok(mut file) = unnamed_file() else {
        return Ok((Source::from_spool_bytes(block, Room::none(&MEMORY), stream), Kept::Full));
    };
    let mut size = 0;
    let (mut count, mut kept) = (block.len(), Kept::Whole);
    while count > 0 {
        let part = block.get(..count).unwrap_or_default();
        if !room.grow(count as u64) || file.write_all(part).is_err() {
            kept = Kept::Full;
            break;
        }
        size += count as u64;
        block.resize(1 << 18, 0);
        (count, kept) = next(reader, &mut block, deadline)?;
    }
    Ok((Source::from_spool_file(file, size, room, stream), kept))
}

/// A new file that nobody else can open, and that goes when it is closed.
fn unnamed_file() -> std::io::Result<File> {
    let name = format!("modelaudit-{:016x}", RandomState::new().hash_one(std::process::id()));
    let path = std::env::temp_dir().join(name);
    let mut options = File::options();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Codec;

    fn compressed(size: usize) -> (Vec<u8>, Source) {
        let data: Vec<u8> = (0..=250_u8).cycle().take(size).collect();
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&data).unwrap_or_else(|_| unreachable!());
        let source = Source::from_bytes(encoder.finish().unwrap_or_else(|_| unreachable!()));
        (data, source.decode(Codec::Zlib, 1 << 40))
    }

    #[test]
    fn short_and_long_streams_are_kept_whole() {
        for size in [0, 1, 100_000, 9 << 20] {
            let (data, stream) = compressed(size);
            let (kept, why) = spool(&stream, &Deadline::never()).unwrap_or_else(|_| unreachable!());
            assert!(kept.random_access());
            assert_eq!((kept.size(), why), (Some(size as u64), Kept::Whole));
            assert!(kept.read(0, size + 1).unwrap_or_default() == data);
        }
    }

    #[test]
    fn a_deadline_ends_it() {
        let deadline = Deadline::never();
        deadline.cancel();
        let (_, stream) = compressed(100);
        let why = spool(&stream, &deadline).map_or(Kept::Whole, |(_, why)| why);
        assert_eq!(why, Kept::Late);
    }

    #[test]
    fn room_is_given_back() {
        static POOL: Pool = Pool { used: AtomicU64::new(0), limit: 10 };
        let mut room = Room::none(&POOL);
        assert!(room.grow(8));
        assert!(!Room::none(&POOL).grow(8));
        assert!(room.grow(2));
        drop(room);
        assert!(Room::none(&POOL).grow(10));
    }
}
