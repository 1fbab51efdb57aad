//! Files beside the pickle that a loader reads: the array wrappers of joblib before 0.10 name them in their state.
//!
//! Source: joblib, `numpy_pickle_compat.py`: `NDArrayWrapper.read` joins the name to the folder of the pickle and loads the
//! file with `allow_pickle`.

use super::globals::{Global, Site};
use super::ring::Ring;
use super::text::{Contents, NAME};
use super::value::{ALIASED, Tag, Value};
use crate::finding::Finding;

/// A file that a loader would read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sidecar {
    /// In the folder of the pickle.
    Beside(String),
    /// Somewhere else.
    Elsewhere(String),
    /// Its name is not in sight.
    Hidden,
}

impl Sidecar {
    pub(crate) fn report(self, site: Site) -> Finding {
        let finding = match self {
            Self::Beside(file) => Finding::new("PKL181", site.offset).fact("file", file),
            Self::Elsewhere(file) => Finding::new("PKL182", site.offset).fact("file", file),
            Self::Hidden => Finding::new("PKL183", site.offset),
        };
        finding.detail("position", site.offset).detail("opcode", site.opcode)
    }
}

/// The file that an array wrapper reads when it gets this state; `None` for any other class.
pub(crate) fn sidecar(
    class: &Global,
    state: Value,
    is_aliased: bool,
    ring: &Ring,
    contents: &Contents<'_>,
) -> Option<Sidecar> {
    if !matches!(class.name.as_str(), "NDArrayWrapper" | "ZNDArrayWrapper") {
        return None;
    }
    let is_own_dict = state.tag() == Tag::DICT && state.id() & ALIASED == 0 && !is_aliased;
    let entries = ring.of(state).filter(|_| is_own_dict).unwrap_or_default();
    let name = entries.chunks_exact(2).rev().find_map(|pair| match pair {
        [key, value] if contents.text(*key, NAME).as_deref() == Some("filename") => Some(contents.text(*value, NAME)),
        _ => None,
    });
    Some(match name.flatten() {
        None => Sidecar::Hidden,
        Some(name) if name.contains(['/', '\\', ':', '\0']) || name == ".." => Sidecar::Elsewhere(name),
        Some(name) => Sidecar::Beside(name),
    })
}
