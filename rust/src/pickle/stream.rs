//! Drives the machine over one pickle stream: decodes, keeps frames honest, skips payloads, opens inner pickles.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::arrays::Raw;
use super::collector::Collector;
use super::globals::Site;
use super::machine::{Halt, Instruction, Machine, Pause, Step, endless_name, refer, text};
use super::opcode::{self as op, Form};
use super::value::{Tag, Value};
use crate::deadline::Deadline;
use crate::encoded::LEAST;
use crate::finding::Finding;
use crate::rules::{Verdict, judge};
use crate::starts;
use crate::window::Window;

/// The longest fixed-size opcode: one byte and an eight-byte number.
const LONGEST_HEAD: usize = 9;

/// How much of a text line is looked at. Longer ones are array data written as text: only their end matters.
const LONGEST_LINE: usize = 1 << 20;

/// Where a frame ends that does not exist.
const NO_FRAME: u64 = u64::MAX;

/// How one stream ended.
#[derive(Debug)]
pub(crate) struct End {
    /// The object on top at STOP, or why there was none.
    pub(crate) outcome: Result<Value, Halt>,
    /// The offset after the last byte that was interpreted.
    pub(crate) offset: u64,
    /// How many opcodes were interpreted.
    pub(crate) opcodes: u64,
}

/// A pickle that waits for one inside it.
struct Suspended {
    machine: Machine,
}

/// The state of one stream.
pub(crate) struct Stream<'a> {
    pub(super) window: &'a mut Window,
    pub(super) all: &'a mut Collector,
    pub(super) deadline: &'a Deadline,
    pub(super) machine: Machine,
    frame_end: u64,
    outer: Vec<Suspended>,
    opcodes: u64,
    /// Stop after this many opcodes: for finding out whether bytes are a pickle at all.
    most_opcodes: u64,
}

impl<'a> Stream<'a> {
    /// A stream whose first opcode is the next unread byte of `window`.
    pub(crate) fn new(
        window: &'a mut Window,
        all: &'a mut Collector,
        deadline: &'a Deadline,
        watched: &Arc<FxHashSet<u64>>,
    ) -> Self {
        Self {
            window,
            all,
            deadline,
            machine: Machine::new(watched),
            frame_end: NO_FRAME,
            outer: Vec::new(),
            opcodes: 0,
            most_opcodes: u64::MAX,
        }
    }

    /// Interprets no more than about `most` opcodes.
    pub(crate) fn at_most(mut self, most: u64) -> Self {
        self.most_opcodes = most;
        self
    }

    /// Interprets opcodes up to STOP or to where no loader goes on.
    pub(crate) fn run(mut self) -> End {
        let mut outcome = self.interpret();
        if matches!(outcome, Err(Halt::Truncated))
            && let Some(error) = self.window.take_broken()
        {
            outcome = Err(Halt::Source(error));
        }
        End { outcome, offset: self.window.position(), opcodes: self.opcodes }
    }

    fn interpret(&mut self) -> Result<Value, Halt> {
        loop {
            if self.deadline.expired() {
                return Err(Halt::Deadline);
            }
            if self.opcodes >= self.most_opcodes {
                return Err(Halt::Limit("enough opcodes"));
            }
            // What the burst leaves is an opcode that needs a closer look.
            let step = self.burst().and_then(|()| self.single());
            if let Err(pause) = step
                && let Some(result) = self.follow(*pause)?
            {
                return Ok(result);
            }
        }
    }

    /// Acts on what an opcode asked for; a value is the result of the outermost pickle.
    fn follow(&mut self, pause: Pause) -> Result<Option<Value>, Halt> {
        match pause {
            Pause::Halt(halt) => return Err(halt),
            Pause::Frame(length) => self.frame(length),
            // A plain unpickler goes on with what follows.
            Pause::Array(_) | Pause::Inner if self.all.speculative => {}
            Pause::Array(raw) => {
                self.read_as_opcodes()?;
                self.skip_array(raw)?;
            }
            Pause::Inner => {
                self.read_as_opcodes()?;
                self.open_inner()?;
            }
            Pause::Stop(value) => {
                if self.frame_end != NO_FRAME && self.window.position() != self.frame_end {
                    self.frame_mismatch("STOP before the end of its frame");
                }
                let Some(suspended) = self.outer.pop() else { return Ok(Some(value)) };
                self.machine = suspended.machine;
                self.frame_end = NO_FRAME;
            }
        }
        Ok(None)
    }

    /// Interprets opcodes as long as they lie wholly in the buffer and in the frame, and need no more than the machine.
    fn burst(&mut self) -> Step {
        self.window.fill(LONGEST_HEAD).map_err(Halt::from)?;
        let base = self.window.position();
        let bytes = self.window.unread();
        let in_frame = usize::try_from(self.frame_end.saturating_sub(base)).unwrap_or(usize::MAX);
        let bytes = bytes.get(..in_frame.min(bytes.len())).unwrap_or_default();
        let mut at = 0;
        let mut count = 0_u64;
        let mut outcome = Ok(());
        while let Some(head) = bytes.get(at..).and_then(<[u8]>::first_chunk::<LONGEST_HEAD>) {
            // The commonest opcodes, each with its size spelled out: a processor that predicts the opcode then need not
            // wait for the length of one to start the next, which makes dense data twice as fast.
            let (value, size) = match *head {
                [op::MEMOIZE, ..] => {
                    at += 1;
                    count += 1;
                    let index = self.machine.memo.next_index();
                    outcome = self.machine.put(index, self.window, self.all);
                    if outcome.is_err() {
                        break;
                    }
                    continue;
                }
                [op::MARK, ..] => {
                    at += 1;
                    count += 1;
                    self.machine.stack.mark(&self.all.limits)?;
                    continue;
                }
                [op::BININT1, number, ..] => (Value::int(u64::from(number)), 2),
                [op::BININT2, low, high, ..] => (Value::int(u64::from(u16::from_le_bytes([low, high]))), 3),
                [op::BININT, a, b, c, d, ..] => {
                    let number = i64::from(i32::from_le_bytes([a, b, c, d]));
                    (Value::int(number.cast_unsigned()), 5)
                }
                [op::BINFLOAT, ..] => (Value::float(base + at as u64 + 1, 8), 9),
                [op::NONE, ..] => (Value::bare(Tag::NONE), 1),
                [op::NEWTRUE, ..] => (Value::bool(true), 1),
                [op::NEWFALSE, ..] => (Value::bool(false), 1),
                [op::EMPTY_LIST, ..] => (Value::bare(Tag::LIST), 1),
                [op::EMPTY_DICT, ..] => (Value::bare(Tag::DICT), 1),
                [op::BINGET, index, ..] => match self.machine.get(u64::from(index)) {
                    Ok(value) => (value, 2),
                    Err(_) => break,
                },
                [op::SHORT_BINUNICODE, length, ..] => {
                    let length = usize::from(length);
                    let Some(payload) = bytes.get(at + 2..).and_then(|rest| rest.get(..length)) else { break };
                    let payload_at = base + at as u64 + 2;
                    let operand = length as u64;
                    let instruction = Instruction { code: head[0], offset: 0, operand, payload_at, payload };
                    if length >= LEAST {
                        self.all.carry(instruction);
                    }
                    (text(Tag::TEXT, instruction), 2 + length)
                }
                [op::TUPLE3, ..] => match self.machine.tuple(3) {
                    Ok(value) => (value, 1),
                    Err(_) => break,
                },
                _ => {
                    let Some((instruction, end)) = decode(bytes, at, base) else { break };
                    at = end;
                    count += 1;
                    outcome = self.machine.execute(instruction, self.window, self.all);
                    if outcome.is_err() {
                        break;
                    }
                    continue;
                }
            };
            at += size;
            count += 1;
            self.machine.stack.push(value, &self.all.limits)?;
        }
        self.window.advance(at);
        self.opcodes += count;
        outcome
    }

    /// Interprets one opcode that crosses the buffer, lies at the end of the data or of a frame, or has two lines.
    fn single(&mut self) -> Step {
        let available = self.window.fill(LONGEST_HEAD).map_err(Halt::from)?;
        let offset = self.window.position();
        if offset == self.frame_end {
            self.frame_end = NO_FRAME;
        }
        let Some(code) = self.window.unread().first().copied() else { return Err(Halt::Truncated.into()) };
        let opcode = op::of(code);
        let head = usize::from(opcode.head);
        if available < head {
            return Err(Halt::Truncated.into());
        }
        self.opcodes += 1;
        match opcode.form {
            Form::Unknown => Err(Halt::Broken("a byte that is no opcode").into()),
            Form::Fixed => {
                let operand = self.number(head) & opcode.mask;
                self.in_buffer(code, offset, operand, head, head, head)
            }
            Form::Counted => {
                let length = self.number(head) & opcode.mask;
                self.counted(code, offset, length, head)
            }
            Form::Line => self.line(code, offset, None),
            Form::TwoLines => {
                let first = match self.find_newline(1) {
                    Ok(first) => first,
                    Err(Halt::Truncated) => return self.unterminated_module(code, offset),
                    Err(halt) => return Err(halt.into()),
                };
                let step = self.line(code, offset, Some(first));
                match &step {
                    Err(pause) if matches!(**pause, Pause::Halt(Halt::Truncated)) => {
                        self.unterminated(code, offset, first)
                    }
                    _ => step,
                }
            }
        }
    }

    fn number(&self, head: usize) -> u64 {
        let mut word = [0; 8];
        let from = self.window.unread().get(1..head).unwrap_or_default();
        for (to, from) in word.iter_mut().zip(from) {
            *to = *from;
        }
        u64::from_le_bytes(word)
    }

    /// An opcode whose length is known: its payload may be larger than the buffer and is then skipped by seeking.
    fn counted(&mut self, code: u8, offset: u64, length: u64, head: usize) -> Step {
        if code == op::LONG4 && length > i32::MAX as u64 {
            return Err(Halt::Broken("a LONG4 of negative length").into());
        }
        let end = offset.saturating_add(head as u64).saturating_add(length);
        if self.window.size().is_some_and(|size| end > size) {
            return Err(Halt::Truncated.into());
        }
        let small = usize::try_from(length).unwrap_or(usize::MAX).min(LONGEST_LINE);
        let have = self.window.fill(head + small).map_err(Halt::from)?.saturating_sub(head);
        if (have as u64) < length.min(small as u64) {
            return Err(Halt::Truncated.into());
        }
        self.in_buffer(code, offset, length, head, head + small, head + small)?;
        let rest = length - small as u64;
        if rest > 0 {
            self.cross_frame(end);
            self.skip_all(rest)?;
        }
        Ok(())
    }

    /// An opcode with one or two lines of text; `first` is the length of the first of two.
    fn line(&mut self, code: u8, offset: u64, first: Option<usize>) -> Step {
        let start = first.map_or(1, |length| length + 2);
        let length = self.find_newline(start)?;
        if length < LONGEST_LINE {
            let text_end = start + length;
            let operand = first.unwrap_or(length) as u64;
            return self.in_buffer(code, offset, operand, 1, text_end, text_end + 1);
        }
        if first.is_some() {
            endless_name(Site { offset, opcode: op::of(code).name }, self.all);
            return Err(Halt::Limit("a module or attribute name is longer than any honest one").into());
        }
        self.long_line(code, offset)
    }

    /// GLOBAL or INST at the end of the data, its second line without an end: the Python unpickler takes what there is
    /// for the line, less the last byte, and acts on it before it finds that the data ends.
    fn unterminated(&mut self, code: u8, offset: u64, first: usize) -> Step {
        let end = self.window.unread().len().saturating_sub(1);
        if end > first + 2 {
            self.in_buffer(code, offset, first as u64, 1, end, end + 1)?;
        }
        Err(Halt::Truncated.into())
    }

    /// The same where the first line has no end: the module is imported before its attribute, which has no name, fails.
    fn unterminated_module(&mut self, code: u8, offset: u64) -> Step {
        let unread = self.window.unread();
        let module = String::from_utf8_lossy(unread.get(1..unread.len().saturating_sub(1)).unwrap_or_default());
        if matches!(judge(&module, ""), Verdict::Dangerous { .. }) {
            refer(&module, "", Site { offset, opcode: op::of(code).name }, self.all);
        }
        Err(Halt::Truncated.into())
    }

    /// A line longer than the buffer: array data written as text. What matters is where it ends.
    fn long_line(&mut self, code: u8, offset: u64) -> Step {
        self.window.advance(1);
        let mut length = 0_u64;
        loop {
            if self.window.fill(1).map_err(Halt::from)? == 0 {
                return Err(Halt::Truncated.into());
            }
            if self.deadline.expired() {
                return Err(Halt::Deadline.into());
            }
            let bytes = self.window.unread();
            if let Some(end) = memchr::memchr(b'\n', bytes) {
                self.window.advance(end + 1);
                length += end as u64;
                break;
            }
            length += bytes.len() as u64;
            let count = bytes.len();
            self.window.advance(count);
        }
        self.cross_frame(self.window.position());
        let instruction = Instruction { code, offset, operand: length, payload_at: offset + 1, payload: &[] };
        if matches!(code, op::INT | op::LONG | op::UNICODE | op::STRING) {
            return self.machine.execute(instruction, self.window, self.all);
        }
        Err(Halt::Broken("a number of millions of digits").into())
    }

    /// The length of the line that starts `start` bytes after the next unread byte, at most `LONGEST_LINE`.
    fn find_newline(&mut self, start: usize) -> Result<usize, Halt> {
        let mut want = 256;
        loop {
            let available = self.window.fill(start + want)?;
            let line = self.window.unread().get(start..).unwrap_or_default();
            if let Some(length) = memchr::memchr(b'\n', line) {
                return Ok(length.min(LONGEST_LINE));
            }
            if available < start + want {
                return Err(Halt::Truncated);
            }
            if want >= LONGEST_LINE {
                return Ok(LONGEST_LINE);
            }
            want = (want * 4).min(LONGEST_LINE);
        }
    }

    /// Executes an opcode whose head and payload start are in the buffer, and moves on by `size` bytes.
    fn in_buffer(&mut self, code: u8, offset: u64, operand: u64, head: usize, payload_end: usize, size: usize) -> Step {
        self.cross_frame(offset + size as u64);
        let payload = self.window.unread().get(head..payload_end).unwrap_or_default();
        let payload_at = offset + head as u64;
        let instruction = Instruction { code, offset, operand, payload_at, payload };
        let flow = self.machine.execute(instruction, self.window, self.all);
        self.window.advance(size);
        flow
    }

    /// Reports an opcode that ends at `end` when that lies beyond its frame.
    fn cross_frame(&mut self, end: u64) {
        if self.frame_end != NO_FRAME && end > self.frame_end {
            self.frame_mismatch("an opcode crosses the end of its frame");
            self.frame_end = NO_FRAME;
        }
    }

    fn frame(&mut self, length: u64) {
        let position = self.window.position();
        if self.frame_end != NO_FRAME && position < self.frame_end {
            self.frame_mismatch("a frame starts inside another");
        }
        self.frame_end = position.saturating_add(length);
    }

    fn frame_mismatch(&mut self, reason: &str) {
        let offset = self.window.position();
        self.all.report(Finding::new("PKL161", offset).fact("reason", reason).detail("position", offset));
    }

    /// Bytes that are read past the unpickler have to lie outside its frames.
    fn leave_frame(&mut self) {
        if self.frame_end != NO_FRAME && self.window.position() != self.frame_end {
            self.frame_mismatch("array data inside a frame");
        }
        self.frame_end = NO_FRAME;
    }

    fn skip_array(&mut self, raw: Raw) -> Result<(), Halt> {
        self.leave_frame();
        let Some(size) = raw.size else {
            let position = self.window.position();
            self.all.report(Finding::new("PKL204", position).fact("limit", "raw array data of unknown size follows"));
            return Err(Halt::Broken("how much array data follows cannot be told"));
        };
        if raw.padded {
            self.window.fill(1)?;
            let Some(padding) = self.window.unread().first().copied() else { return Err(Halt::Truncated) };
            self.window.advance(1);
            self.skip_all(u64::from(padding))?;
        }
        self.window.fill(starts::FRONT)?;
        let length = usize::try_from(size).map_or(starts::FRONT, |size| size.min(starts::FRONT));
        if self.window.unread().get(..length).is_some_and(starts::begins_like_something) {
            self.all.nest_start(self.window.position(), size);
        }
        self.skip_all(size)
    }

    fn skip_all(&mut self, count: u64) -> Result<(), Halt> {
        if self.window.skip(count)? < count { Err(Halt::Truncated) } else { Ok(()) }
    }

    fn open_inner(&mut self) -> Result<(), Halt> {
        if self.outer.len() >= self.all.limits.open_streams {
            return Err(Halt::Limit("pickles of object arrays nested too deeply"));
        }
        self.leave_frame();
        let machine = std::mem::replace(&mut self.machine, Machine::new(&Arc::default()));
        self.outer.push(Suspended { machine });
        Ok(())
    }
}

/// The opcode at `at` and where it ends, if all of it lies in `bytes`, whose first byte has the offset `base`.
#[inline]
fn decode(bytes: &[u8], at: usize, base: u64) -> Option<(Instruction<'_>, usize)> {
    let [code, number @ ..] = bytes.get(at..)?.first_chunk::<LONGEST_HEAD>()?;
    let opcode = op::of(*code);
    let start = at + usize::from(opcode.head);
    let rest = bytes.get(start..)?;
    let mut operand = u64::from_le_bytes(*number) & opcode.mask;
    let (length, end) = match opcode.form {
        Form::Fixed => (0, start),
        Form::Counted => {
            let length = usize::try_from(operand).ok()?;
            (length, start.checked_add(length)?)
        }
        Form::Line => {
            let length = line_length(rest)?;
            operand = length as u64;
            (length, start + length + 1)
        }
        Form::TwoLines | Form::Unknown => return None,
    };
    let payload = rest.get(..length)?;
    let (offset, payload_at) = (base + at as u64, base + start as u64);
    Some((Instruction { code: *code, offset, operand, payload_at, payload }, end))
}

/// The length of the line at the front of `bytes`, where its end is in sight.
#[inline]
fn line_length(bytes: &[u8]) -> Option<usize> {
    // Lines of protocol 0 are a few bytes long: three words at a time beat the set-up of a vector search.
    for (place, word) in bytes.as_chunks::<8>().0.iter().take(3).enumerate() {
        // The lowest byte that is a line feed is the lowest one whose high bit is set (a zero byte after XOR).
        let word = u64::from_le_bytes(*word) ^ 0x0a0a_0a0a_0a0a_0a0a;
        let found = word.wrapping_sub(0x0101_0101_0101_0101) & !word & 0x8080_8080_8080_8080;
        if found != 0 {
            return Some(place * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    memchr::memchr(b'\n', bytes.get(..LONGEST_LINE.min(bytes.len())).unwrap_or_default())
}
