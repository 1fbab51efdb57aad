//! SafeTensors headers for Python: findings, metadata, tensors and what belongs to none.

use pyo3::prelude::*;

use super::enter::{PyDeadline, enter};
use super::finding::PyFinding;
use crate::safetensors::{Limits, TensorScan, scan, sniff};

/// Name, dtype, shape, offset in the file and size.
type Described = (String, String, Vec<u64>, u64, u64);

/// The outcome of a scan.
#[pyclass(name = "TensorScan", module = "modelaudit._native", frozen)]
pub(super) struct PyTensorScan {
    scan: TensorScan,
}

#[pymethods]
impl PyTensorScan {
    /// In order of discovery.
    #[getter]
    fn findings(&self) -> Vec<PyFinding> {
        self.scan.findings.iter().map(|finding| PyFinding { finding: finding.clone() }).collect()
    }

    /// Keys and texts.
    #[getter]
    fn metadata(&self) -> Vec<(String, String)> {
        self.scan.metadata.clone()
    }

    /// How many tensors have a place.
    #[getter]
    fn count(&self) -> usize {
        self.scan.tensors.len()
    }

    /// Name, dtype, shape, offset in the file and size of each tensor, in order of their data.
    #[getter]
    fn tensors(&self) -> Vec<Described> {
        let tensors = self.scan.tensors.iter();
        tensors.map(|t| (t.name.clone(), t.dtype.clone(), t.shape.clone(), t.start, t.size)).collect()
    }

    /// The tensors that can be the weights of a layer: two dimensions, neither of them tiny. None if there are more of
    /// them than a classifier has.
    #[getter]
    fn matrices(&self) -> Option<Vec<Described>> {
        const MOST: usize = 10_000;
        let layers =
            self.scan.tensors.iter().filter(|t| matches!(t.shape[..], [rows, columns] if rows > 4 && columns > 4));
        let found: Vec<_> = layers
            .take(MOST + 1)
            .map(|t| (t.name.clone(), t.dtype.clone(), t.shape.clone(), t.start, t.size))
            .collect();
        (found.len() <= MOST).then_some(found)
    }

    /// Offset and size of bytes that belong to no tensor.
    #[getter]
    fn slack(&self) -> Vec<(u64, u64)> {
        self.scan.slack.iter().map(|slack| (slack.start, slack.size)).collect()
    }

    /// Name, offset and size of tensors that begin like something else.
    #[getter]
    fn suspects(&self) -> Vec<(String, u64, u64)> {
        let suspects = self.scan.suspects.iter().filter_map(|number| self.scan.tensors.get(*number));
        suspects.map(|tensor| (tensor.name.clone(), tensor.start, tensor.size)).collect()
    }
}

/// Whether bytes are the front of a SafeTensors file of this size.
#[pyfunction]
#[pyo3(signature = (head, size))]
pub(super) fn sniff_safetensors(head: &[u8], size: Option<u64>) -> bool {
    sniff(head, size)
}

/// Reads the header of a SafeTensors file.
#[pyfunction]
pub(super) fn scan_safetensors(
    py: Python<'_>,
    source: &super::source::PySource,
    deadline: &PyDeadline,
) -> PyResult<PyTensorScan> {
    let scan = enter(py, Some(deadline), |deadline| scan(&source.inner, deadline, Limits::default()))?;
    Ok(PyTensorScan { scan })
}
