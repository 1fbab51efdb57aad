//! The catalogue of rules for Python.

use pyo3::prelude::*;

/// One rule of the catalogue.
#[pyclass(name = "Rule", module = "modelaudit._native", frozen)]
pub(super) struct PyRule {
    rule: &'static crate::rules::Rule,
}

#[pymethods]
impl PyRule {
    #[getter]
    fn code(&self) -> &str {
        &self.rule.code
    }

    #[getter]
    fn name(&self) -> &str {
        &self.rule.name
    }

    #[getter]
    fn severity(&self) -> &str {
        &self.rule.severity
    }

    #[getter]
    fn title(&self) -> &str {
        &self.rule.title
    }

    #[getter]
    fn message(&self) -> &str {
        &self.rule.message
    }

    #[getter]
    fn why(&self) -> &str {
        &self.rule.why
    }

    #[getter]
    fn fix(&self) -> &str {
        &self.rule.fix
    }

    #[getter]
    fn facts(&self) -> Vec<String> {
        self.rule.facts.clone()
    }

    #[getter]
    fn references(&self) -> Vec<String> {
        self.rule.references.clone()
    }
}

/// All rules, sorted by code.
#[pyfunction]
pub(super) fn catalogue() -> Vec<PyRule> {
    crate::rules::catalogue().iter().map(|rule| PyRule { rule }).collect()
}
