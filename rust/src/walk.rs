//! Formats that are one value after another: bytes taken in order within bounds, and what a walk over them leaves.

use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::finding::{Fact, Finding};
use crate::source::Source;
use crate::window::Window;

/// Bytes that are passed over between two looks at the clock, where passing means decompressing.
const STEP: u64 = 16 << 20;

/// Text of a file that others look at: templates, and what people write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The name under which it stands.
    pub name: String,
    /// What it says; bytes that are not UTF-8 are replaced.
    pub text: String,
    /// Where it begins.
    pub offset: u64,
}

/// What a walk over a file leaves.
#[derive(Debug, Default)]
pub struct Walk {
    /// In order of discovery.
    pub findings: Vec<Finding>,
    /// Text to be looked at.
    pub texts: Vec<Text>,
    /// Offset and length of bytes that belong to nothing.
    pub loose: Vec<(u64, u64)>,
    /// Offset and length of values that are bytes: numbers, or a file of their own.
    pub nested: Vec<(u64, u64)>,
    /// Files that a loader reads besides this one: name, bytes that each must have, and who says so.
    pub files: Vec<(String, u64, u64)>,
    /// Numbers in those files: name, offset and bytes.
    pub beside: Vec<(String, u64, u64)>,
    /// Matrices of numbers that lie in the file as they are: name, type, rows, columns and offset.
    pub matrices: Vec<(String, &'static str, u64, u64, u64)>,
}

impl Walk {
    /// Notes one finding, unless there are too many of them already.
    pub(crate) fn find(&mut self, finding: Finding) {
        const FINDINGS: usize = 1_000;
        if self.findings.len() < FINDINGS {
            self.findings.push(finding);
        }
    }
}

/// Why a walk ends before the content does.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The source ends where more was announced.
    Ended,
    /// The time of the scan is over.
    Late,
    /// The content cannot be what it claims to be, in words.
    Broken(&'static str),
    /// There is more of something than is looked at.
    Limit(&'static str, u64),
    /// The source cannot be read.
    Failed(Error),
}

/// What is taken from the front, or why it is not there.
pub(crate) type Taken<T> = std::result::Result<T, Stop>;

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// The rules by which a family of formats tells why a walk ended.
pub(crate) struct Ends {
    /// Malformed; takes `reason`.
    pub broken: &'static str,
    /// More than is looked at; takes `limit` and `what`.
    pub limit: &'static str,
}

impl Ends {
    /// Notes the end of a walk. A source that cannot be read is an error of the scan.
    pub(crate) fn note(&self, walk: &mut Walk, stop: Stop, offset: u64) -> Result<()> {
        let finding = match stop {
            Stop::Ended => Finding::new(self.broken, offset).fact("reason", "it ends too early"),
            Stop::Broken(reason) => Finding::new(self.broken, offset).fact("reason", reason),
            Stop::Limit(what, limit) => Finding::new(self.limit, offset).fact("limit", limit).fact("what", what),
            Stop::Late => Finding::new("ENG101", offset),
            Stop::Failed(error) => return Err(error),
        };
        // Never dropped for being one too many: it says that the rest was not looked at.
        walk.findings.push(finding);
        Ok(())
    }
}

/// The next bytes of a source.
pub(crate) struct Cursor<'a> {
    window: Window,
    deadline: &'a Deadline,
    /// Whether the most significant byte of a number comes first.
    pub big_endian: bool,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(source: &Source, offset: u64, deadline: &'a Deadline) -> Result<Self> {
        Ok(Self { window: Window::new(source, offset)?, deadline, big_endian: false })
    }

    pub(crate) fn position(&self) -> u64 {
        self.window.position()
    }

    /// How many bytes are left, where the size of the source is known.
    pub(crate) fn left(&self) -> Option<u64> {
        self.window.size().map(|size| size.saturating_sub(self.position()))
    }

    /// Whether no byte is left.
    pub(crate) fn at_end(&mut self) -> Taken<bool> {
        Ok(self.window.fill(1)? == 0)
    }

    fn fill(&mut self, count: usize) -> Taken<()> {
        if self.window.unread().len() >= count {
            return Ok(());
        }
        if self.deadline.expired() {
            return Err(Stop::Late);
        }
        if self.left().is_some_and(|left| left < count as u64) || self.window.fill(count)? < count {
            // Decoding ends at the deadline as well.
            return Err(if self.deadline.expired() { Stop::Late } else { Stop::Ended });
        }
        Ok(())
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Taken<[u8; N]> {
        self.fill(N)?;
        let bytes = self.window.unread().first_chunk::<N>().copied().ok_or(Stop::Ended)?;
        self.window.advance(N);
        Ok(bytes)
    }

    pub(crate) fn byte(&mut self) -> Taken<u8> {
        Ok(self.array::<1>()?[0])
    }

    /// The next byte, which stays there.
    pub(crate) fn peek(&mut self) -> Taken<u8> {
        self.fill(1)?;
        self.window.unread().first().copied().ok_or(Stop::Ended)
    }

    pub(crate) fn u16(&mut self) -> Taken<u16> {
        let bytes = self.array()?;
        Ok(if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    pub(crate) fn u32(&mut self) -> Taken<u32> {
        let bytes = self.array()?;
        Ok(if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    pub(crate) fn u64(&mut self) -> Taken<u64> {
        let bytes = self.array()?;
        Ok(if self.big_endian { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) })
    }

    /// The next bytes, kept. Callers bound the length: so many bytes are held at once.
    pub(crate) fn bytes(&mut self, length: usize) -> Taken<Vec<u8>> {
        self.fill(length)?;
        let bytes = self.window.unread().get(..length).unwrap_or_default().to_vec();
        self.window.advance(length);
        Ok(bytes)
    }

    /// Passes over bytes; seeks where the source allows it.
    pub(crate) fn skip(&mut self, count: u64) -> Taken<()> {
        if self.left().is_some_and(|left| left < count) {
            return Err(Stop::Ended);
        }
        let mut left = count;
        while left > 0 {
            let step = if self.window.size().is_some() { left } else { left.min(STEP) };
            if step > self.window.unread().len() as u64 && self.deadline.expired() {
                return Err(Stop::Late);
            }
            if self.window.skip(step)? < step {
                return Err(Stop::Ended);
            }
            left -= step;
        }
        Ok(())
    }
}

/// Counts what happens often, so that it is told once: how many times, where first, and with which facts.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    seen: Vec<(Finding, u64)>,
}

impl Tally {
    /// Notes a finding; it was seen before if one of the same rule has the same `what`, `reason` or `class`.
    pub(crate) fn add(&mut self, finding: Finding) {
        let key = |finding: &Finding| {
            finding
                .facts
                .iter()
                .find(|(name, _)| matches!(*name, "what" | "reason" | "class"))
                .map(|(_, value)| value.clone())
        };
        let same = |(known, _): &&mut (Finding, u64)| known.rule == finding.rule && key(known) == key(&finding);
        if let Some((_, count)) = self.seen.iter_mut().find(same) {
            *count += 1;
        } else if self.seen.len() < 64 {
            self.seen.push((finding, 1));
        }
    }

    /// Hands on each with its count.
    pub(crate) fn tell(self, walk: &mut Walk) {
        for (finding, count) in self.seen {
            walk.find(if count > 1 { finding.detail("count", Fact::Number(count)) } else { finding });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor<'a>(source: &Source, deadline: &'a Deadline) -> Cursor<'a> {
        Cursor::new(source, 0, deadline).unwrap()
    }

    #[test]
    fn numbers_come_in_either_order_and_end_with_the_source() {
        let deadline = Deadline::never();
        let mut taken = cursor(&Source::from_bytes(vec![1, 0, 0, 1, 7]), &deadline);
        assert_eq!(taken.u16().ok(), Some(1));
        taken.big_endian = true;
        assert_eq!(taken.u16().ok(), Some(1));
        assert_eq!((taken.peek().ok(), taken.byte().ok(), taken.position()), (Some(7), Some(7), 5));
        assert!(matches!(taken.byte(), Err(Stop::Ended)));
        assert!(taken.at_end().unwrap());
    }

    #[test]
    fn a_length_that_is_not_there_costs_nothing() {
        let deadline = Deadline::never();
        let mut taken = cursor(&Source::from_bytes(vec![0; 100]), &deadline);
        assert!(matches!(taken.bytes(usize::MAX / 2), Err(Stop::Ended)));
        assert!(matches!(taken.skip(u64::MAX), Err(Stop::Ended)));
        assert!(taken.skip(100).is_ok());
    }

    #[test]
    fn what_happens_often_is_told_once() {
        let (mut tally, mut walk) = (Tally::default(), Walk::default());
        for number in 0..5_u64 {
            tally.add(Finding::new("GGU105", number).fact("what", "odd"));
        }
        tally.add(Finding::new("GGU105", 9).fact("what", "other"));
        tally.tell(&mut walk);
        let told: Vec<_> = walk.findings.iter().map(|finding| (finding.offset, finding.details.len())).collect();
        assert_eq!(told, [(0, 1), (9, 0)]);
    }
}
