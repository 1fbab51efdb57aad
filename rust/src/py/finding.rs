//! Findings for Python: the facts of a message as a dict, whatever scanner they come from.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::finding::{Fact, Finding};

/// One thing to report.
#[pyclass(name = "Finding", module = "modelaudit._native", frozen)]
pub(super) struct PyFinding {
    pub(super) finding: Finding,
}

#[pymethods]
impl PyFinding {
    /// The code of the rule.
    #[getter]
    fn rule(&self) -> &str {
        self.finding.rule
    }

    /// Where in the source it was first seen.
    #[getter]
    fn offset(&self) -> u64 {
        self.finding.offset
    }

    /// What the rule's message needs.
    #[getter]
    fn facts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        dict(py, &self.finding.facts)
    }

    /// More for those who look closer.
    #[getter]
    fn details<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        dict(py, &self.finding.details)
    }
}

fn dict<'py>(py: Python<'py>, entries: &[(&'static str, Fact)]) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, fact) in entries {
        match fact {
            Fact::Text(text) => dict.set_item(name, text)?,
            Fact::Number(number) => dict.set_item(name, number)?,
        }
    }
    Ok(dict)
}
