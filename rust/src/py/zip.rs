//! Zip scans for Python: frozen values, nothing that calls back.

use std::sync::Arc;

use pyo3::prelude::*;

use super::enter::{PyDeadline, enter};
use super::finding::PyFinding;
use super::marks::PyMarks;
use super::source::PySource;
use crate::zip::{Member, Slack, ZipScan, scan, sniff};

/// One member of an archive, by one way to read it.
#[pyclass(name = "ZipMember", module = "modelaudit._native", frozen)]
pub(super) struct PyZipMember {
    scan: Arc<ZipScan>,
    index: usize,
}

impl PyZipMember {
    fn of<T: Default>(&self, get: impl FnOnce(&Member) -> T) -> T {
        self.scan.members.get(self.index).map(get).unwrap_or_default()
    }
}

#[pymethods]
impl PyZipMember {
    /// As the directory has it; as the local header has it where no directory lists the member.
    #[getter]
    fn name(&self) -> String {
        self.of(|member| member.name.clone())
    }

    /// The content, decoded as it is read; the stored bytes where nobody can decode them. Each time a source of its own.
    #[getter]
    fn source(&self) -> PySource {
        let inner = self.scan.members.get(self.index).map(Member::content);
        PySource { inner: inner.unwrap_or_else(|| crate::source::Source::from_bytes(Vec::new())) }
    }

    /// The declared size of the content.
    #[getter]
    fn size(&self) -> u64 {
        self.of(|member| member.size)
    }

    /// The declared size of the stored bytes.
    #[getter]
    fn compressed_size(&self) -> u64 {
        self.of(|member| member.packed)
    }

    /// The declared checksum.
    #[getter]
    fn crc(&self) -> u32 {
        self.of(|member| member.crc)
    }

    /// The name of the compression method.
    #[getter]
    fn method(&self) -> &'static str {
        self.of(|member| member.method.name())
    }

    /// Whether the content is encrypted: `source` has the bytes as they are stored then.
    #[getter]
    fn encrypted(&self) -> bool {
        self.of(|member| member.encrypted)
    }

    /// Whether it is a folder.
    #[getter]
    fn is_dir(&self) -> bool {
        self.of(|member| member.folder)
    }

    /// Whether it is a symbolic link, whose target is the content.
    #[getter]
    fn is_link(&self) -> bool {
        self.of(|member| member.link)
    }

    /// Whether no directory lists it.
    #[getter]
    fn hidden(&self) -> bool {
        self.of(|member| member.hidden)
    }

    /// Whether this is not the ordinary way to read these bytes.
    #[getter]
    fn variant(&self) -> bool {
        self.of(|member| member.variant)
    }

    /// Where the local header lies.
    #[getter]
    fn header_offset(&self) -> u64 {
        self.of(|member| member.header)
    }

    /// Where the entry of the directory lies; None if no directory lists the member.
    #[getter]
    fn listed_at(&self) -> Option<u64> {
        self.of(|member| member.listed)
    }

    /// Where the stored bytes lie.
    #[getter]
    fn data_offset(&self) -> u64 {
        self.of(|member| member.data)
    }
}

/// Bytes of an archive that belong to no member.
#[pyclass(name = "ZipSlack", module = "modelaudit._native", frozen, get_all)]
pub(super) struct PyZipSlack {
    /// Where they lie.
    offset: u64,
    /// In which part of the archive, in words.
    place: &'static str,
    /// The bytes.
    source: Py<PySource>,
}

/// What an archive holds, by any reading of it.
#[pyclass(name = "ZipScan", module = "modelaudit._native", frozen)]
pub(super) struct PyZipScan {
    scan: Arc<ZipScan>,
}

#[pymethods]
impl PyZipScan {
    /// In order of place; bytes that can be read in several ways appear once for each.
    #[getter]
    fn members(&self) -> Vec<PyZipMember> {
        (0..self.scan.members.len()).map(|index| PyZipMember { scan: Arc::clone(&self.scan), index }).collect()
    }

    /// One of them; none behind the last.
    fn member(&self, index: usize) -> Option<PyZipMember> {
        (index < self.scan.members.len()).then(|| PyZipMember { scan: Arc::clone(&self.scan), index })
    }

    /// The names of the members, in the same order.
    #[getter]
    fn names(&self) -> Vec<&str> {
        self.scan.members.iter().map(|member| member.name.as_str()).collect()
    }

    /// The names in the same order, each between two line feeds.
    #[getter]
    fn joined_names(&self) -> String {
        self.scan.members.iter().fold("\n".to_owned(), |joined, member| joined + &member.name + "\n")
    }

    /// The indices of the members that need a closer look, how many of the others are text, and how many pickles that
    /// call nothing.
    fn sift(&self, py: Python<'_>, marks: &PyMarks, deadline: &PyDeadline) -> PyResult<(Vec<usize>, u64, u64)> {
        let sifted = enter(py, Some(deadline), |deadline| Ok(self.scan.sift(&marks.marks, deadline)))?;
        Ok((sifted.left, sifted.texts, sifted.pickles))
    }

    /// What belongs to no member and is no padding.
    #[getter]
    fn slack(&self, py: Python<'_>) -> PyResult<Vec<PyZipSlack>> {
        let wrap = |slack: &Slack| {
            let source = Py::new(py, PySource { inner: slack.source.clone() })?;
            Ok(PyZipSlack { offset: slack.offset, place: slack.place, source })
        };
        self.scan.slack.iter().map(wrap).collect()
    }

    /// In order of offset, then of rule.
    #[getter]
    fn findings(&self) -> Vec<PyFinding> {
        self.scan.findings.iter().map(|finding| PyFinding { finding: finding.clone() }).collect()
    }

    /// Whether all structure was understood; otherwise a finding says what was not.
    #[getter]
    fn complete(&self) -> bool {
        self.scan.complete
    }
}

/// Whether a source may be an archive.
#[pyfunction]
pub(super) fn sniff_zip(py: Python<'_>, source: &PySource) -> PyResult<bool> {
    enter(py, None, |_| sniff(&source.inner))
}

/// Reads the structure of an archive of known size.
#[pyfunction]
pub(super) fn scan_zip(py: Python<'_>, source: &PySource, deadline: &PyDeadline) -> PyResult<PyZipScan> {
    let scan = enter(py, Some(deadline), |deadline| Ok(scan(&source.inner, deadline)))?;
    Ok(PyZipScan { scan: Arc::new(scan) })
}
