//! The paths of objects, kept as steps: a file of nested groups has paths far longer than itself.

use std::collections::HashMap;

/// Characters of a path that are shown, and steps that are looked at for it.
const SHOWN: usize = 2000;
const STEPS: usize = 500;

/// Bytes of a name that are kept.
const NAME: usize = 1024;

/// Links that a soft link may lead through, as `H5L_NUM_LINKS` of the library.
const FOLLOWED: usize = 16;

/// Objects by number: the first one is the root group.
#[derive(Debug, Default)]
pub struct Names {
    /// For each object the group it was found in and its name there.
    steps: Vec<(u32, Box<str>)>,
}

impl Names {
    /// Notes an object and returns its number.
    pub(super) fn add(&mut self, parent: u32, name: &str) -> u32 {
        let number = u32::try_from(self.steps.len()).unwrap_or(u32::MAX);
        self.steps.push((parent, name.into()));
        number
    }

    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }

    /// The path of an object, without its front where it is very long.
    pub fn path(&self, object: u32) -> String {
        let mut parts: Vec<&str> = Vec::new();
        let (mut object, mut length) = (object, 0);
        while object != 0 {
            let Some((parent, name)) = self.step(object) else { break };
            length += name.len() + 1;
            if length > SHOWN || parts.len() >= STEPS {
                parts.push("...");
                break;
            }
            parts.push(name);
            object = parent;
        }
        if parts.is_empty() {
            return "/".to_owned();
        }
        parts.iter().rev().fold(String::new(), |path, part| path + "/" + part)
    }

    fn step(&self, object: u32) -> Option<(u32, &str)> {
        let (parent, name) = self.steps.get(usize::try_from(object).ok()?)?;
        Some((*parent, name))
    }
}

/// The text of a name, cut where it is longer than any honest one.
pub(super) fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name.get(..NAME.min(name.len())).unwrap_or_default()).into_owned()
}

/// A link that leads to no new object.
#[derive(Debug, Clone)]
pub(super) enum Other {
    /// To an object that has another path already.
    Again(u32),
    /// To a path.
    Soft(String),
    /// Out of the file.
    Away,
}

/// Finds out which soft links lead nowhere.
pub(super) struct Lookup<'a> {
    members: HashMap<(u32, &'a str), Result<u32, &'a Other>>,
}

impl<'a> Lookup<'a> {
    pub(super) fn new(names: &'a Names, others: &'a [(u32, Box<str>, Other)]) -> Self {
        let mut members = HashMap::new();
        for (number, (parent, name)) in names.steps.iter().enumerate().skip(1) {
            members.insert((*parent, &**name), Ok(u32::try_from(number).unwrap_or(u32::MAX)));
        }
        for (group, name, other) in others {
            members.entry((*group, &**name)).or_insert(Err(other));
        }
        Self { members }
    }

    /// Whether a path leads to no object. One that leaves the file may lead anywhere.
    pub(super) fn dangles(&self, group: u32, path: &str) -> bool {
        let mut at = if path.starts_with('/') { 0 } else { group };
        let mut todo: Vec<&str> = parts(path);
        let mut followed = 0;
        while let Some(part) = todo.pop() {
            match self.members.get(&(at, part)) {
                Some(Ok(object) | Err(Other::Again(object))) => at = *object,
                Some(Err(Other::Away)) => return false,
                Some(Err(Other::Soft(path))) => {
                    followed += 1;
                    if followed > FOLLOWED {
                        return true;
                    }
                    at = if path.starts_with('/') { 0 } else { at };
                    todo.extend(parts(path));
                }
                None => return true,
            }
        }
        false
    }
}

/// The steps of a path, the first one last.
fn parts(path: &str) -> Vec<&str> {
    path.split('/').filter(|part| !part.is_empty() && *part != ".").rev().collect()
}
