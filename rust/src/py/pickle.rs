//! Pickle scans for Python: frozen values, nothing that calls back.

use pyo3::prelude::*;

use super::enter::{PyDeadline, enter};
use super::finding::PyFinding;
use super::source::PySource;
use crate::limits::Limits;
use crate::pickle::{PickleScan, Storage, Tensor, scan_within, sniff};

/// Bytes of a pickle that a callable in it would load in turn.
#[pyclass(name = "NestedBytes", module = "modelaudit._native", frozen, get_all)]
pub(super) struct PyNestedBytes {
    name: String,
    source: Py<PySource>,
    is_buffer: bool,
}

/// A tensor that a pickle would rebuild, without its data.
#[pyclass(name = "Tensor", module = "modelaudit._native", frozen)]
pub(super) struct PyTensor {
    tensor: Tensor,
}

#[pymethods]
impl PyTensor {
    /// The key under which it is stored, empty where none was seen.
    #[getter]
    fn name(&self) -> &str {
        &self.tensor.name
    }

    /// The storage class, for example `FloatStorage`.
    #[getter]
    fn dtype(&self) -> &str {
        &self.tensor.dtype
    }

    /// The size of each dimension.
    #[getter]
    fn shape(&self) -> Vec<u64> {
        self.tensor.shape.clone()
    }

    /// The step in elements of each dimension.
    #[getter]
    fn stride(&self) -> Vec<u64> {
        self.tensor.stride.clone()
    }

    /// The key of the storage record.
    #[getter]
    fn storage(&self) -> &str {
        &self.tensor.storage
    }

    /// The first element within the storage.
    #[getter]
    fn offset(&self) -> u64 {
        self.tensor.offset
    }

    /// The number of elements of the storage.
    #[getter]
    fn numel(&self) -> u64 {
        self.tensor.numel
    }
}

/// A storage that a pickle asks its loader for.
#[pyclass(name = "Storage", module = "modelaudit._native", frozen)]
pub(super) struct PyStorage {
    storage: Storage,
}

#[pymethods]
impl PyStorage {
    /// For example `FloatStorage`.
    #[getter]
    fn dtype(&self) -> &str {
        &self.storage.class
    }

    /// The name under which the loader finds the bytes.
    #[getter]
    fn key(&self) -> &str {
        &self.storage.key
    }

    /// The number of bytes; None where the class is not known.
    #[getter]
    fn size(&self) -> Option<u64> {
        self.storage.size()
    }

    /// The number of elements; of bytes for an `UntypedStorage`.
    #[getter]
    fn numel(&self) -> u64 {
        self.storage.numel
    }

    /// Where the pickle first asks for it.
    #[getter]
    fn position(&self) -> u64 {
        self.storage.position
    }

    /// Where its numbers begin in the same file; None if they are elsewhere.
    #[getter]
    fn data(&self) -> Option<u64> {
        self.storage.data
    }
}

/// The outcome of a scan.
#[pyclass(name = "PickleScan", module = "modelaudit._native", frozen)]
pub(super) struct PyPickleScan {
    scan: PickleScan,
}

#[pymethods]
impl PyPickleScan {
    /// In order of offset, then of rule.
    #[getter]
    fn findings(&self) -> Vec<PyFinding> {
        self.scan.findings.iter().map(|finding| PyFinding { finding: finding.clone() }).collect()
    }

    /// Bytes to be scanned as files of their own.
    #[getter]
    fn nested(&self, py: Python<'_>) -> PyResult<Vec<PyNestedBytes>> {
        let wrap = |nested: &crate::pickle::Nested| {
            let source = Py::new(py, PySource { inner: nested.source.clone() })?;
            Ok(PyNestedBytes { name: nested.name.clone(), source, is_buffer: nested.is_buffer })
        };
        self.scan.nested.iter().map(wrap).collect()
    }

    /// Constants that may carry code in an encoding: where each begins, its bytes, and whether it is text.
    #[getter]
    fn carried(&self) -> Vec<(u64, &[u8], bool)> {
        self.scan.carried.iter().map(|carried| (carried.offset, carried.bytes.as_slice(), carried.is_text)).collect()
    }

    /// Tensors in order of appearance.
    #[getter]
    fn tensors(&self) -> Vec<PyTensor> {
        self.scan.tensors.iter().map(|tensor| PyTensor { tensor: tensor.clone() }).collect()
    }

    /// Storages in order of appearance.
    #[getter]
    fn storages(&self) -> Vec<PyStorage> {
        self.scan.storages.iter().map(|storage| PyStorage { storage: storage.clone() }).collect()
    }

    /// How many streams were read to their STOP.
    #[getter]
    fn streams(&self) -> u64 {
        self.scan.streams
    }

    /// How many opcodes were interpreted.
    #[getter]
    fn opcodes(&self) -> u64 {
        self.scan.opcodes
    }

    /// How many bytes were interpreted or skipped as announced payload.
    #[getter]
    fn bytes_read(&self) -> u64 {
        self.scan.bytes_read
    }

    /// Whether everything was interpreted to its own end; otherwise a finding says why not.
    #[getter]
    fn complete(&self) -> bool {
        self.scan.complete
    }
}

/// Whether some loader would take the source for a pickle, by content alone.
#[pyfunction]
pub(super) fn sniff_pickle(py: Python<'_>, source: &PySource) -> PyResult<bool> {
    // Broken compression in front of it means that there is no pickle to be seen.
    enter(py, None, |_| match sniff(&source.inner) {
        Err(crate::error::Error::Io(error)) => Err(error.into()),
        other => Ok(other.unwrap_or(false)),
    })
}

/// Scans all pickle streams of the source; its container defines the names of the module `own`, if that is not empty.
#[pyfunction]
#[pyo3(signature = (source, deadline, own = ""))]
pub(super) fn scan_pickle(
    py: Python<'_>,
    source: &PySource,
    deadline: &PyDeadline,
    own: &str,
) -> PyResult<PyPickleScan> {
    let scan = enter(py, Some(deadline), |deadline| scan_within(&source.inner, deadline, Limits::default(), own))?;
    Ok(PyPickleScan { scan })
}
