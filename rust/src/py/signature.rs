//! Signatures for Python: what begins at a place, and what begins anywhere in a source.

use pyo3::prelude::*;

use super::enter::{PyDeadline, enter};
use super::source::PySource;
use crate::signature::{Kind, code_at, search};
use crate::starts;
use crate::sweep::Swept;

/// What begins with a signature.
#[pyclass(name = "Signature", module = "modelaudit._native", frozen, get_all)]
pub(super) struct PySignature {
    /// Where.
    offset: u64,
    /// The name of the format.
    name: &'static str,
    /// What it is, in words.
    words: &'static str,
    /// Whether a system or a virtual machine runs it.
    is_code: bool,
    /// Whether its reader ends with it, rather than looking for more of the same behind it.
    is_alone: bool,
}

fn signature(offset: u64, kind: Kind) -> PySignature {
    PySignature { offset, name: kind.name(), words: kind.words(), is_code: kind.is_code(), is_alone: kind.is_alone() }
}

/// The signatures of a source but for its first byte and what lies in `parts`, and what was left: '', 'late' or
/// 'crowded'. Nested formats of the names in `known` are left out.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)]
pub(super) fn signatures(
    py: Python<'_>,
    source: &PySource,
    parts: Vec<PyRef<'_, PySource>>,
    known: Vec<String>,
    deadline: &PyDeadline,
) -> PyResult<(Vec<PySignature>, &'static str)> {
    let parts: Vec<_> = parts.iter().map(|part| part.inner.clone()).collect();
    enter(py, Some(deadline), |deadline| {
        let found = search(&source.inner, &parts, &known, deadline)?;
        let left = match (found.swept, found.crowded) {
            (Swept::Late, _) => "late",
            (Swept::Whole, true) => "crowded",
            (Swept::Whole, false) => "",
        };
        Ok((found.signatures.into_iter().map(|(offset, kind)| signature(offset, kind)).collect(), left))
    })
}

/// Which of some places, each an offset and a size, begin like something else than numbers.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)]
pub(super) fn suspects(
    py: Python<'_>,
    source: &PySource,
    places: Vec<(u64, u64)>,
    deadline: &PyDeadline,
) -> PyResult<Vec<usize>> {
    enter(py, Some(deadline), |deadline| starts::suspects(&places, &source.inner, deadline, starts::MOST))
}

/// The code that a source begins with, if any.
#[pyfunction]
pub(super) fn code_at_start(py: Python<'_>, source: &PySource) -> PyResult<Option<PySignature>> {
    enter(py, None, |_| Ok(code_at(&source.inner, 0)?.map(|kind| signature(0, kind))))
}
