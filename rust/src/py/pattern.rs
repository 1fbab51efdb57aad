//! Patterns for Python: compiled once, looked for in sources and names.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::enter::{PyDeadline, enter};
use super::source::PySource;
use crate::pattern::Patterns;
use crate::sweep::Swept;

/// A pattern, how often it was found, and where first.
type PyHit = (usize, u64, u64);

/// Literal patterns, ready to be looked for without regard to case.
#[pyclass(name = "Patterns", module = "modelaudit._native", frozen)]
pub(super) struct PyPatterns {
    pub(super) inner: Patterns,
}

#[pymethods]
impl PyPatterns {
    #[new]
    #[allow(clippy::needless_pass_by_value)] // Extracted from a Python object: there is nothing to borrow from.
    fn new(py: Python<'_>, patterns: Vec<String>) -> PyResult<Self> {
        let made = enter(py, None, |_| Ok(Patterns::new(patterns.iter().map(String::as_str))))?;
        made.map(|inner| Self { inner })
            .map_err(|place| PyValueError::new_err(format!("pattern {place} is empty or too long")))
    }

    /// Which patterns stand in a source, as (pattern, count, first offset), and whether all of it was seen. What lies in
    /// one of the `parts` of the source is left out: those are searched on their own.
    #[allow(clippy::needless_pass_by_value)]
    fn search(
        &self,
        py: Python<'_>,
        source: &PySource,
        parts: Vec<PyRef<'_, PySource>>,
        deadline: &PyDeadline,
    ) -> PyResult<(Vec<PyHit>, bool)> {
        let parts: Vec<_> = parts.iter().map(|part| part.inner.clone()).collect();
        enter(py, Some(deadline), |deadline| {
            let (hits, swept) = self.inner.search(&source.inner, &parts, deadline)?;
            let hits = hits.iter().map(|hit| (hit.pattern, hit.count, hit.first)).collect();
            Ok((hits, swept == Swept::Whole))
        })
    }

    /// Which patterns stand in some bytes.
    fn within(&self, data: &[u8]) -> Vec<usize> {
        self.inner.within(data)
    }
}
