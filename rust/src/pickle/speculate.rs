//! The other reading of array bytes: a plain unpickler does not know that joblib keeps data in the stream, and runs it.
//!
//! Array bytes are no pickle, so most of what they spell is noise. Only callables that are bad by name count, which no
//! random bytes spell; everything else that this reading meets is dropped.

use std::sync::Arc;

use super::machine::Halt;
use super::opcode::{self as op, Form};
use super::stream::Stream;
use crate::finding::Finding;
use crate::source::Source;
use crate::window::Window;

/// How many opcodes of one file are read so. Bytes of arrays end such a reading after two opcodes on average.
const MOST: u64 = 1 << 26;

/// How much is looked at where the source cannot be read twice.
const AHEAD: usize = 1 << 20;

impl Stream<'_> {
    /// Reads what follows as opcodes, with a copy of the machine, and comes back to where it was.
    pub(super) fn read_as_opcodes(&mut self) -> Result<(), Halt> {
        if self.all.speculative || !self.leads_somewhere()? {
            return Ok(());
        }
        let at = self.window.position();
        let copied = if self.all.source.random_access() {
            None
        } else {
            self.window.fill(AHEAD)?;
            Some(Source::from_bytes(self.window.unread().to_vec()))
        };
        let mut window = match &copied {
            Some(copy) => Window::new(copy, 0)?,
            None => Window::new(&self.all.source, at)?,
        };
        self.all.speculative = true;
        let budget = MOST.saturating_sub(self.all.speculated);
        let mut reading = Stream::new(&mut window, self.all, self.deadline, &Arc::default()).at_most(budget);
        reading.machine = self.machine.clone();
        let end = reading.run();
        self.all.speculative = false;
        self.all.speculated += end.opcodes;
        if matches!(end.outcome, Err(Halt::Limit(_))) {
            let limit = "array bytes that are opcodes to a plain unpickler go on too long";
            self.all.report(Finding::new("PKL204", at).fact("limit", limit));
        }
        Ok(())
    }

    /// Whether an opcode that imports, calls or writes comes before a byte that is none. It is a look at sizes alone, so
    /// that most arrays cost no copy of the machine.
    fn leads_somewhere(&mut self) -> Result<bool, Halt> {
        self.window.fill(64)?;
        let mut rest = self.window.unread();
        while let [code, after @ ..] = rest {
            let opcode = op::of(*code);
            let head = usize::from(opcode.head).saturating_sub(1);
            let Some((number, body)) = after.split_at_checked(head) else { return Ok(true) };
            if touches(*code) {
                return Ok(true);
            }
            let length = match opcode.form {
                Form::Unknown => return Ok(false),
                Form::Fixed => 0,
                Form::Counted => {
                    let mut word = [0; 8];
                    word.iter_mut().zip(number).for_each(|(to, from)| *to = *from);
                    usize::try_from(u64::from_le_bytes(word) & opcode.mask).unwrap_or(usize::MAX)
                }
                Form::Line | Form::TwoLines => match memchr::memchr(b'\n', body) {
                    Some(end) => end + 1,
                    None => return Ok(true),
                },
            };
            match body.get(length..) {
                Some(next) => rest = next,
                None => return Ok(true),
            }
        }
        Ok(true)
    }
}

fn touches(code: u8) -> bool {
    matches!(
        code,
        op::GLOBAL | op::STACK_GLOBAL | op::INST | op::OBJ | op::REDUCE | op::NEWOBJ | op::NEWOBJ_EX | op::BUILD
    )
}
