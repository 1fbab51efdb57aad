//! Programs and nested formats by their headers, at the start of a source or at any place in it.
//!
//! A magic number of four bytes stands at two or three places in ten gigabytes of random numbers. So each header has to
//! make sense as far as its loader looks: the functions of `native` and `bytecode` say how rare that is. The weakest is
//! one place in 2^50 (a Java class whose first constant is a long text); 10 GB have 2^33.2 places, so that one such search
//! in a hundred thousand would show something that is not there. Nested formats are looked into before anything is said.

mod bytecode;
mod bytes;
mod native;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use crate::deadline::Deadline;
use crate::error::Result;
use crate::pickle;
use crate::source::Source;
use crate::sweep::{Sight, Swept, View, regions, sweep};

/// Bytes at the front of a source that a header takes, but for a PE header that lies farther in.
const FRONT: usize = 4096;

/// A PE header that lies farther in is not looked for where all before it would be decompressed.
const FAR: u64 = 1 << 20;

/// What is in sight around a block: a DOS header lies before its PE header, a pickle goes on for a while.
const SIGHT: Sight = Sight { behind: 64 << 10, ahead: 64 << 10 };

/// Bytes between a DOS header and its PE header, at least.
const DOS_HEADER: usize = 0x40;

/// Signatures of one source that are told; honest data has none.
const MOST: usize = 1_000;

/// Beginnings in one block that are followed further than their first bytes; random numbers have three.
const FOLLOWED: usize = 256;

/// DOS headers that are tried for one PE header.
const DOS_HEADERS: usize = 256;

/// What begins with a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// An ELF program or library.
    Elf,
    /// A Windows program or library.
    Pe,
    /// A Mach-O program or library, also several in one file.
    MachO,
    /// A CUDA fat binary.
    Cuda,
    /// A WebAssembly module.
    Wasm,
    /// A Java class.
    Java,
    /// Android byte code.
    Dex,
    /// LLVM bitcode.
    Bitcode,
    /// Compiled Python.
    Python,
    /// A member of a zip archive.
    Zip,
    /// A pickle that proves to be one.
    Pickle,
}

impl Kind {
    /// The name of the format.
    pub fn name(self) -> &'static str {
        match self {
            Self::Elf => "elf",
            Self::Pe => "pe",
            Self::MachO => "mach-o",
            Self::Cuda => "cuda-fatbin",
            Self::Wasm => "wasm",
            Self::Java => "java-class",
            Self::Dex => "dex",
            Self::Bitcode => "llvm-bitcode",
            Self::Python => "pyc",
            Self::Zip => "zip",
            Self::Pickle => "pickle",
        }
    }

    /// What it is, in words for a report.
    pub fn words(self) -> &'static str {
        match self {
            Self::Elf => "an ELF program or library",
            Self::Pe => "a Windows program or library",
            Self::MachO => "a Mach-O program or library",
            Self::Cuda => "a CUDA program",
            Self::Wasm => "a WebAssembly module",
            Self::Java => "a Java class",
            Self::Dex => "Android byte code",
            Self::Bitcode => "LLVM bitcode",
            Self::Python => "compiled Python",
            Self::Zip => "a zip archive",
            Self::Pickle => "a pickle",
        }
    }

    /// Whether its reader ends with it, rather than looking for more of the same behind it.
    pub fn is_alone(self) -> bool {
        self != Self::Zip
    }

    /// Whether a system or a virtual machine runs it, rather than a reader unpacking it.
    pub fn is_code(self) -> bool {
        !matches!(self, Self::Zip | Self::Pickle)
    }
}

/// Whether bytes begin with a header.
type Test = fn(&[u8]) -> bool;

/// The kind of code that the bytes begin with, PE aside.
fn code(bytes: &[u8]) -> Option<Kind> {
    let tests: [(Test, Kind); 9] = [
        (native::is_elf, Kind::Elf),
        (native::is_mach_o, Kind::MachO),
        (native::is_fat, Kind::MachO),
        (native::is_cuda, Kind::Cuda),
        (bytecode::is_wasm, Kind::Wasm),
        (bytecode::is_java, Kind::Java),
        (bytecode::is_dex, Kind::Dex),
        (bytecode::is_bitcode, Kind::Bitcode),
        (bytecode::is_python, Kind::Python),
    ];
    tests.into_iter().find(|(is, _)| is(bytes)).map(|(_, kind)| kind)
}

/// The kind of code that begins at an offset.
pub fn code_at(source: &Source, offset: u64) -> Result<Option<Kind>> {
    let front = source.read(offset, FRONT)?;
    if let Some(header) = native::pe_header(&front) {
        if header > FAR && !source.random_access() {
            return Ok(None);
        }
        let bytes = source.read(offset.saturating_add(header), 8)?;
        return Ok(native::is_pe_header(&bytes).then_some(Kind::Pe));
    }
    Ok(code(&front))
}

/// What a search has found.
#[derive(Debug)]
pub struct Found {
    /// In order of offset.
    pub signatures: Vec<(u64, Kind)>,
    /// Whether the deadline came before the end.
    pub swept: Swept,
    /// Whether so many beginnings stood close together that not all were followed, or too many signatures.
    pub crowded: bool,
}

/// What one thread has found.
#[derive(Debug, Default)]
struct Seen {
    signatures: Vec<(u64, Kind)>,
    crowded: bool,
}

/// All signatures of a source from its second byte on, but for what lies in `parts` of it; no nested format of a name
/// that is `known` to be there, since its reader looks for all of them.
pub fn search(source: &Source, parts: &[Source], known: &[String], deadline: &Deadline) -> Result<Found> {
    let parts = source.parts(parts);
    let regions = regions(&parts, source.size().unwrap_or(u64::MAX), 0);
    let known = |kind: Kind| !kind.is_code() && known.iter().any(|name| name == kind.name());
    let wanted = Wanted { zip: !known(Kind::Zip), pickle: !known(Kind::Pickle) };
    let (found, swept) = sweep(source, &regions, SIGHT, deadline, |seen: &mut Seen, view| look(seen, view, wanted))?;
    let mut crowded = found.iter().any(|seen| seen.crowded);
    let mut signatures: Vec<(u64, Kind)> = found.into_iter().flat_map(|seen| seen.signatures).collect();
    let in_part = |offset: u64| {
        let before = parts.partition_point(|part| part.start <= offset);
        before.checked_sub(1).and_then(|last| parts.get(last)).is_some_and(|part| offset < part.end)
    };
    signatures.retain(|(offset, _)| *offset > 0 && !in_part(*offset));
    signatures.sort_unstable();
    crowded |= signatures.len() >= MOST;
    signatures.truncate(MOST);
    Ok(Found { signatures, swept, crowded })
}

/// Which nested formats are looked for.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    zip: bool,
    pickle: bool,
}

/// Bytes that stand at a fixed distance from the beginning of what they may belong to; three at least.
const MARKS: &[&[u8]] = &[
    b"\x7fELF",
    b"PE\0\0",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"\xca\xfe\xba\xbf",
    b"\x50\xed\x55\xba",
    b"\0asm",
    b"dex\n",
    b"BC\xc0\xde",
    b"PK\x03\x04",
];

/// Opcodes behind the protocol of a pickle that names something: frame, GLOBAL, containers, marks, texts, numbers.
const AFTER_PROTOCOL: &[u8] = b"\x95c}](){X\x8cUKJMNVST\x8b\x8f";

/// For each pair of bytes, whether a mark has it first or second: looking at every other place then meets each mark.
fn pairs() -> &'static [u64] {
    static PAIRS: OnceLock<Vec<u64>> = OnceLock::new();
    PAIRS.get_or_init(|| {
        let mut pairs = vec![0_u64; 1 << 10];
        let mut note = |first: u8, second: u8| {
            let pair = usize::from(u16::from_le_bytes([first, second]));
            if let Some(word) = pairs.get_mut(pair >> 6) {
                *word |= 1 << (pair & 63);
            }
        };
        for mark in MARKS {
            mark.windows(2)
                .take(2)
                .for_each(|two| note(two.first().copied().unwrap_or(0), two.last().copied().unwrap_or(0)));
        }
        for protocol in 2..=5 {
            note(0x80, protocol);
            for code in AFTER_PROTOCOL {
                note(protocol, *code);
            }
        }
        // The upper byte of a version of Python and CR, or CR and LF.
        note(b'\r', b'\n');
        [0, 1].into_iter().chain(0x0b..=0x13).chain(0xf2..=0xf3).for_each(|upper| note(upper, b'\r'));
        pairs
    })
}

fn look(seen: &mut Seen, view: &View<'_>, wanted: Wanted) {
    let pairs = pairs();
    let inside = |offset: u64| usize::try_from(offset.saturating_sub(view.base)).unwrap_or(usize::MAX);
    let (start, end) = (inside(view.own.start), inside(view.own.end).min(view.bytes.len()));
    // What begins in the block may have its pair behind it.
    let reach = end.saturating_add(4).min(view.bytes.len());
    let mut followed = 0;
    for (index, two) in view.bytes.get(start..reach).unwrap_or_default().chunks_exact(2).enumerate() {
        let Some(two) = two.first_chunk::<2>() else { continue };
        let pair = usize::from(u16::from_le_bytes(*two));
        if pairs.get(pair >> 6).is_none_or(|word| word >> (pair & 63) & 1 == 0) {
            continue;
        }
        let at = start + 2 * index;
        // The pair is the first, the second or the third of what may begin here.
        for begin in (at.saturating_sub(2)..=at).filter(|begin| (start..end).contains(begin)) {
            let follow = follows(view.bytes.get(begin..).unwrap_or_default(), wanted);
            followed += usize::from(follow);
            if follow && (followed > FOLLOWED || seen.signatures.len() >= MOST) {
                seen.crowded = true;
                return;
            }
            let found = kind(view.bytes, begin, follow, wanted);
            let found = found.map(|(begin, kind)| (view.base.saturating_add(begin as u64), kind));
            seen.signatures.extend(found.filter(|found| !seen.signatures.contains(found)));
        }
    }
}

/// Whether these bytes begin something that takes more than a look at its first bytes.
fn follows(bytes: &[u8], wanted: Wanted) -> bool {
    match bytes {
        [b'P', b'E', 0, 0, ..] => native::is_pe_header(bytes),
        [0x80, 2..=5, next, ..] => wanted.pickle && AFTER_PROTOCOL.contains(next),
        _ => false,
    }
}

/// What begins at `at`, or has its second header there; and where it begins.
fn kind(all: &[u8], at: usize, follow: bool, wanted: Wanted) -> Option<(usize, Kind)> {
    let bytes = all.get(at..)?;
    match bytes {
        [b'P', b'E', 0, 0, ..] if follow => dos_header(all, at).map(|begin| (begin, Kind::Pe)),
        [0x80, 2..=5, ..] if follow => is_pickle(bytes).then_some((at, Kind::Pickle)),
        [b'P', b'K', 3, 4, ..] if wanted.zip && bytecode::is_zip(bytes) => Some((at, Kind::Zip)),
        _ => code(bytes.get(..FRONT).unwrap_or(bytes)).map(|kind| (at, kind)),
    }
}

/// Where the DOS header begins that leads to a PE header.
fn dos_header(all: &[u8], header: usize) -> Option<usize> {
    let last = header.checked_sub(DOS_HEADER)?;
    let first = header.saturating_sub(SIGHT.ahead);
    let before = all.get(first..last.saturating_add(2))?;
    memchr::memmem::rfind_iter(before, b"MZ").take(DOS_HEADERS).map(|place| first + place).find(|begin| {
        let leads = all.get(*begin..).and_then(native::pe_header);
        leads == u64::try_from(header - begin).ok()
    })
}

/// Whether a pickle says so by more than its first bytes: it names a callable, ends, or goes on and on.
fn is_pickle(bytes: &[u8]) -> bool {
    let frame = bytes.get(3..11).and_then(|length| length.first_chunk()).map(|length| u64::from_le_bytes(*length));
    // A frame of four bytes to a terabyte.
    if bytes.get(2) == Some(&0x95) && !frame.is_some_and(|length| (4..1 << 40).contains(&length)) {
        return false;
    }
    let front = Source::from_bytes(bytes.get(..SIGHT.ahead).unwrap_or(bytes).to_vec());
    pickle::stands_out(&front, 0).unwrap_or(false)
}
