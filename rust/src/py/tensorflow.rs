//! Graphs of TensorFlow for Python: findings, and where JSON lies.

use pyo3::prelude::*;

use super::enter::{PyDeadline, enter};
use super::finding::PyFinding;
use super::source::PySource;
use crate::tf::{TensorFlowScan, scan, sniff};

/// The outcome of a scan.
#[pyclass(name = "TensorFlowScan", module = "modelaudit._native", frozen)]
pub(super) struct PyTensorFlowScan {
    scan: TensorFlowScan,
}

#[pymethods]
impl PyTensorFlowScan {
    /// In order of discovery.
    #[getter]
    fn findings(&self) -> Vec<PyFinding> {
        self.scan.findings.iter().map(|finding| PyFinding { finding: finding.clone() }).collect()
    }

    /// Where texts of JSON begin, and how long they are.
    #[getter]
    fn json(&self) -> Vec<(u64, u64)> {
        self.scan.json.iter().map(|part| (part.start, part.length)).collect()
    }

    /// Whether all was looked at in time.
    #[getter]
    fn complete(&self) -> bool {
        !self.scan.expired
    }
}

/// Whether bytes are a graph in protobuf.
#[pyfunction]
pub(super) fn sniff_tensorflow(py: Python<'_>, source: &PySource) -> PyResult<bool> {
    enter(py, None, |_| sniff(&source.inner))
}

/// Walks all graphs of a file in protobuf.
#[pyfunction]
pub(super) fn scan_tensorflow(
    py: Python<'_>,
    source: &PySource,
    deadline: &PyDeadline,
) -> PyResult<PyTensorFlowScan> {
    let scan = enter(py, Some(deadline), |deadline| scan(&source.inner, deadline))?;
    Ok(PyTensorFlowScan { scan })
}
