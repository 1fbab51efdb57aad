//! Finds the next pickle behind bytes that are none: padding, junk, or the data of a format that was not recognised.

use super::opcode::{self as op, Form, PROTO};
use super::sniff::{is_dotted_name, stands_out};
use crate::deadline::Deadline;
use crate::error::Result;
use crate::source::Source;
use crate::window::Window;

/// How many places are tried. Random bytes have one in 60,000; a file with more is made of traps.
const MOST_TRIED: u32 = 100_000;

/// What follows the end of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Nothing, or nothing but zero bytes and line feeds.
    Padding,
    /// Bytes that are no pickle, then a stream at `next`.
    Junk { size: u64, next: Option<u64> },
    /// The time ran out while looking.
    Deadline,
}

/// Looks at the bytes from `offset` on, which do not start a pickle there.
pub(crate) fn look(source: &Source, offset: u64, deadline: &Deadline) -> Result<Rest> {
    let mut window = Window::new(source, offset)?;
    let mut padded = true;
    let mut size = 0_u64;
    let mut tried = 0;
    loop {
        if window.fill(64)? == 0 {
            if let Some(error) = window.take_broken() {
                return Err(error);
            }
            return Ok(if padded { Rest::Padding } else { Rest::Junk { size, next: None } });
        }
        if deadline.expired() {
            return Ok(Rest::Deadline);
        }
        let base = window.position();
        let bytes = window.unread();
        padded &= bytes.iter().all(|byte| matches!(byte, 0 | b'\n' | b'\r'));
        if !padded {
            for candidate in candidates(bytes) {
                let at = base + candidate as u64;
                if at <= offset || tried >= MOST_TRIED {
                    continue;
                }
                tried += 1;
                if stands_out(source, at)? {
                    return Ok(Rest::Junk { size: at - offset, next: Some(at) });
                }
            }
        }
        size += bytes.len() as u64;
        let count = bytes.len();
        window.advance(count);
    }
}

/// Places where a stream may start: a protocol mark, or a GLOBAL whose two lines are dotted names.
fn candidates(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    memchr::memchr2_iter(PROTO, b'c', bytes).filter(|place| {
        let here = bytes.get(*place..).unwrap_or_default();
        match here {
            [PROTO, 2..=5, next, ..] => op::of(*next).form != Form::Unknown,
            [b'c', rest @ ..] => names_a_global(rest),
            _ => false,
        }
    })
}

fn names_a_global(rest: &[u8]) -> bool {
    let mut lines = rest.get(..256).unwrap_or(rest).splitn(3, |byte| *byte == b'\n');
    let (Some(module), Some(name), Some(_)) = (lines.next(), lines.next(), lines.next()) else { return false };
    let is_name = |line: &[u8]| std::str::from_utf8(line).is_ok_and(is_dotted_name);
    is_name(module) && is_name(name)
}
