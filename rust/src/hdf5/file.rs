//! The bytes of an HDF5 file by address: bounded, charged against a budget, and through a small cache.

use std::cell::{Cell, RefCell};

use super::fault::{Fault, Read};
use crate::deadline::Deadline;
use crate::source::Source;

/// Bytes of one page of the cache. Metadata of neighbouring objects usually lies together.
const PAGE: u64 = 8192;
/// A page and its number.
type Page = (u64, Vec<u8>);
/// Pages that are kept.
const PAGES: usize = 128;
/// Bytes that any file may cost. Honest structures are read once or twice.
const FREE: u64 = 64 << 20;
/// How many times its own size reading a file may cost beyond that.
const TIMES: u64 = 8;
/// Reads between two looks at the clock.
const CLOCK: u32 = 256;

/// How wide the numbers of a file are, and where its addresses count from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// Where address 0 lies in the source.
    pub(super) base: u64,
    /// Bytes of an address.
    pub(super) offsets: u8,
    /// Bytes of a length.
    pub(super) lengths: u8,
}

/// A source seen as an HDF5 file.
pub(super) struct File<'a> {
    source: &'a Source,
    size: u64,
    pub(super) shape: Shape,
    deadline: &'a Deadline,
    budget: Cell<u64>,
    reads: Cell<u32>,
    pages: RefCell<Vec<Option<Page>>>,
}

impl<'a> File<'a> {
    /// `source` has to give random access.
    pub(super) fn new(source: &'a Source, shape: Shape, deadline: &'a Deadline) -> Self {
        let size = source.size().unwrap_or(0);
        Self {
            source,
            size,
            shape,
            deadline,
            budget: Cell::new(size.saturating_mul(TIMES).saturating_add(FREE)),
            reads: Cell::new(0),
            pages: RefCell::new(vec![None; PAGES]),
        }
    }

    /// The number of bytes of the source.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Where an address lies in the source.
    pub(super) fn place(&self, address: u64) -> u64 {
        self.shape.base.saturating_add(address)
    }

    /// Whether bytes at an address lie in the file.
    pub(super) fn holds(&self, address: u64, length: u64) -> bool {
        let end = self.shape.base.checked_add(address).and_then(|start| start.checked_add(length));
        end.is_some_and(|end| end <= self.size)
    }

    /// Charges work that is not reading.
    pub(super) fn charge(&self, at: u64, cost: u64) -> Read<()> {
        match self.budget.get().checked_sub(cost) {
            Some(left) => {
                self.budget.set(left);
                Ok(())
            }
            None => Err(Fault::Spent { at }),
        }
    }

    /// All `length` bytes at an address; a fault if the file does not have them.
    pub(super) fn read(&self, address: u64, length: u64, what: &'static str) -> Read<Vec<u8>> {
        let at = self.place(address);
        if !self.holds(address, length) {
            return Err(Fault::broken(at, what, "it lies outside of the file"));
        }
        let bytes = self.up_to(address, length)?;
        if (bytes.len() as u64) < length {
            return Err(Fault::broken(at, what, "it lies outside of the file"));
        }
        Ok(bytes)
    }

    /// At most `length` bytes at an address, fewer at the end of the file.
    pub(super) fn up_to(&self, address: u64, length: u64) -> Read<Vec<u8>> {
        let at = self.place(address);
        self.charge(at, length.saturating_add(16))?;
        self.watch(at)?;
        let length = length.min(self.size.saturating_sub(at));
        let count = usize::try_from(length).unwrap_or(usize::MAX);
        if length > PAGE {
            return self.source.read(at, count).map_err(Fault::Io);
        }
        let mut bytes = Vec::with_capacity(count);
        while bytes.len() < count {
            let next = at.saturating_add(bytes.len() as u64);
            let before = bytes.len();
            self.append_page(next, count, &mut bytes)?;
            if bytes.len() == before {
                break;
            }
        }
        Ok(bytes)
    }

    fn append_page(&self, at: u64, count: usize, bytes: &mut Vec<u8>) -> Read<()> {
        let number = at / PAGE;
        let mut pages = self.pages.borrow_mut();
        let slot = usize::try_from(number).unwrap_or(0) % PAGES;
        let Some(slot) = pages.get_mut(slot) else { return Ok(()) };
        if slot.as_ref().is_none_or(|(held, _)| *held != number) {
            let start = number.saturating_mul(PAGE);
            let page = self.source.read(start, usize::try_from(PAGE).unwrap_or(0)).map_err(Fault::Io)?;
            *slot = Some((number, page));
        }
        let within = usize::try_from(at % PAGE).unwrap_or(0);
        let page = slot.as_ref().and_then(|(_, page)| page.get(within..)).unwrap_or_default();
        let wanted = page.len().min(count.saturating_sub(bytes.len()));
        bytes.extend_from_slice(page.get(..wanted).unwrap_or_default());
        Ok(())
    }

    fn watch(&self, at: u64) -> Read<()> {
        let reads = self.reads.get().wrapping_add(1);
        self.reads.set(reads);
        if reads % CLOCK == 1 && self.deadline.expired() {
            return Err(Fault::Late { at });
        }
        Ok(())
    }

    /// A cursor over bytes that begin at a place of the source.
    pub(super) fn cursor<'b>(&self, bytes: &'b [u8], at: u64, what: &'static str) -> Cursor<'b> {
        Cursor::over(bytes, at, what, self.shape)
    }
}

/// Takes numbers from bytes, from front to back.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    next: usize,
    at: u64,
    what: &'static str,
    shape: Shape,
}

impl<'a> Cursor<'a> {
    /// Bytes that begin at a place of the source.
    pub(super) fn over(bytes: &'a [u8], at: u64, what: &'static str, shape: Shape) -> Self {
        Self { bytes, next: 0, at, what, shape }
    }

    /// A cursor over bytes that were taken from this one.
    pub(super) fn inside<'b>(&self, bytes: &'b [u8], at: u64, what: &'static str) -> Cursor<'b> {
        Cursor::over(bytes, at, what, self.shape)
    }

    /// Where the next byte lies in the source.
    pub(super) fn place(&self) -> u64 {
        self.at.saturating_add(self.next as u64)
    }

    /// How many bytes were taken.
    pub(super) fn taken(&self) -> usize {
        self.next
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> usize {
        self.bytes.len().saturating_sub(self.next)
    }

    /// What is left.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.next..).unwrap_or_default()
    }

    pub(super) fn broken(&self, reason: &'static str) -> Fault {
        Fault::broken(self.place(), self.what, reason)
    }

    pub(super) fn unknown(&self) -> Fault {
        Fault::Unknown { at: self.place(), what: self.what }
    }

    pub(super) fn take(&mut self, count: usize) -> Read<&'a [u8]> {
        let end = self.next.saturating_add(count);
        let taken = self.bytes.get(self.next..end).ok_or_else(|| self.broken("it ends too early"))?;
        self.next = end;
        Ok(taken)
    }

    /// The next bytes, and those that fill them up to a multiple of eight.
    pub(super) fn padded(&mut self, count: usize, padded: bool) -> Read<&'a [u8]> {
        let taken = self.take(count)?;
        if padded {
            self.take(count.next_multiple_of(8) - count)?;
        }
        Ok(taken)
    }

    /// Bytes up to a NUL, which is passed over.
    pub(super) fn until_nul(&mut self) -> Read<&'a [u8]> {
        let rest = self.rest();
        let length = memchr::memchr(0, rest).ok_or_else(|| self.broken("a text in it does not end"))?;
        self.next = self.next.saturating_add(length).saturating_add(1);
        Ok(rest.get(..length).unwrap_or_default())
    }

    /// An unsigned number of at most eight bytes, little endian.
    pub(super) fn uint(&mut self, width: usize) -> Read<u64> {
        let bytes = self.take(width)?;
        let (low, high) = bytes.split_at_checked(8).unwrap_or((bytes, &[]));
        if high.iter().any(|byte| *byte != 0) {
            return Err(self.broken("a number in it is too large"));
        }
        Ok(low.iter().rev().fold(0, |number, byte| (number << 8) | u64::from(*byte)))
    }

    pub(super) fn u8(&mut self) -> Read<u8> {
        Ok(self.take(1)?.first().copied().unwrap_or(0))
    }

    pub(super) fn u16(&mut self) -> Read<u16> {
        Ok(u16::try_from(self.uint(2)?).unwrap_or(0))
    }

    pub(super) fn u32(&mut self) -> Read<u32> {
        Ok(u32::try_from(self.uint(4)?).unwrap_or(0))
    }

    pub(super) fn length(&mut self) -> Read<u64> {
        self.uint(usize::from(self.shape.lengths))
    }

    /// An address; `None` for the undefined one.
    pub(super) fn address(&mut self) -> Read<Option<u64>> {
        let bytes = self.clone().take(usize::from(self.shape.offsets))?;
        if bytes.iter().all(|byte| *byte == 0xff) {
            self.take(bytes.len())?;
            return Ok(None);
        }
        self.uint(bytes.len()).map(Some)
    }

    pub(super) fn expect(&mut self, signature: &[u8]) -> Read<()> {
        let fault = self.broken("its signature is missing");
        if self.take(signature.len())? == signature { Ok(()) } else { Err(fault) }
    }

    /// A version that has to be this one.
    pub(super) fn version(&mut self, known: u8) -> Read<()> {
        let fault = self.unknown();
        if self.u8()? == known { Ok(()) } else { Err(fault) }
    }
}
