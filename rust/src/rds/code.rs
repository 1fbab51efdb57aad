//! What R code in a file calls: names that start processes or load code, and what an unforced promise would do.

use crate::finding::Finding;
use crate::walk::Walk;

/// Functions that run a program or load native code or R code from elsewhere. Sources: R's manual pages of each.
const DANGEROUS: [&str; 12] = [
    "download.file",
    "dyn.load",
    "install.packages",
    "library.dynam",
    "pipe",
    "shell",
    "shell.exec",
    "source",
    "sys.source",
    "system",
    "system2",
    "unloadNamespace",
];

/// Functions that take a function by name.
const BY_NAME: [&str; 7] = ["do.call", "get", "get0", "getExportedValue", "getFromNamespace", "match.fun", "exec"];

/// Strings and names of a promise that are shown.
const SHOWN: usize = 8;

/// A promise whose code is being read.
#[derive(Debug)]
struct Promise {
    /// Where it stands.
    at: u64,
    /// Whether it is the value of a variable of an environment, where honest files have promises too.
    bound: bool,
    calls: Vec<String>,
    strings: Vec<String>,
    dangerous: bool,
}

/// Code as it passes by: which function is called, and in which promise.
#[derive(Debug, Default)]
pub(super) struct Code {
    /// The promises that are open, the innermost last.
    promises: Vec<Promise>,
    /// How many names are to come until the function: `package::name` has one before it.
    names_to_function: Option<u8>,
    /// Dangerous functions that are called outside of promises, by the place where each is first called.
    pub called: Vec<(&'static str, u64)>,
    /// Promises of environments that do nothing worse than others.
    pub waiting: u64,
    /// Where the first of them stands.
    pub waiting_at: u64,
}

impl Code {
    pub(super) fn open(&mut self, at: u64, bound: bool) {
        let (calls, strings) = (Vec::new(), Vec::new());
        self.promises.push(Promise { at, bound, calls, strings, dangerous: false });
    }

    /// Whether the code of a promise is being read.
    pub(super) fn is_open(&self) -> bool {
        !self.promises.is_empty()
    }

    /// The code of the innermost promise ends.
    pub(super) fn close(&mut self, walk: &mut Walk) {
        self.names_to_function = None;
        let Some(promise) = self.promises.pop() else { return };
        if promise.bound && !promise.dangerous {
            if self.waiting == 0 {
                self.waiting_at = promise.at;
            }
            self.waiting += 1;
            return;
        }
        let quoted: Vec<String> = promise.strings.iter().map(|text| format!("{text:?}")).collect();
        let callable = promise.calls.first().cloned().unwrap_or_else(|| "no function".to_owned());
        let finding = Finding::new("RDS102", promise.at).fact("callable", callable);
        walk.find(finding.detail("names", promise.calls.join(" ")).detail("strings", quoted.join(", ")));
    }

    /// A name in code; `called` if it stands where the function of a call does.
    pub(super) fn name(&mut self, name: &str, called: bool, at: u64) {
        let expected = self.names_to_function.take();
        if called {
            self.names_to_function = match name {
                "::" | ":::" => Some(1),
                _ if BY_NAME.contains(&name) => Some(0),
                _ => None,
            };
        } else if let Some(left @ 1..) = expected {
            self.names_to_function = Some(left - 1);
        }
        let function = called || expected == Some(0);
        if function && let Some(known) = DANGEROUS.iter().find(|known| **known == name) {
            self.dangerous(known, at);
        }
        if let Some(promise) = self.promises.last_mut()
            && promise.calls.len() < SHOWN
            && (function || promise.calls.is_empty())
        {
            promise.calls.push(name.to_owned());
        }
    }

    fn dangerous(&mut self, known: &'static str, at: u64) {
        if let Some(promise) = self.promises.last_mut() {
            promise.dangerous = true;
        } else if !self.called.iter().any(|(name, _)| *name == known) {
            self.called.push((known, at));
        }
    }

    /// A string constant.
    pub(super) fn string(&mut self, text: &str, at: u64) {
        if self.names_to_function.is_some() {
            self.name(text, false, at);
        }
        if let Some(promise) = self.promises.last_mut()
            && promise.strings.len() < SHOWN
        {
            promise.strings.push(text.chars().take(200).collect());
        }
    }

    /// Whether anybody wants to know what strings say.
    pub(super) fn listens(&self) -> bool {
        self.names_to_function.is_some() || !self.promises.is_empty()
    }
}
