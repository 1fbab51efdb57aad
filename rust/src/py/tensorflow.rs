//! Graphs of TensorFlow for Python: findings, and where JSON lies.

use pyo3::prelude::*;

use super::enter::{PyDeadline, enter};
use super::finding::PyFinding;
use super::source::PySource;
use crate::tf::{TensorFlowScan, is_fingerprint, scan, scan_metadata, scan_text, sniff, sniff_metadata};

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

    /// Texts of JSON, each with where it stands.
    #[getter]
    fn json(&self) -> Vec<(u64, PySource)> {
        self.scan.json.iter().map(|part| (part.offset, PySource { inner: part.source.clone() })).collect()
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
pub(super) fn scan_tensorflow(py: Python<'_>, source: &PySource, deadline: &PyDeadline) -> PyResult<PyTensorFlowScan> {
    let scan = enter(py, Some(deadline), |deadline| scan(&source.inner, deadline))?;
    Ok(PyTensorFlowScan { scan })
}

/// Walks all graphs of a file in the text form.
#[pyfunction]
pub(super) fn scan_tensorflow_text(
    py: Python<'_>,
    source: &PySource,
    deadline: &PyDeadline,
) -> PyResult<PyTensorFlowScan> {
    let scan = enter(py, Some(deadline), |deadline| scan_text(&source.inner, deadline))?;
    Ok(PyTensorFlowScan { scan })
}

/// Whether bytes are the metadata of Keras.
#[pyfunction]
pub(super) fn sniff_keras_metadata(py: Python<'_>, source: &PySource) -> PyResult<bool> {
    enter(py, None, |_| sniff_metadata(&source.inner))
}

/// Walks the metadata of Keras.
#[pyfunction]
pub(super) fn scan_keras_metadata(
    py: Python<'_>,
    source: &PySource,
    deadline: &PyDeadline,
) -> PyResult<PyTensorFlowScan> {
    let scan = enter(py, Some(deadline), |deadline| scan_metadata(&source.inner, deadline))?;
    Ok(PyTensorFlowScan { scan })
}

/// Whether all of a source is the fingerprint of a `SavedModel`.
#[pyfunction]
pub(super) fn is_tensorflow_fingerprint(py: Python<'_>, source: &PySource) -> PyResult<bool> {
    enter(py, None, |_| is_fingerprint(&source.inner))
}
