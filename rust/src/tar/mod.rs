//! Tar archives: every header that some reader would see, members as parts of the source, what readers differ on.
//!
//! `header` reads one block, `pax` extended headers, `member` makes sense of both, `links` tells where names lead. Here the
//! archive is walked from block to block: through broken headers, as GNU tar does, and behind the end mark. Every byte
//! belongs to a member, to a gap that is handed back like one, or is padding.

mod header;
mod links;
mod member;
mod pax;

use crate::deadline::Deadline;
use crate::error::Result;
use crate::finding::{Fact, Finding};
use crate::marks::Marks;
use crate::pattern::Patterns;
use crate::sift::{Candidate, SMALL, Sifted, sift};
use crate::source::Source;
use crate::spool::{Kept, spool};
use header::{BLOCK, Header};
use links::Names;
use pax::Records;

/// Caps on what one archive may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Members, some hundred bytes each. The largest honest archives known hold 100,000.
    pub members: usize,
    /// Findings, so that an archive of nothing but broken headers does not fill the memory.
    pub findings: usize,
    /// Bytes of one extended header: attributes of 64 KiB are usual, megabytes are not.
    pub extended: u64,
    /// Parts of one sparse member.
    pub extents: usize,
    /// Bytes of holes in all sparse members together: a header of 512 bytes can make any number of zeros to be read.
    pub holes: u64,
    /// Bytes that are compared to tell whether members of one name are the same.
    pub compared: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            members: 500_000,
            findings: 20_000,
            extended: 8 << 20,
            extents: 100_000,
            holes: 1 << 30,
            compared: 256 << 20,
        }
    }
}

/// Something that lies in the archive.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its path in the archive, or what it is where it has none.
    pub name: String,
    /// Its bytes.
    pub source: Source,
}

/// The outcome of a scan.
#[derive(Debug, Default)]
pub struct TarScan {
    /// Files, and bytes between them that belong to none, in order.
    pub members: Vec<Member>,
    /// In order of discovery.
    pub findings: Vec<Finding>,
}

impl TarScan {
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
        let size = self.source.size().filter(|size| *size <= SMALL)?;
        let content = self.source.read(0, usize::try_from(size).ok()?).ok()?;
        (content.len() as u64 == size).then_some(content)
    }
}

/// Whether the bytes begin with a header: by its checksum, or by the magic of one whose checksum is broken. Blocks of zeros
/// before it end the archive for some readers only; other blocks before it are skipped by GNU tar.
pub fn sniff(head: &[u8]) -> bool {
    let is_first = |block: &[u8]| Header::of(block).is_some_and(|header| is_plausible(&header)) || has_magic(block);
    let mut blocks = head.chunks_exact(512).skip_while(|block| block.iter().all(|byte| *byte == 0));
    blocks.next().is_some_and(is_first) || blocks.any(|block| has_magic(block) && Header::of(block).is_some())
}

fn has_magic(block: &[u8]) -> bool {
    block.get(257..262) == Some(b"ustar")
}

/// Without a magic, names and kinds keep other data from passing for a header.
fn is_plausible(header: &Header) -> bool {
    let kind = header.kind();
    !header.name().is_empty() && (kind == 0 || kind.is_ascii_alphanumeric())
}

/// Walks an archive, plain or decompressed.
///
/// # Errors
/// Only when the source cannot be read; broken archives are findings.
pub fn scan(source: &Source, deadline: &Deadline, limits: Limits) -> Result<TarScan> {
    let (source, kept) = spool(source, deadline)?;
    let size = source.size().unwrap_or(0);
    let mut walk = Walk {
        source,
        size,
        deadline,
        limits,
        offset: 0,
        pending: Pending::default(),
        global: Records::default(),
        names: Names::default(),
        links: Vec::new(),
        places: Vec::new(),
        compared: 0,
        holes: 0,
        found: TarScan::default(),
        full: false,
    };
    walk.run(kept)?;
    Ok(walk.found)
}

/// What headers before a member say about it.
#[derive(Debug, Default)]
struct Pending {
    records: Records,
    long_name: Option<Vec<u8>>,
    long_link: Option<Vec<u8>>,
    /// Where the first of them lies.
    offset: Option<u64>,
}

/// A link that is judged when all names are known.
struct Link {
    offset: u64,
    path: Vec<u8>,
    target: Vec<u8>,
    hard: bool,
}

/// A path that is judged when all links are known.
struct Place {
    offset: u64,
    path: Vec<u8>,
    symlink: bool,
}

struct Walk<'a> {
    source: Source,
    size: u64,
    deadline: &'a Deadline,
    limits: Limits,
    /// Where the next block lies.
    offset: u64,
    pending: Pending,
    global: Records,
    names: Names,
    links: Vec<Link>,
    places: Vec<Place>,
    compared: u64,
    holes: u64,
    found: TarScan,
    full: bool,
}

impl Walk<'_> {
    fn run(&mut self, kept: Kept) -> Result<()> {
        let mut zeros = 0;
        while !self.full {
            if self.deadline.expired() {
                self.found.findings.push(Finding::new("ENG101", self.offset));
                break;
            }
            let block = self.block(self.offset)?;
            if block.is_empty() {
                break;
            }
            if block.iter().all(|byte| *byte == 0) {
                zeros = self.zeros()?;
            } else if let Some(header) = Header::of(&block) {
                zeros = 0;
                self.entry(&header)?;
            } else {
                zeros = 2;
                self.broken(block.len())?;
            }
        }
        if self.pending.offset.is_some() {
            self.odd("the last member", "extended headers that no member follows");
        }
        match kept {
            Kept::Whole if zeros < 2 && !self.full && !self.deadline.expired() => {
                self.report(Finding::new("TAR122", self.size));
            }
            Kept::Late => self.report(Finding::new("ENG101", self.size)),
            Kept::Full => self.limit("no room is left for the decompressed archive"),
            Kept::Whole | Kept::Broken => {}
        }
        self.judge_links();
        Ok(())
    }

    fn block(&self, offset: u64) -> Result<Vec<u8>> {
        self.source.read(offset, 512)
    }

    /// Passes over blocks of zeros; returns how many there were. What follows the end mark is seen by some readers only.
    fn zeros(&mut self) -> Result<u64> {
        let start = self.offset;
        let mut at = start;
        loop {
            let part = self.source.read(at, 1 << 18)?;
            let zeros = part.iter().position(|byte| *byte != 0);
            at += zeros.unwrap_or(part.len()) as u64;
            if part.is_empty() || zeros.is_some() || self.deadline.expired() {
                break;
            }
        }
        let blocks = (at - start) / BLOCK;
        self.offset = if at == self.size { at } else { start + blocks * BLOCK };
        if at < self.size && !self.deadline.expired() {
            self.report(Finding::new("TAR123", self.offset));
        }
        Ok(blocks)
    }

    /// A block that is no header: what lies before the next one is handed back like a member.
    fn broken(&mut self, length: usize) -> Result<()> {
        let start = self.offset;
        self.report(Finding::new("TAR101", start));
        let mut at = start + BLOCK;
        let end = loop {
            let part = self.source.read(at, 1 << 18)?;
            let found = part.chunks_exact(512).position(|block| Header::of(block).is_some());
            if let Some(place) = found {
                break at + place as u64 * BLOCK;
            }
            at += part.len() as u64;
            if part.len() < 1 << 18 || self.deadline.expired() {
                break self.size;
            }
        };
        self.offset = end.max(start + length as u64);
        // Bytes without any header are not handed back: the same scan would come to the same end.
        if start > 0 || end < self.size {
            self.gap(start, self.offset - start);
        }
        Ok(())
    }

    /// Bytes that belong to no member.
    fn gap(&mut self, start: u64, size: u64) {
        self.member(format!("bytes at {start}"), self.source.slice(start, size));
    }

    fn member(&mut self, name: String, source: Source) {
        if self.found.members.len() >= self.limits.members {
            if !self.full {
                self.limit(&format!("more than {} members", self.limits.members));
            }
            self.full = true;
            return;
        }
        self.found.members.push(Member { name, source });
    }

    fn report(&mut self, finding: Finding) {
        if self.found.findings.len() < self.limits.findings {
            self.found.findings.push(finding);
        } else if !self.full {
            self.full = true;
            self.limit(&format!("more than {} findings", self.limits.findings));
        }
    }

    /// Says what ends the scan; never dropped.
    fn limit(&mut self, what: &str) {
        self.found.findings.push(Finding::new("TAR124", self.offset).fact("limit", what));
    }

    fn odd(&mut self, member: &str, reason: &str) {
        self.report(Finding::new("TAR102", self.offset).fact("member", member).fact("reason", reason));
    }

    fn about(&mut self, rule: &'static str, offset: u64, facts: &[(&'static str, &[u8])]) {
        let mut finding = Finding::new(rule, offset);
        finding.facts = facts.iter().map(|(name, text)| (*name, Fact::Text(shown(text)))).collect();
        self.report(finding);
    }
}

/// A name for messages: as text, and no longer than file systems allow.
fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name.get(..4096).unwrap_or(name)).into_owned()
}

#[cfg(test)]
mod tests;
