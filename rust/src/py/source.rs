//! Sources for Python: opaque, immutable, usable from many threads.

use std::path::PathBuf;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::enter::{PyDeadline, enter};
use crate::codec::{Codec, Status};
use crate::error::Error;
use crate::source::Source;
use crate::spool::Kept;

/// Immutable bytes somewhere: a file, memory, a part of another source, or a decompressed stream.
#[pyclass(name = "Source", module = "modelaudit._native", frozen)]
pub(super) struct PySource {
    pub(super) inner: Source,
}

#[pymethods]
impl PySource {
    /// A regular file, read by position.
    #[staticmethod]
    #[allow(clippy::needless_pass_by_value)] // Extracted from a Python object: there is nothing to borrow from.
    fn open(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let inner = enter(py, None, |_| Source::open(&path))?;
        Ok(Self { inner })
    }

    /// Bytes in memory; they are copied.
    #[staticmethod]
    fn from_bytes(data: &Bound<'_, PyBytes>) -> Self {
        Self { inner: Source::from_bytes(data.as_bytes().to_vec()) }
    }

    /// The number of bytes; None where only reading to the end would tell.
    #[getter]
    fn size(&self) -> Option<u64> {
        self.inner.size()
    }

    /// How many bytes of a file were read so far.
    #[getter]
    fn bytes_read(&self) -> u64 {
        self.inner.bytes_read()
    }

    /// Up to `length` bytes from `offset` on.
    fn read<'py>(&self, py: Python<'py>, offset: u64, length: usize) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = enter(py, None, |_| self.inner.read(offset, length))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// The first bytes.
    fn head<'py>(&self, py: Python<'py>, length: usize) -> PyResult<Bound<'py, PyBytes>> {
        self.read(py, 0, length)
    }

    /// The last bytes; none where the size is not known.
    fn tail<'py>(&self, py: Python<'py>, length: usize) -> PyResult<Bound<'py, PyBytes>> {
        match self.inner.size() {
            Some(size) => self.read(py, size.saturating_sub(length as u64), length),
            None => Ok(PyBytes::new(py, b"")),
        }
    }

    /// The part that begins at `offset` and has at most `length` bytes.
    fn slice(&self, offset: u64, length: u64) -> Self {
        Self { inner: self.inner.slice(offset, length) }
    }

    /// The decompressed content, at most `limit` bytes of it, produced as it is read.
    fn decode(&self, codec: &str, limit: u64) -> PyResult<Self> {
        Ok(Self { inner: self.inner.decode(codec_of(codec)?, limit) })
    }
}

fn codec_of(name: &str) -> PyResult<Codec> {
    Codec::from_name(name).ok_or_else(|| PyValueError::new_err(format!("no codec is called {name:?}")))
}

/// How a compressed stream ended.
#[pyclass(name = "StreamEnd", module = "modelaudit._native", frozen, get_all)]
pub(super) struct PyStreamEnd {
    /// Decoded bytes.
    size: u64,
    /// 'complete', 'broken', 'limit' or 'deadline'.
    status: &'static str,
    /// Bytes of the compressed source after the end of the stream.
    trailing: u64,
    /// The CRC-32 of the decoded bytes.
    crc: u32,
}

/// Reads a source to its end, unless it is a decoded one and somebody did already, and says how it ends.
#[pyfunction]
pub(super) fn drain(py: Python<'_>, source: &PySource, deadline: &PyDeadline) -> PyResult<PyStreamEnd> {
    enter(py, Some(deadline), |deadline| {
        let (mut size, mut crc, mut whole) = (0_u64, crc32fast::Hasher::new(), false);
        if source.inner.end().is_none() {
            let mut reader = source.inner.reader(0)?;
            let mut block = vec![0; 1 << 16];
            loop {
                match reader.read(&mut block) {
                    Ok(0) => {
                        whole = true;
                        break;
                    }
                    Err(Error::Codec { .. } | Error::Budget { .. }) => break,
                    Ok(count) => {
                        size = size.saturating_add(count as u64);
                        crc.update(block.get(..count).unwrap_or_default());
                    }
                    Err(error) => return Err(error),
                }
                if deadline.expired() {
                    break;
                }
            }
        }
        Ok(match source.inner.end() {
            Some(end) => {
                PyStreamEnd { size: end.size, status: name_of(end.status), trailing: end.trailing, crc: end.crc }
            }
            None if whole => PyStreamEnd { size, status: name_of(Status::Complete), trailing: 0, crc: crc.finalize() },
            None => PyStreamEnd { size, status: "deadline", trailing: 0, crc: 0 },
        })
    })
}

/// The bytes of a source in a form that is read in any order at no extra cost: kept, where they are decompressed. Less
/// than all where the stream is 'broken', room ends ('full') or the deadline comes ('late'); otherwise it is 'whole'.
#[pyfunction]
pub(super) fn spool(py: Python<'_>, source: &PySource, deadline: &PyDeadline) -> PyResult<(PySource, &'static str)> {
    let (inner, kept) = enter(py, Some(deadline), |deadline| crate::spool::spool(&source.inner, deadline))?;
    let kept = match kept {
        Kept::Whole => "whole",
        Kept::Broken => "broken",
        Kept::Full => "full",
        Kept::Late => "late",
    };
    Ok((PySource { inner }, kept))
}

fn name_of(status: Status) -> &'static str {
    match status {
        Status::Complete => "complete",
        Status::Broken => "broken",
        Status::Limit => "limit",
    }
}
