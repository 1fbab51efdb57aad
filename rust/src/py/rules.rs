//! The catalogue of rules and the judgement of callables for Python.

use pyo3::prelude::*;

use crate::rules::{Call, Verdict, judge as judged};

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

/// What the tables say of one callable.
#[pyclass(name = "Judgement", module = "modelaudit._native", frozen, get_all)]
pub(super) struct PyJudgement {
    /// 'safe', 'dangerous', 'walks-out' or 'unknown'.
    verdict: &'static str,
    /// The code of the rule that reports it; None for what is safe.
    rule: Option<&'static str>,
    /// Why a dangerous one is in the table, else empty.
    reason: &'static str,
    /// Whether honest files call it: 'any', 'never', or the contract that its arguments must keep.
    call: &'static str,
    /// Whether honest files set the state of its instances.
    build: bool,
}

/// Judges a callable by module and qualified name, as pickles and other formats name it.
#[pyfunction]
pub(super) fn judge(module: &str, name: &str) -> PyJudgement {
    let flagged =
        |verdict, rule, reason| PyJudgement { verdict, rule: Some(rule), reason, call: "never", build: false };
    match judged(module, name) {
        Verdict::Safe(rights) => {
            let call = match rights.call {
                Call::Never => "never",
                Call::Any => "any",
                Call::Contract(contract) => contract,
            };
            PyJudgement { verdict: "safe", rule: None, reason: "", call, build: rights.build }
        }
        Verdict::Dangerous { action, reason } => flagged("dangerous", action.rule(), reason),
        Verdict::WalksOut => flagged("walks-out", "PKL122", ""),
        Verdict::Unknown => flagged("unknown", "PKL121", ""),
    }
}

/// What a list of names says of a key; None if it is not in it.
#[pyfunction]
pub(super) fn listed(table: &str, key: &str) -> Option<&'static str> {
    crate::rules::listed(table, key)
}
