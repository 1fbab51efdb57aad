//! HDF5 files for Python: attributes and datasets with their paths, findings.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::enter::{PyDeadline, enter};
use super::finding::PyFinding;
use super::source::PySource;
use crate::hdf5::{Attribute, Dataset, Hdf5Scan, Kind, Limits, Paths, Value, find, read_dataset as read, scan};

fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Bytes => "bytes",
        Kind::Other => "other",
    }
}

fn bytes_of<'py>(py: Python<'py>, values: &[Value]) -> Vec<Bound<'py, PyBytes>> {
    values.iter().map(|value| PyBytes::new(py, &value.bytes)).collect()
}

/// An attribute of an object.
#[pyclass(name = "Hdf5Attribute", module = "modelaudit._native", frozen)]
pub(super) struct PyHdf5Attribute {
    scan: Arc<Hdf5Scan>,
    names: Arc<Paths>,
    number: usize,
}

impl PyHdf5Attribute {
    fn attribute(&self) -> PyResult<&Attribute> {
        self.scan.attributes.get(self.number).ok_or_else(gone)
    }
}

/// Cannot happen: numbers are those of the list.
fn gone() -> PyErr {
    pyo3::exceptions::PyIndexError::new_err("no such entry")
}

#[pymethods]
impl PyHdf5Attribute {
    /// The path of the object it belongs to.
    #[getter]
    fn path(&self) -> PyResult<String> {
        Ok(self.attribute()?.path(&self.names))
    }

    /// Its name.
    #[getter]
    fn name(&self) -> PyResult<&str> {
        Ok(&self.attribute()?.name)
    }

    /// Where its value lies in the source of the scan.
    #[getter]
    fn position(&self) -> PyResult<u64> {
        Ok(self.attribute()?.position)
    }

    /// 'text', 'bytes' or 'other'.
    #[getter]
    fn kind(&self) -> PyResult<&'static str> {
        Ok(name_of(self.attribute()?.kind))
    }

    /// Its type, as numpy writes it where that has a name for it.
    #[getter]
    fn dtype(&self) -> PyResult<&str> {
        Ok(&self.attribute()?.dtype)
    }

    /// Text and bytes, in order.
    #[getter]
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyBytes>>> {
        Ok(bytes_of(py, &self.attribute()?.values))
    }
}

/// A dataset.
#[pyclass(name = "Hdf5Dataset", module = "modelaudit._native", frozen)]
pub(super) struct PyHdf5Dataset {
    scan: Arc<Hdf5Scan>,
    names: Arc<Paths>,
    number: usize,
}

impl PyHdf5Dataset {
    fn dataset(&self) -> PyResult<&Dataset> {
        self.scan.datasets.get(self.number).ok_or_else(gone)
    }
}

#[pymethods]
impl PyHdf5Dataset {
    /// One path to it.
    #[getter]
    fn path(&self) -> PyResult<String> {
        Ok(self.dataset()?.path(&self.names))
    }

    /// Where its object header lies in the source of the scan.
    #[getter]
    fn position(&self) -> PyResult<u64> {
        Ok(self.dataset()?.position)
    }

    /// 'text', 'bytes' or 'other'.
    #[getter]
    fn kind(&self) -> PyResult<&'static str> {
        Ok(name_of(self.dataset()?.kind))
    }

    /// Its type, as numpy writes it where that has a name for it.
    #[getter]
    fn dtype(&self) -> PyResult<&str> {
        Ok(&self.dataset()?.dtype)
    }

    /// Its extents.
    #[getter]
    fn shape(&self) -> PyResult<Vec<u64>> {
        Ok(self.dataset()?.extents.clone())
    }

    /// 'compact', 'contiguous', 'chunked', 'virtual' or 'external'.
    #[getter]
    fn layout(&self) -> PyResult<&'static str> {
        Ok(self.dataset()?.layout)
    }

    /// Where its data begins in the source of the scan, if it stands there in one piece and as it is.
    #[getter]
    fn offset(&self) -> PyResult<Option<u64>> {
        Ok(self.dataset()?.offset)
    }

    /// Bytes of all its elements; None if no number holds it.
    #[getter]
    fn size(&self) -> PyResult<Option<u64>> {
        Ok(self.dataset()?.size)
    }

    /// The numbers of its filters.
    #[getter]
    fn filters(&self) -> PyResult<Vec<u16>> {
        Ok(self.dataset()?.filters.clone())
    }

    /// Text and bytes in order, of a dataset that is small.
    #[getter]
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyBytes>>> {
        Ok(bytes_of(py, &self.dataset()?.values))
    }

    /// Whether `values` are all there are.
    #[getter]
    fn whole(&self) -> PyResult<bool> {
        Ok(self.dataset()?.whole)
    }
}

/// The outcome of a scan.
#[pyclass(name = "Hdf5Scan", module = "modelaudit._native", frozen)]
pub(super) struct PyHdf5Scan {
    scan: Arc<Hdf5Scan>,
}

#[pymethods]
impl PyHdf5Scan {
    /// In order of discovery.
    #[getter]
    fn findings(&self) -> Vec<PyFinding> {
        self.scan.findings.iter().map(|finding| PyFinding { finding: finding.clone() }).collect()
    }

    /// Of all objects, in order of discovery.
    #[getter]
    fn attributes(&self) -> Vec<PyHdf5Attribute> {
        let names = self.scan.paths();
        let of = |number| PyHdf5Attribute { scan: Arc::clone(&self.scan), names: Arc::clone(&names), number };
        (0..self.scan.attributes.len()).map(of).collect()
    }

    /// In order of discovery.
    #[getter]
    fn datasets(&self) -> Vec<PyHdf5Dataset> {
        let names = self.scan.paths();
        let of = |number| PyHdf5Dataset { scan: Arc::clone(&self.scan), names: Arc::clone(&names), number };
        (0..self.scan.datasets.len()).map(of).collect()
    }

    /// How many groups were visited.
    #[getter]
    fn groups(&self) -> usize {
        self.scan.groups
    }

    /// Where the superblock lies.
    #[getter]
    fn start(&self) -> u64 {
        self.scan.start
    }

    /// Where the file ends, as the superblock says.
    #[getter]
    fn end(&self) -> u64 {
        self.scan.end
    }

    /// The bytes that offsets count from.
    #[getter]
    fn source(&self) -> PySource {
        PySource { inner: self.scan.source.clone() }
    }
}

/// Where an HDF5 file begins, if this is one; streams are only looked at near their front.
#[pyfunction]
pub(super) fn find_hdf5(py: Python<'_>, source: &PySource) -> PyResult<Option<u64>> {
    enter(py, None, |_| find(&source.inner))
}

/// Visits all objects of an HDF5 file, plain or decompressed.
#[pyfunction]
pub(super) fn scan_hdf5(py: Python<'_>, source: &PySource, deadline: &PyDeadline) -> PyResult<PyHdf5Scan> {
    let scan = enter(py, Some(deadline), |deadline| scan(&source.inner, deadline, Limits::default()))?;
    Ok(PyHdf5Scan { scan: Arc::new(scan) })
}

/// The front of the data of a dataset, at most `most` bytes; None if it lies elsewhere or is stored in a way that is not
/// read here. `source` is that of the scan.
#[pyfunction]
pub(super) fn read_dataset<'py>(
    py: Python<'py>,
    source: &PySource,
    dataset: &PyHdf5Dataset,
    most: u64,
    deadline: &PyDeadline,
) -> PyResult<Option<Bound<'py, PyBytes>>> {
    let dataset = dataset.dataset()?;
    let data = enter(py, Some(deadline), |deadline| read(&source.inner, dataset, most, deadline))?;
    Ok(data.map(|data| PyBytes::new(py, &data)))
}
