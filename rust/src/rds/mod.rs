//! R's serialization: the tree of objects walked in order, without recursion, told by where each object stands.
//!
//! `stream` knows the three encodings, `code` what code calls. Sources: R's `src/main/serialize.c` and `saveload.c`, and
//! "R Internals", section Serialization Formats.

mod bytecode;
mod code;
mod item;
mod stream;

use crate::deadline::Deadline;
use crate::error::Result;
use crate::finding::Finding;
use crate::source::Source;
use crate::walk::{Ends, Stop, Taken, Walk};
use code::Code;
use stream::Stream;

const ENDS: Ends = Ends { broken: "RDS101", limit: "RDS109" };

/// Objects that are open inside each other, or wait for their turn. R's own stack ends long before.
const OPEN: usize = 1 << 17;

/// Names that are kept to be referred to. A large workspace has some ten thousand.
const NAMES: usize = 1 << 18;

/// Where an object stands: what that makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Anywhere else.
    Value,
    /// The list of what a workspace binds, a name in it, and what that is bound to.
    Workspace,
    WorkspaceName,
    WorkspaceValue,
    /// The table of an environment, a list of variables, and the value of one.
    Table,
    Frame,
    Variable,
    /// The function of a call.
    Called,
    /// The name of an entry in a list, or of an argument.
    Tag,
    /// The value that the promise of a variable has or lacks.
    PromiseValue,
}

/// What is still to be read.
#[derive(Debug, Clone, Copy)]
enum Task {
    Item(Place),
    /// So many items of a vector.
    Items(u64, Place),
    /// How many constants byte code has, then so many of them.
    ConstantCount,
    Constants(u64),
    /// A part of code as byte code keeps it, whose type is still to be read.
    CodePart(Place),
    /// The code of a promise at this place begins, and ends.
    StartOfPromise(u64),
    EndOfPromise,
}

struct Reader<'a> {
    stream: Stream<'a>,
    walk: Walk,
    tasks: Vec<Task>,
    code: Code,
    /// What can be referred to: names of symbols, and nothing for other things.
    known: Vec<Option<Box<str>>>,
    referable: u64,
    /// The name that the workspace binds next.
    binding: String,
    /// Names that an alternative representation gives: its class, and its package.
    alternative: Option<Vec<String>>,
    functions: u64,
    first_function: u64,
    /// Whether names were referred to that are not kept.
    forgotten: bool,
}

/// Walks a file of R.
pub fn scan(source: &Source, deadline: &Deadline) -> Result<Walk> {
    let mut reader = Reader {
        stream: Stream::new(source, deadline)?,
        walk: Walk::default(),
        tasks: Vec::new(),
        code: Code::default(),
        known: Vec::new(),
        referable: 0,
        binding: String::new(),
        alternative: None,
        functions: 0,
        first_function: 0,
        forgotten: false,
    };
    let outcome = reader.file();
    let Reader { stream, mut walk, mut code, functions, first_function, forgotten, .. } = reader;
    // Where the file breaks inside of a promise, what it would call is known all the same.
    while code.is_open() {
        code.close(&mut walk);
    }
    for (name, at) in &code.called {
        walk.find(Finding::new("RDS106", *at).fact("callable", *name));
    }
    if code.waiting > 0 {
        walk.find(Finding::new("RDS103", code.waiting_at).fact("count", code.waiting));
    }
    if functions > 0 {
        walk.find(Finding::new("RDS104", first_function).fact("count", functions));
    }
    if forgotten {
        ENDS.note(&mut walk, Stop::Limit("names", NAMES as u64), stream.cursor.position())?;
    }
    if let Err(stop) = outcome {
        ENDS.note(&mut walk, stop, stream.cursor.position())?;
    }
    Ok(walk)
}

impl Reader<'_> {
    fn file(&mut self) -> Taken<()> {
        let header = self.stream.header()?;
        if !matches!(header.version, Some(2 | 3)) {
            let version = header.version.map_or_else(|| "1".to_owned(), |version| version.to_string());
            self.walk.find(Finding::new("RDS110", 0).fact("version", version));
            return Ok(());
        }
        self.tasks.push(Task::Item(if header.workspace { Place::Workspace } else { Place::Value }));
        while let Some(task) = self.tasks.pop() {
            if self.tasks.len() > OPEN {
                return Err(Stop::Limit("objects inside each other", OPEN as u64));
            }
            match task {
                Task::Item(place) => self.item(place)?,
                Task::Items(0, _) | Task::Constants(0) => {}
                Task::Items(left, place) => {
                    self.tasks.push(Task::Items(left - 1, place));
                    self.item(place)?;
                }
                Task::ConstantCount => self.constants()?,
                Task::Constants(left) => {
                    self.tasks.push(Task::Constants(left - 1));
                    self.constant()?;
                }
                Task::CodePart(place) => {
                    let kind = self.stream.int()?;
                    self.code_part(kind, place)?;
                }
                Task::StartOfPromise(at) => self.code.open(at, false),
                Task::EndOfPromise => self.code.close(&mut self.walk),
            }
        }
        if !self.stream.at_end()? {
            let end = self.stream.cursor.position();
            self.walk.find(Finding::new("RDS108", end));
            self.walk.loose.push((end, 1 << 62));
        }
        Ok(())
    }

    /// Puts what follows in its order: the last to be read is pushed first.
    fn then<const N: usize>(&mut self, tasks: [Option<Task>; N]) {
        self.tasks.extend(tasks.into_iter().rev().flatten());
    }

    fn refer(&mut self, name: Option<&str>) {
        self.referable += 1;
        if self.known.len() < NAMES {
            self.known.push(name.map(Into::into));
        }
    }
}
