//! The symbolic pickle machine: what each opcode does to stack, marks and memo, and what it would touch.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::arrays;
use super::collector::Collector;
use super::globals::{Site, Use};
use super::literal::{self, Number};
use super::memo::{FRONT, Memo};
use super::opcode as op;
use super::ring::Ring;
use super::stack::{Full, Stack};
use super::text::{Contents, Kept, NAME};
use super::value::{ALIASED, Kind, Tag, Value};
use crate::encoded::LEAST;
use crate::error::Error;
use crate::finding::Finding;
use crate::rules::{Verdict, judge};
use crate::window::Window;

/// The last protocol that exists (PEP 574).
const HIGHEST_PROTOCOL: u64 = 5;

/// Why a stream ends without STOP.
#[derive(Debug)]
pub(crate) enum Halt {
    /// No loader goes on from here.
    Broken(&'static str),
    /// The bytes end.
    Truncated,
    /// A limit of the analysis.
    Limit(&'static str),
    /// The time is over.
    Deadline,
    /// The source failed.
    Source(Error),
}

impl From<Full> for Halt {
    fn from(_: Full) -> Self {
        Self::Limit("the stack or memo has more structure than is kept")
    }
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Source(error)
    }
}

pub(super) const UNDERFLOW: Halt = Halt::Broken("an opcode needs more operands than the stack has");
pub(super) const NO_MARK: Halt = Halt::Broken("an opcode needs a mark and there is none");

/// Why the driver has to act before the next opcode.
#[derive(Debug)]
pub(crate) enum Pause {
    /// STOP, with the object that would be returned.
    Stop(Value),
    /// FRAME, with the length of the frame.
    Frame(u64),
    /// Raw array bytes follow, which only joblib reads.
    Array(arrays::Raw),
    /// A pickle of an object array follows, which only joblib reads.
    Inner,
    /// The stream ends here.
    Halt(Halt),
}

/// The outcome of an opcode. Boxed, so that the ordinary outcome is one register: a larger one cost a third of the
/// time of dense streams.
pub(crate) type Step = Result<(), Box<Pause>>;

impl From<Halt> for Box<Pause> {
    fn from(halt: Halt) -> Self {
        Self::new(Pause::Halt(halt))
    }
}

impl From<Full> for Box<Pause> {
    fn from(full: Full) -> Self {
        Halt::from(full).into()
    }
}

/// One opcode with its operand, as it stands in the buffer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Instruction<'a> {
    pub(crate) code: u8,
    /// The offset of the opcode.
    pub(crate) offset: u64,
    /// The number, or the length of the payload.
    pub(crate) operand: u64,
    /// The offset of the payload.
    pub(crate) payload_at: u64,
    /// The payload, as much of it as is in the buffer.
    pub(crate) payload: &'a [u8],
}

impl Instruction<'_> {
    pub(crate) fn site(&self) -> Site {
        Site { offset: self.offset, opcode: op::of(self.code).name }
    }
}

/// The machine of one stream.
#[derive(Clone)]
pub(crate) struct Machine {
    pub(crate) stack: Stack,
    pub(crate) memo: Memo,
    pub(crate) ring: Ring,
    pub(crate) kept: Kept,
    /// `SPECIAL` and `OBJECT_FIELDS`, as some dict of the stream has got them; `ALIASED` where one was written to.
    pub(crate) marks: u32,
    watching: bool,
}

impl Machine {
    pub(crate) fn new(watched: &Arc<FxHashSet<u64>>) -> Self {
        Self {
            stack: Stack::default(),
            memo: Memo::watching(Arc::clone(watched)),
            ring: Ring::new(),
            kept: Kept::default(),
            marks: 0,
            watching: !watched.is_empty(),
        }
    }

    /// Executes one opcode.
    #[inline]
    pub(crate) fn execute(&mut self, at: Instruction<'_>, window: &Window, all: &mut Collector) -> Step {
        if at.payload.len() >= LEAST {
            all.carry(at);
        }
        if let Some(value) = constant(at) {
            self.stack.push(value, &all.limits)?;
            return Ok(());
        }
        let value = match at.code {
            op::MEMOIZE => return self.put(self.memo.next_index(), window, all),
            op::BINPUT | op::LONG_BINPUT => return self.put(at.operand, window, all),
            op::BINGET | op::LONG_BINGET => self.get(at.operand)?,
            op::MARK => {
                self.stack.mark(&all.limits)?;
                return Ok(());
            }
            op::TUPLE1 => self.tuple(1)?,
            op::TUPLE2 => self.tuple(2)?,
            op::TUPLE3 => self.tuple(3)?,
            op::TUPLE => {
                let count = self.stack.unmark().ok_or(NO_MARK)?;
                self.tuple(count)?
            }
            op::SETITEMS => {
                let count = self.stack.unmark().ok_or(NO_MARK)?;
                return self.set_items(count, at.site(), window, all);
            }
            op::SETITEM => return self.set_items(2, at.site(), window, all),
            op::APPENDS | op::ADDITEMS => {
                let count = self.stack.unmark().ok_or(NO_MARK)?;
                return self.append(count, at.site(), all);
            }
            op::APPEND => return self.append(1, at.site(), all),
            op::INT | op::LONG => integer(at)?,
            op::UNICODE => text(Tag::ESCAPED, at),
            op::FLOAT if literal::is_float(at.payload) => {
                Value::float(at.payload_at, u32::try_from(at.operand).unwrap_or(u32::MAX))
            }
            op::GET => self.get(literal::index(at.payload).ok_or(Halt::Broken("a GET without an index"))?)?,
            op::PUT => {
                let index = literal::index(at.payload).ok_or(Halt::Broken("a PUT without an index"))?;
                return self.put(index, window, all);
            }
            _ => return self.execute_rarer(at, window, all),
        };
        self.stack.push(value, &all.limits)?;
        Ok(())
    }

    fn execute_rarer(&mut self, at: Instruction<'_>, window: &Window, all: &mut Collector) -> Step {
        let value = match at.code {
            op::FLOAT => return Err(Halt::Broken("a FLOAT that is no number").into()),
            op::LONG1 | op::LONG4 => little_endian(at),
            op::STRING if literal::unquoted(at.payload).is_none() && at.payload.len() as u64 == at.operand => {
                return Err(Halt::Broken("a STRING without quotes").into());
            }
            op::STRING => text(Tag::QUOTED, at),
            op::BINSTRING | op::SHORT_BINSTRING => text(Tag::STRING, at),
            op::BINBYTES | op::SHORT_BINBYTES | op::BINBYTES8 => text(Tag::BYTES, at),
            op::BYTEARRAY8 => text(Tag::BYTEARRAY, at),
            op::LIST => self.collect(Tag::LIST, at.site(), all)?,
            op::FROZENSET => self.collect(Tag::FROZENSET, at.site(), all)?,
            op::DICT => return self.dict(at.site(), window, all),
            op::DUP => self.stack.peek(0).map(|value| self.alias(value)).ok_or(UNDERFLOW)?,
            op::POP if self.stack.at_mark() => {
                self.stack.unmark();
                return Ok(());
            }
            op::POP => {
                self.stack.pop().ok_or(UNDERFLOW)?;
                return Ok(());
            }
            op::POP_MARK => {
                let count = self.stack.unmark().ok_or(NO_MARK)?;
                self.stack.drop_topmost(count);
                return Ok(());
            }
            op::PROTO if at.operand > HIGHEST_PROTOCOL => {
                return Err(Halt::Broken("a protocol that no loader knows").into());
            }
            op::PROTO | op::READONLY_BUFFER => return Ok(()),
            op::FRAME => return Err(Box::new(Pause::Frame(at.operand))),
            op::STOP => return Err(Box::new(Pause::Stop(self.stack.pop().ok_or(UNDERFLOW)?))),
            op::NEXT_BUFFER => Value::bare(Tag::OPAQUE),
            _ => return self.execute_touching(at, window, all),
        };
        self.stack.push(value, &all.limits)?;
        Ok(())
    }

    /// The opcodes that import, call or write.
    fn execute_touching(&mut self, at: Instruction<'_>, window: &Window, all: &mut Collector) -> Step {
        let value = match at.code {
            op::GLOBAL => global_line(at, all),
            op::STACK_GLOBAL => self.stack_global(at.site(), window, all)?,
            op::REDUCE => {
                let args = self.stack.pop().ok_or(UNDERFLOW)?;
                let callee = self.stack.pop().ok_or(UNDERFLOW)?;
                self.call(callee, args, Use::Called, at.site(), window, all)?
            }
            op::NEWOBJ => {
                let args = self.stack.pop().ok_or(UNDERFLOW)?;
                let class = self.stack.pop().ok_or(UNDERFLOW)?;
                self.call(class, args, Use::Constructed, at.site(), window, all)?
            }
            op::NEWOBJ_EX => {
                self.stack.pop().ok_or(UNDERFLOW)?;
                let args = self.stack.pop().ok_or(UNDERFLOW)?;
                let class = self.stack.pop().ok_or(UNDERFLOW)?;
                self.call(class, args, Use::Constructed, at.site(), window, all)?
            }
            op::OBJ => {
                let count = self.stack.unmark().ok_or(NO_MARK)?;
                let args = self.tuple(count.checked_sub(1).ok_or(UNDERFLOW)?)?;
                let class = self.stack.pop().ok_or(UNDERFLOW)?;
                self.call(class, args, Use::Called, at.site(), window, all)?
            }
            op::INST => {
                // The Python machine imports before it looks for the mark.
                let class = global_line(at, all);
                let count = self.stack.unmark().ok_or(NO_MARK)?;
                let args = self.tuple(count)?;
                self.call(class, args, Use::Called, at.site(), window, all)?
            }
            op::BUILD => return self.build(at.site(), window, all),
            op::EXT1 | op::EXT2 | op::EXT4 => {
                let finding =
                    Finding::new("PKL151", at.offset).fact("opcode", at.site().opcode).fact("code", at.operand);
                all.report(finding.detail("position", at.offset).detail("opcode", at.site().opcode));
                Value::bare(Tag::OPAQUE)
            }
            op::PERSID => self.persistent(None, at.site(), window, all),
            op::BINPERSID => {
                let id = self.stack.pop().ok_or(UNDERFLOW)?;
                self.persistent(Some(id), at.site(), window, all)
            }
            _ => return Err(Halt::Broken("a byte that is no opcode").into()),
        };
        self.stack.push(value, &all.limits)?;
        Ok(())
    }

    pub(crate) fn contents<'a>(&'a self, window: &'a Window, all: &'a Collector) -> Contents<'a> {
        Contents { window, kept: &self.kept, collector: all }
    }

    #[inline]
    pub(crate) fn put(&mut self, index: u64, window: &Window, all: &Collector) -> Step {
        let value = self.stack.peek(0).ok_or(UNDERFLOW)?;
        if index < FRONT || self.watching {
            self.kept.keep(value, window);
        }
        self.memo.put(index, value, &all.limits)?;
        Ok(())
    }

    #[inline]
    pub(crate) fn get(&self, index: u64) -> Result<Value, Halt> {
        let value = self.memo.get(index).ok_or(Halt::Broken("a memo entry is read that was never stored"))?;
        Ok(self.alias(value))
    }

    /// A second reference to a value. Which dict it is was not followed: any may be the one with the marks.
    #[inline]
    fn alias(&self, value: Value) -> Value {
        if value.tag() == Tag::DICT {
            return Value { kind: Kind::new(Tag::DICT, value.id() | self.marks | ALIASED), ..value };
        }
        value
    }

    /// Replaces the topmost `count` values by a tuple.
    #[inline]
    pub(crate) fn tuple(&mut self, count: u64) -> Result<Value, Halt> {
        if count > 0 && self.stack.peek(usize::try_from(count - 1).unwrap_or(usize::MAX)).is_none() {
            return Err(UNDERFLOW);
        }
        let items = self.stack.topmost(count);
        let kept = if items.len() as u64 == count { self.ring.keep(items) } else { None };
        let growth = if items.len() as u64 == count {
            doublings(items.iter().copied())
        } else {
            doublings(self.stack.values(count))
        };
        let value = match (kept, u32::try_from(count)) {
            (Some(position), Ok(length)) => Value::new(Tag::TUPLE, growth, position, length),
            _ => Value::forgotten(Kind::new(Tag::TUPLE, growth)),
        };
        self.stack.drop_topmost(count);
        Ok(value)
    }

    fn stack_global(&mut self, site: Site, window: &Window, all: &mut Collector) -> Result<Value, Halt> {
        let name = self.stack.pop().ok_or(UNDERFLOW)?;
        let module = self.stack.pop().ok_or(UNDERFLOW)?;
        let contents = self.contents(window, all);
        let (module_text, name_text) = (contents.text(module, NAME), contents.text(name, NAME));
        if let (Some(module), Some(name)) = (module_text, name_text) {
            return Ok(refer(&module, &name, site, all));
        }
        for operand in [module, name] {
            if operand.is_inert() && !operand.may_be_text() && operand.tag() != Tag::COMPUTED {
                return Err(Halt::Broken("STACK_GLOBAL with an operand that is no string"));
            }
        }
        let lost: Vec<u64> = [module, name].into_iter().filter_map(Value::lost_memo_index).collect();
        if !lost.is_empty() && !self.watching {
            // A second pass that knows these entries will tell.
            if all.unresolved.len() < all.limits.watched {
                all.unresolved.extend(lost);
                return Ok(Value::bare(Tag::OPAQUE));
            }
        }
        computed_callable("resolved", site, all);
        Ok(Value::bare(Tag::OPAQUE))
    }
}

/// The binary logarithm of how many tuples a tuple is made of, counted each time it is reached.
#[inline]
fn doublings(items: impl Iterator<Item = Value>) -> u32 {
    let mut inside = items.filter(|item| item.tag() == Tag::TUPLE);
    match (inside.next(), inside.next()) {
        (None, _) => 0,
        (Some(one), None) => one.id(),
        (Some(first), Some(second)) => {
            let size = |item: Value| 1_u64.checked_shl(item.id()).unwrap_or(u64::MAX);
            let both = size(first).saturating_add(size(second));
            inside.fold(both, |sum, item| sum.saturating_add(size(item))).ilog2()
        }
    }
}

/// Reports that something which only exists at load time is called, resolved, built or written to.
pub(crate) fn computed_callable(usage: &'static str, site: Site, all: &mut Collector) {
    let finding = Finding::new("PKL132", site.offset).fact("opcode", site.opcode).fact("use", usage);
    all.report(finding.detail("position", site.offset).detail("opcode", site.opcode));
}

/// The sign of a four-byte number.
const SIGN: u64 = 1 << 31;

/// The value of an opcode that only pushes a constant.
#[inline]
pub(crate) fn constant(at: Instruction<'_>) -> Option<Value> {
    Some(match at.code {
        op::BININT1 | op::BININT2 => Value::int(at.operand),
        // Four bytes with a sign: the operand holds them without.
        op::BININT => Value::int((at.operand ^ SIGN).wrapping_sub(SIGN)),
        op::BINFLOAT => Value::float(at.offset + 1, 8),
        op::NONE => Value::bare(Tag::NONE),
        op::NEWTRUE | op::NEWFALSE => Value::bool(at.code == op::NEWTRUE),
        op::SHORT_BINUNICODE | op::BINUNICODE | op::BINUNICODE8 => text(Tag::TEXT, at),
        op::EMPTY_LIST => Value::bare(Tag::LIST),
        op::EMPTY_DICT => Value::bare(Tag::DICT),
        op::EMPTY_TUPLE => Value::new(Tag::TUPLE, 0, 0, 0),
        op::EMPTY_SET => Value::bare(Tag::SET),
        _ => return None,
    })
}

/// Notes a global and returns it as a value.
pub(crate) fn refer(module: &str, name: &str, site: Site, all: &mut Collector) -> Value {
    if module.len() > all.limits.name || name.len() > all.limits.name {
        endless_name(site, all);
        return Value::bare(Tag::OPAQUE);
    }
    if all.speculative && !matches!(judge(module, name), Verdict::Dangerous { .. } | Verdict::WalksOut) {
        return Value::bare(Tag::OPAQUE);
    }
    let limits = all.limits;
    if let Some(number) = all.globals.refer(module, name, site, &limits) {
        return Value::new(Tag::GLOBAL, number, 0, 0);
    }
    all.report(Finding::new("PKL204", site.offset).fact("limit", "more distinct callables than are kept"));
    Value::bare(Tag::OPAQUE)
}

/// Reports a name that is longer than any honest one: only a walk through attributes gets so long.
pub(super) fn endless_name(site: Site, all: &mut Collector) {
    let finding = Finding::new("PKL122", site.offset).fact("callable", "(a name of thousands of characters)");
    all.report(finding.detail("position", site.offset).detail("opcode", site.opcode));
}

fn global_line(at: Instruction<'_>, all: &mut Collector) -> Value {
    let split = usize::try_from(at.operand).unwrap_or(usize::MAX);
    let (module, name) = at.payload.split_at_checked(split).unwrap_or((at.payload, b""));
    let name = name.strip_prefix(b"\n").unwrap_or(name);
    let (module, name) = (String::from_utf8_lossy(module), String::from_utf8_lossy(name));
    refer(&module, &name, at.site(), all)
}

#[inline]
pub(crate) fn text(tag: Tag, at: Instruction<'_>) -> Value {
    let special = at.payload.starts_with(b"__") || at.payload.starts_with(b"'__") || at.payload.starts_with(b"\"__")
        // An escaped underscore, or any other escape, hides what the text starts with.
        || (tag == Tag::ESCAPED || tag == Tag::QUOTED) && at.payload.contains(&b'\\');
    let is_text = tag < Tag::BYTES;
    match u32::try_from(at.operand) {
        Ok(length) => Value::new(tag, u32::from(special && is_text), at.payload_at, length),
        Err(_) => Value::bare(tag),
    }
}

fn integer(at: Instruction<'_>) -> Result<Value, Halt> {
    let line = if at.code == op::LONG { at.payload.strip_suffix(b"L").unwrap_or(at.payload) } else { at.payload };
    if (line.len() as u64) + 1 < at.operand {
        // Longer than the buffer: a number of millions of digits, of which only the sort matters.
        return Ok(Value::bare(Tag::INT));
    }
    match literal::integer(line) {
        Some(Number::Bool) if at.code == op::INT => Ok(Value::bool(line == b"01")),
        Some(Number::Bool) => Ok(Value::int(u64::from(line == b"01"))),
        Some(Number::Small(value)) => Ok(Value::int(value)),
        Some(Number::Large) => Ok(Value::bare(Tag::INT)),
        None if line.is_empty() && at.code == op::LONG => Ok(Value::int(0)),
        None => Err(Halt::Broken("an INT or LONG that is no number")),
    }
}

fn little_endian(at: Instruction<'_>) -> Value {
    let mut word = [0_u8; 8];
    for (to, from) in word.iter_mut().zip(at.payload) {
        *to = *from;
    }
    // The length tells numbers that agree in their low 64 bits apart.
    Value { len: u32::try_from(at.operand).unwrap_or(u32::MAX), ..Value::int(u64::from_le_bytes(word)) }
}
