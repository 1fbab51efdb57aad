//! Tar archives for Python: members as sources, findings.

use pyo3::prelude::*;
use rustc_hash::FxHashSet;

use super::enter::{PyDeadline, enter};
use super::finding::PyFinding;
use super::marks::PyMarks;
use super::pattern::PyPatterns;
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

    /// The indices of the members that need a closer look, and how many of the others, without any of the patterns, are
    /// text or empty, and how many pickles that call nothing.
    fn sift(
        &self,
        py: Python<'_>,
        marks: &PyMarks,
        patterns: Option<&PyPatterns>,
        deadline: &PyDeadline,
    ) -> PyResult<(Vec<usize>, u64, u64)> {
        let patterns = patterns.map(|patterns| &patterns.inner);
        let sifted = enter(py, Some(deadline), |deadline| Ok(self.scan.sift(&marks.marks, patterns, deadline)))?;
        Ok((sifted.left, sifted.texts, sifted.pickles))
    }

    /// The bytes of all members but some.
    #[allow(clippy::needless_pass_by_value)] // Extracted from a Python object: there is nothing to borrow from.
    fn stored_but(&self, indices: Vec<usize>) -> Vec<PySource> {
        let but: FxHashSet<usize> = indices.into_iter().collect();
        let others = self.scan.members.iter().enumerate().filter(|(index, _)| !but.contains(index));
        others.map(|(_, member)| PySource { inner: member.source.clone() }).collect()
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
