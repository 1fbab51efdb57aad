//! One object of R's serialization: its flags, its own bytes, and which objects follow.

use super::{Place, Reader, Task};
use crate::finding::Finding;
use crate::walk::{Stop, Taken};

/// Bytes of a name or string that are kept.
const TEXT: usize = 4_096;

/// Raw vectors that are handed on: models of other libraries are kept so, a few in a file.
const RAW: usize = 256;

pub(super) const LISTSXP: i32 = 2;
pub(super) const LANGSXP: i32 = 6;
pub(super) const BCODESXP: i32 = 21;
const CHARSXP: i32 = 9;

/// Functions that R runs by itself when a session begins or ends with a workspace. Source: R's `?Startup`, `?quit`.
const RUN_BY_ITSELF: [&str; 2] = [".First", ".Last"];

/// Classes of base R that keep vectors in other ways: all but those that map a file. Source: `src/main/altclasses.c`.
const ALTERNATIVES: [&str; 10] = [
    "compact_intseq",
    "compact_realseq",
    "deferred_string",
    "wrap_complex",
    "wrap_integer",
    "wrap_list",
    "wrap_logical",
    "wrap_raw",
    "wrap_real",
    "wrap_string",
];

/// Packages that read data into vectors of classes of their own.
const PACKAGES: [&str; 2] = ["arrow", "vroom"];

/// The mark that stands for a value that is not there.
const UNBOUND: i32 = 252;

/// The flags in front of an object.
#[derive(Debug, Clone, Copy)]
struct Flags(i32);

impl Flags {
    fn kind(self) -> i32 {
        self.0 & 0xFF
    }

    fn attributes(self) -> bool {
        self.0 & (1 << 9) != 0
    }

    fn tag(self) -> bool {
        self.0 & (1 << 10) != 0
    }
}

impl Reader<'_> {
    pub(super) fn item(&mut self, place: Place) -> Taken<()> {
        let at = self.stream.cursor.position();
        let flags = Flags(self.stream.int()?);
        let attributes = flags.attributes().then_some(Task::Item(Place::Value));
        if place == Place::PromiseValue && flags.kind() == UNBOUND {
            self.unforced(at);
        }
        match flags.kind() {
            1 => self.symbol(place, at)?,
            2 | 3 | 5 | 6 | 17 => self.node(flags, place, at),
            // NULL, environments that every session has, and marks.
            241 | 242 | 250..=254 => {}
            255 => self.reference(flags, place, at)?,
            247..=249 => self.named()?,
            238 => {
                self.alternative = Some(Vec::new());
                self.then([Some(Task::Item(Place::Value)); 3]);
            }
            4 => {
                self.stream.int()?;
                self.refer(None);
                let rest = [Place::Value, Place::Frame, Place::Table, Place::Value];
                self.then(rest.map(|place| Some(Task::Item(place))));
            }
            22 => {
                self.refer(None);
                self.then([Some(Task::Item(Place::Value)), Some(Task::Item(Place::Value)), attributes]);
            }
            23 => {
                self.refer(None);
                self.then([attributes]);
            }
            kind => {
                self.then([attributes]);
                self.vector(kind, place, at)?;
            }
        }
        Ok(())
    }

    /// Pairs and what is made of them: tag and two objects, which are something else for each type.
    fn node(&mut self, flags: Flags, place: Place, at: u64) {
        let kind = flags.kind();
        let (mut name, mut head, mut rest) = (Place::Tag, Place::Value, Place::Value);
        let mut around = (None, None);
        match kind {
            3 => self.function(place, at),
            5 if place == Place::Variable => head = Place::PromiseValue,
            // No saving writes a promise anywhere else, whatever value it seems to have.
            5 => around = (Some(Task::StartOfPromise(at)), Some(Task::EndOfPromise)),
            LANGSXP => head = Place::Called,
            // The arguments that `...` stands for: a list like that of variables.
            17 if place == Place::Variable => (head, rest) = (Place::Variable, Place::Frame),
            _ if place == Place::Frame => (head, rest) = (Place::Variable, Place::Frame),
            _ if place == Place::Workspace => {
                (name, head, rest) = (Place::WorkspaceName, Place::WorkspaceValue, Place::Workspace);
            }
            _ => {}
        }
        let attributes = flags.attributes().then_some(Task::Item(Place::Value));
        let tag = flags.tag().then_some(Task::Item(name));
        self.then([attributes, tag, Some(Task::Item(head)), around.0, Some(Task::Item(rest)), around.1]);
    }

    /// The promise of a variable without a value: its code comes next, and runs as soon as anybody looks.
    fn unforced(&mut self, at: u64) {
        self.code.open(at, true);
        let code = self.tasks.pop();
        self.tasks.push(Task::EndOfPromise);
        self.tasks.extend(code);
    }

    fn function(&mut self, place: Place, at: u64) {
        if self.functions == 0 {
            self.first_function = at;
        }
        self.functions += 1;
        if place == Place::WorkspaceValue && RUN_BY_ITSELF.contains(&self.binding.as_str()) {
            self.walk.find(Finding::new("RDS105", at).fact("callable", self.binding.as_str()));
        }
    }

    fn symbol(&mut self, place: Place, at: u64) -> Taken<()> {
        let flags = Flags(self.stream.int()?);
        if flags.kind() != CHARSXP {
            return Err(Stop::Broken("a symbol without a name"));
        }
        let length = self.stream.int()?;
        let name = self.stream.string(i64::from(length), TEXT)?.unwrap_or_default();
        let name = String::from_utf8_lossy(&name).into_owned();
        self.refer(Some(&name));
        self.named_by(&name, place, at);
        self.then([flags.attributes().then_some(Task::Item(Place::Value))]);
        Ok(())
    }

    fn named_by(&mut self, name: &str, place: Place, at: u64) {
        if place == Place::WorkspaceName {
            name.clone_into(&mut self.binding);
        }
        if let Some(names) = &mut self.alternative {
            names.push(name.to_owned());
            if let [class, package] = names.as_slice() {
                let known = if package == "base" {
                    ALTERNATIVES.contains(&class.as_str())
                } else {
                    PACKAGES.contains(&package.as_str())
                };
                if !known {
                    let class = format!("{package}::{class}");
                    self.walk.find(Finding::new("RDS107", at).fact("class", class));
                }
                self.alternative = None;
            }
        }
        if place == Place::Tag || place == Place::WorkspaceName {
            return;
        }
        self.code.name(name, place == Place::Called, at);
    }

    fn reference(&mut self, flags: Flags, place: Place, at: u64) -> Taken<()> {
        let index = match flags.0 >> 8 {
            0 => self.stream.int()?,
            index => index,
        };
        let index = u64::try_from(index).ok().filter(|index| (1..=self.referable).contains(index));
        let index = index.ok_or(Stop::Broken("a reference to nothing"))?;
        let known = usize::try_from(index - 1).ok().and_then(|index| self.known.get(index));
        match known.cloned() {
            Some(Some(name)) => self.named_by(&name, place, at),
            Some(None) => {}
            None => self.forgotten = true,
        }
        Ok(())
    }

    /// Packages, namespaces and what is kept elsewhere: a vector of strings.
    fn named(&mut self) -> Taken<()> {
        if self.stream.int()? != 0 {
            return Err(Stop::Broken("names in a package's reference"));
        }
        let count = u64::try_from(self.stream.int()?).map_err(|_| Stop::Broken("a vector of negative length"))?;
        self.refer(None);
        self.tasks.push(Task::Items(count, Place::Value));
        Ok(())
    }

    /// Vectors and other objects with bytes of their own.
    fn vector(&mut self, kind: i32, place: Place, at: u64) -> Taken<()> {
        match kind {
            // Functions of R itself, by name.
            7 | 8 => {
                let length = self.stream.int()?;
                let name = self.stream.string(i64::from(length), TEXT)?.unwrap_or_default();
                let name = String::from_utf8_lossy(&name).into_owned();
                self.code.name(&name, place == Place::Called, at);
            }
            CHARSXP => {
                let length = self.stream.int()?;
                let most = if self.code.listens() { TEXT } else { 0 };
                if let Some(text) = self.stream.string(i64::from(length), most)?
                    && most > 0
                {
                    self.code.string(&String::from_utf8_lossy(&text), at);
                }
            }
            10 | 13 => self.numbers(4)?,
            14 => self.numbers(8)?,
            15 => self.numbers(16)?,
            16 | 19 | 20 => {
                let count = self.stream.length()?;
                self.fits(count, 4)?;
                let inner = if kind == 19 && place == Place::Table { Place::Frame } else { Place::Value };
                self.tasks.push(Task::Items(count, inner));
            }
            24 => {
                let count = self.stream.length()?;
                if let Some((start, length)) = self.stream.numbers(count, 1)?
                    && length > 8
                    && self.walk.nested.len() < RAW
                {
                    self.walk.nested.push((start, length));
                }
            }
            25 => {}
            BCODESXP => {
                // How many parts are shared.
                self.stream.int()?;
                self.byte_code();
            }
            _ => return Err(Stop::Broken("an object of an unknown type")),
        }
        Ok(())
    }

    fn numbers(&mut self, each: u64) -> Taken<()> {
        let count = self.stream.length()?;
        self.stream.numbers(count, each).map(|_| ())
    }

    /// Whether the file has room for so many objects.
    pub(super) fn fits(&self, count: u64, least: u64) -> Taken<()> {
        let bytes = count.checked_mul(least).ok_or(Stop::Ended)?;
        if self.stream.is_binary() && self.stream.cursor.left().is_some_and(|left| bytes > left) {
            return Err(Stop::Broken("a vector that is longer than the file"));
        }
        Ok(())
    }
}
