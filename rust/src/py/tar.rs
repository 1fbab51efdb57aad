//! Tar archives for Python: members as sources, findings.

use pyo3::prelude::*;

use super::enter::{PyDeadline, enter};
use super::finding::PyFinding;
use super::source::PySource;
use crate::tar::{Limits, Member, TarScan, scan, sniff};

/// A member of an archive, or bytes that belong to none.
#[pyclass(name = "TarMember", module = "modelaudit._native", frozen)]
pub(super) struct PyTarMember {
    member: Member,
}

#[pymethods]
impl PyTarMember {
    /// Its path in the archive.
    #[getter]
    fn name(&self) -> &str {
        &self.member.name
    }

    /// Its bytes.
    #[getter]
    fn source(&self) -> PySource {
        PySource { inner: self.member.source.clone() }
    }
}

/// The outcome of a scan.
#[pyclass(name = "TarScan", module = "modelaudit._native", frozen)]
pub(super) struct PyTarScan {
    scan: TarScan,
}

#[pymethods]
impl PyTarScan {
    /// In order of their places.
    #[getter]
    fn members(&self) -> Vec<PyTarMember> {
        self.scan.members.iter().map(|member| PyTarMember { member: member.clone() }).collect()
    }

    /// In order of discovery.
    #[getter]
    fn findings(&self) -> Vec<PyFinding> {
        self.scan.findings.iter().map(|finding| PyFinding { finding: finding.clone() }).collect()
    }
}

/// Whether bytes are the front of a tar archive.
#[pyfunction]
pub(super) fn sniff_tar(head: &[u8]) -> bool {
    sniff(head)
}

/// Walks a tar archive, plain or decompressed.
#[pyfunction]
pub(super) fn scan_tar(py: Python<'_>, source: &PySource, deadline: &PyDeadline) -> PyResult<PyTarScan> {
    let scan = enter(py, Some(deadline), |deadline| scan(&source.inner, deadline, Limits::default()))?;
    Ok(PyTarScan { scan })
}
