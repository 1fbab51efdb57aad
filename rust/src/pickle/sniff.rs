//! Whether bytes are a pickle, by content alone: under any name, all protocols, and no text files.

use std::sync::Arc;

use super::collector::Collector;
use super::machine::Halt;
use super::opcode::{self as op, Form};
use super::stream::Stream;
use crate::deadline::Deadline;
use crate::error::Result;
use crate::limits::Limits;
use crate::source::Source;
use crate::window::Window;

/// Opcodes of a stream without a protocol mark after which it counts as a pickle: no other text gets that far.
const ENOUGH: u64 = 2_000;

/// Whether some loader would take the front of `source` for a pickle.
///
/// From protocol 2 on a stream says so with its first two bytes, and one valid opcode must follow. Protocols 0 and 1
/// have no mark: the stream must reach its STOP at the end of the data or of another stream, name a callable before it
/// breaks, or go on for thousands of opcodes.
pub fn sniff(source: &Source) -> Result<bool> {
    sniff_at(source, 0)
}

/// The same for the bytes from `offset` on, where a stream may be expected.
pub(crate) fn sniff_at(source: &Source, offset: u64) -> Result<bool> {
    let mut window = Window::new(source, offset)?;
    window.fill(16)?;
    let front = window.unread();
    match front {
        [] => Ok(false),
        [op::PROTO, protocol, rest @ ..] => {
            let next = rest.first().is_none_or(|code| op::of(*code).form != Form::Unknown);
            // PROTO of 0 or 1 is legal and never written: it has to prove itself like a stream without.
            Ok(*protocol <= 5 && next && (*protocol >= 2 || proves_itself(source, &mut window)?))
        }
        [first, ..] if !starts_stream(*first) => Ok(false),
        _ => proves_itself(source, &mut window),
    }
}

/// Whether a stream starts at `offset`, where nothing is expected: its mark alone is no proof.
pub(crate) fn stands_out(source: &Source, offset: u64) -> Result<bool> {
    proves_itself(source, &mut Window::new(source, offset)?)
}

/// Whether an opcode can be the first one: it pushes something, and needs nothing on the stack.
fn starts_stream(code: u8) -> bool {
    op::of(code).form != Form::Unknown
        && !matches!(
            code,
            op::STOP
                | op::POP
                | op::POP_MARK
                | op::DUP
                | op::REDUCE
                | op::APPEND
                | op::BUILD
                | op::DICT
                | op::APPENDS
                | op::GET
                | op::BINGET
                | op::LONG_BINGET
                | op::LIST
                | op::OBJ
                | op::PUT
                | op::BINPUT
                | op::LONG_BINPUT
                | op::SETITEM
                | op::TUPLE
                | op::SETITEMS
                | op::NEWOBJ
                | op::TUPLE1
                | op::TUPLE2
                | op::TUPLE3
                | op::ADDITEMS
                | op::FROZENSET
                | op::NEWOBJ_EX
                | op::STACK_GLOBAL
                | op::MEMOIZE
                | op::READONLY_BUFFER
        )
}

fn proves_itself(source: &Source, window: &mut Window) -> Result<bool> {
    let mut all = Collector::new(source.clone(), Limits::default(), "");
    let start = window.position();
    let end = Stream::new(window, &mut all, &Deadline::never(), &Arc::default()).at_most(ENOUGH).run();
    if all.globals.any(|module, name| is_dotted_name(module) && is_dotted_name(name)) {
        return Ok(true);
    }
    match end.outcome {
        Ok(_) if end.opcodes >= 3 => ends_well(window),
        // One constant is a pickle too, but `N.` may be the end of a sentence: it has to be all there is, and more.
        Ok(_) => Ok(window.fill(1)? == 0 && window.position() - start >= 4),
        Err(Halt::Limit(_)) => Ok(end.opcodes >= ENOUGH),
        Err(Halt::Source(error)) => Err(error),
        _ => Ok(false),
    }
}

/// Nothing follows but padding, or another opcode that can start a stream.
fn ends_well(window: &mut Window) -> Result<bool> {
    window.fill(1)?;
    Ok(match window.unread().first() {
        None | Some(0 | b'\n') => true,
        Some(code) => starts_stream(*code),
    })
}

pub(crate) fn is_dotted_name(text: &str) -> bool {
    !text.is_empty()
        && text.split('.').all(|part| {
            !part.is_empty()
                && part.chars().all(|letter| letter == '_' || letter.is_alphanumeric())
                && !part.starts_with(|letter: char| letter.is_ascii_digit())
        })
}
