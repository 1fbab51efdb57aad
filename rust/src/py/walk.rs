//! Walks over formats that are one value after another, for Python.

use pyo3::prelude::*;

use super::enter::{PyDeadline, enter};
use super::finding::PyFinding;
use super::source::PySource;
use crate::walk::Walk;

/// What a walk over a file leaves.
#[pyclass(name = "Walk", module = "modelaudit._native", frozen)]
pub(super) struct PyWalk {
    walk: Walk,
}

#[pymethods]
impl PyWalk {
    /// In order of discovery.
    #[getter]
    fn findings(&self) -> Vec<PyFinding> {
        self.walk.findings.iter().map(|finding| PyFinding { finding: finding.clone() }).collect()
    }

    /// Text to be looked at: its name, what it says, and where it begins.
    #[getter]
    fn texts(&self) -> Vec<(&str, &str, u64)> {
        self.walk.texts.iter().map(|text| (text.name.as_str(), text.text.as_str(), text.offset)).collect()
    }

    /// Offset and length of bytes that belong to nothing.
    #[getter]
    fn loose(&self) -> Vec<(u64, u64)> {
        self.walk.loose.clone()
    }

    /// Offset and length of values that are bytes: numbers, or a file of their own.
    #[getter]
    fn nested(&self) -> Vec<(u64, u64)> {
        self.walk.nested.clone()
    }

    /// Files that a loader reads besides this one: name, bytes that each must have, and who says so.
    #[getter]
    fn files(&self) -> Vec<(&str, u64, u64)> {
        self.walk.files.iter().map(|(name, size, at)| (name.as_str(), *size, *at)).collect()
    }

    /// Numbers in those files: name, offset and bytes.
    #[getter]
    fn beside(&self) -> Vec<(&str, u64, u64)> {
        self.walk.beside.iter().map(|(name, offset, size)| (name.as_str(), *offset, *size)).collect()
    }

    /// Matrices of numbers that lie in the file as they are: name, type, rows, columns and offset.
    #[getter]
    fn matrices(&self) -> Vec<(String, &'static str, u64, u64, u64)> {
        self.walk.matrices.clone()
    }
}

/// Walks a GGUF file.
#[pyfunction]
pub(super) fn scan_gguf(py: Python<'_>, source: &PySource, deadline: &PyDeadline) -> PyResult<PyWalk> {
    let walk = enter(py, Some(deadline), |deadline| crate::gguf::scan(&source.inner, deadline))?;
    Ok(PyWalk { walk })
}

/// Walks a file of R.
#[pyfunction]
pub(super) fn scan_rds(py: Python<'_>, source: &PySource, deadline: &PyDeadline) -> PyResult<PyWalk> {
    let walk = enter(py, Some(deadline), |deadline| crate::rds::scan(&source.inner, deadline))?;
    Ok(PyWalk { walk })
}

/// Walks a checkpoint in `MessagePack`.
#[pyfunction]
pub(super) fn scan_msgpack(py: Python<'_>, source: &PySource, deadline: &PyDeadline) -> PyResult<PyWalk> {
    let walk = enter(py, Some(deadline), |deadline| crate::msgpack::scan(&source.inner, deadline))?;
    Ok(PyWalk { walk })
}

/// Whether bytes are an ONNX model, or the front of one.
#[pyfunction]
pub(super) fn sniff_onnx(py: Python<'_>, source: &PySource) -> PyResult<bool> {
    enter(py, None, |deadline| crate::onnx::sniff(&source.inner, deadline))
}

/// Walks an ONNX model.
#[pyfunction]
pub(super) fn scan_onnx(py: Python<'_>, source: &PySource, deadline: &PyDeadline) -> PyResult<PyWalk> {
    let walk = enter(py, Some(deadline), |deadline| crate::onnx::scan(&source.inner, deadline))?;
    Ok(PyWalk { walk })
}
