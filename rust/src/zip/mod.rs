//! Zip archives seen whole: every end record, every directory, every local header, and the bytes between them.
//!
//! A reader picks one interpretation of an archive; this one collects all that some reader would pick. `end` finds the
//! end records, `central` and `local` read the two headers of a member, `extra` their extra fields, `collect` puts them
//! together, `gaps` walks what no directory accounts for, `judge` compares members with each other, `names` looks at
//! their names. Nothing is read but headers and what lies between members: memory follows the number of entries.

mod bytes;
mod central;
mod collect;
mod end;
mod extra;
mod gaps;
mod judge;
mod local;
mod member;
mod method;
mod names;

use crate::codec::{Codec, Status, StreamEnd};
use crate::deadline::Deadline;
use crate::error::Result;
use crate::finding::Finding;
use crate::marks::Marks;
use crate::pattern::Patterns;
use crate::sift::{Candidate, SMALL, Sifted, sift};
use crate::source::Source;

pub use method::Method;

/// What an archive holds, by any reading of it.
#[derive(Debug, Default)]
pub struct ZipScan {
    /// In order of their place in the file; a range of bytes appears once for each way to read it.
    pub members: Vec<Member>,
    /// What belongs to no member and is no padding, in order of place.
    pub slack: Vec<Slack>,
    /// In order of offset.
    pub findings: Vec<Finding>,
    /// Whether all structure was understood.
    pub complete: bool,
}

/// One member by one reading.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools)] // Independent facts, each asked for by its name.
pub struct Member {
    /// As the directory has it; as the local header has it where no directory lists the member.
    pub name: String,
    /// The bytes as they are stored.
    pub stored: Source,
    /// What decodes them; none where they are stored, encrypted, or compressed by a method that is not known.
    pub codec: Option<Codec>,
    /// The size of the content as declared.
    pub size: u64,
    /// The size of the stored bytes as declared.
    pub packed: u64,
    /// The checksum as declared.
    pub crc: u32,
    /// How the content is compressed.
    pub method: Method,
    /// Whether the headers say that the content is encrypted.
    pub encrypted: bool,
    /// Whether it is a folder.
    pub folder: bool,
    /// Whether no directory lists it.
    pub hidden: bool,
    /// Whether another member stands for the ordinary reading of the same bytes.
    pub variant: bool,
    /// Where a symbolic link leads to is what it holds.
    pub link: bool,
    /// Where the local header lies.
    pub header: u64,
    /// Where the stored bytes lie.
    pub data: u64,
    /// Where the entry of the directory lies; nowhere if none lists the member.
    pub listed: Option<u64>,
}

impl ZipScan {
    /// Which members need a closer look than text or a pickle that calls nothing.
    pub fn sift(&self, marks: &Marks, patterns: Option<&Patterns>, deadline: &Deadline) -> Sifted {
        sift(&self.members, marks, patterns, deadline)
    }
}

impl Candidate for Member {
    fn name(&self) -> &str {
        &self.name
    }

    fn whole(&self) -> Option<Vec<u8>> {
        let odd = self.encrypted || self.variant || self.hidden || self.link;
        if odd || self.size > SMALL || self.packed > SMALL || (self.codec.is_none() && self.size != self.packed) {
            return None;
        }
        let source = self.content();
        let content = source.read(0, usize::try_from(self.size).ok()?.checked_add(1)?).ok()?;
        let whole = |end: StreamEnd| end.status == Status::Complete && end.trailing == 0;
        let ends = self.codec.is_none() || source.end().is_some_and(whole);
        let mut crc = crc32fast::Hasher::new();
        crc.update(&content);
        (ends && content.len() as u64 == self.size && crc.finalize() == self.crc).then_some(content)
    }
}

impl Member {
    /// The content, decoded as it is read, and forgotten with the source.
    pub fn content(&self) -> Source {
        self.codec.map_or_else(|| self.stored.clone(), |codec| self.stored.decode(codec, DECODED))
    }
}

/// Bytes that one member may expand to: the largest compressed checkpoints known are below 100 GB.
const DECODED: u64 = 1 << 40;

/// Bytes outside of all members.
#[derive(Debug, Clone)]
pub struct Slack {
    /// Where they lie.
    pub offset: u64,
    /// The bytes.
    pub source: Source,
    /// In which part of the archive, in words.
    pub place: &'static str,
}

/// Most entries that are listed: ten times what the largest honest archives seen have; 200 bytes each.
const ENTRIES: usize = 1 << 20;

/// What archives begin with: a member, no member at all, or the mark of an archive that was split and is whole again.
const FRONTS: [&[u8]; 3] = [local::MAGIC, end::MAGIC, b"PK\x07\x08PK\x03\x04"];

/// Whether a source may be an archive: it begins like one, or an end record stands where readers look for it.
pub fn sniff(source: &Source) -> Result<bool> {
    let front = source.read(0, 8)?;
    if FRONTS.iter().any(|magic| front.starts_with(magic)) {
        return Ok(true);
    }
    // Only decompressing would lead to the end of a stream.
    let Some(size) = source.size() else { return Ok(false) };
    let length = usize::try_from(collect::TAIL).unwrap_or(usize::MAX);
    let tail = source.read(size.saturating_sub(collect::TAIL), length)?;
    // Forwards, since only that compares many bytes at a time.
    let record = memchr::memmem::find_iter(&tail, end::MAGIC).last();
    Ok(record.is_some_and(|at| (tail.len() - at) as u64 >= end::FIXED))
}

/// Reads the structure of an archive. A source whose end is not known is no archive: it has to be spooled before.
pub fn scan(source: &Source, deadline: &Deadline) -> ZipScan {
    collect::Collector::new(source).run(deadline)
}

#[cfg(test)]
mod tests;
