//! Words to look for in texts, for Python.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::enter::{PyDeadline, enter};
use crate::keywords::Keywords;

/// Short words, ready to be looked for in one pass.
#[pyclass(name = "Keywords", module = "modelaudit._native", frozen)]
pub(super) struct PyKeywords {
    words: Keywords,
}

#[pymethods]
impl PyKeywords {
    #[new]
    fn new(words: Vec<String>) -> PyResult<Self> {
        let made = Keywords::new(words);
        made.map(|words| Self { words }).map_err(|place| PyValueError::new_err(format!("word {place} is too short")))
    }

    /// Returns where words stand: the number of the word and its offset, in order, at most `limit` of them.
    fn find(
        &self,
        py: Python<'_>,
        text: &[u8],
        limit: usize,
        deadline: Option<&PyDeadline>,
    ) -> PyResult<Vec<(usize, usize)>> {
        enter(py, deadline, |deadline| Ok(self.words.find(text, limit, deadline)))
    }
}
