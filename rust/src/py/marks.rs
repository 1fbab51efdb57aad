//! What formats look at, for Python.

use pyo3::prelude::*;

use super::enter::enter;
use crate::marks::Marks;

/// What formats look at: content that one of them may claim is left to it.
#[pyclass(name = "Marks", module = "modelaudit._native", frozen)]
pub(super) struct PyMarks {
    pub(super) marks: Marks,
}

#[pymethods]
impl PyMarks {
    /// First bytes, bytes at a place or anywhere, ends of names, and words in text.
    #[new]
    fn new(first: Vec<u8>, places: Vec<(Option<usize>, Vec<u8>)>, suffixes: Vec<String>, words: Vec<Vec<u8>>) -> Self {
        Self { marks: Marks::new(first, places, suffixes, words) }
    }

    /// Whether bytes are ordinary JSON in which no format would find anything.
    fn settles_json(&self, py: Python<'_>, content: &[u8]) -> PyResult<bool> {
        enter(py, None, |_| Ok(self.marks.settle_json(content)))
    }
}
