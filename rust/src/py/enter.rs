//! The one way from Python into the core: the GIL is released, panics become exceptions, Ctrl-C is heard.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyKeyboardInterrupt, PyOSError};
use pyo3::prelude::*;

use crate::deadline::Deadline;
use crate::error::Error;

create_exception!(_native, NativeError, PyException, "The core failed: a defect, not a property of the scanned file.");

create_exception!(
    _native,
    TooLateError,
    PyException,
    "The time of the scan is over, or what is left of it is not enough for what comes next."
);

/// A time limit shared by all work of a scan.
#[pyclass(name = "Deadline", module = "modelaudit._native", frozen)]
pub(super) struct PyDeadline {
    pub(super) inner: Arc<Deadline>,
    interrupted: Arc<AtomicBool>,
}

#[pymethods]
impl PyDeadline {
    #[new]
    #[pyo3(signature = (seconds))]
    fn new(seconds: Option<f64>) -> Self {
        // A limit beyond what a clock can hold is none.
        let limit = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).ok());
        let interrupted = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&interrupted);
        let poll = move || {
            let stop = Python::attach(|py| py.check_signals().is_err());
            if stop {
                seen.store(true, Ordering::Relaxed);
            }
            stop
        };
        Self { inner: Arc::new(Deadline::after(limit).with_poll(Box::new(poll))), interrupted }
    }

    #[getter]
    fn expired(&self, py: Python<'_>) -> PyResult<bool> {
        let deadline = Arc::clone(&self.inner);
        let expired = py.detach(move || deadline.expired());
        self.raise_if_interrupted()?;
        Ok(expired)
    }

    /// The seconds that are left, below zero once the time is over; None where there is no limit.
    #[getter]
    fn left(&self) -> Option<f64> {
        self.inner.left()
    }

    fn cancel(&self) {
        self.inner.cancel();
    }
}

impl PyDeadline {
    /// Hands on the Ctrl-C that a poll of the deadline has swallowed.
    fn raise_if_interrupted(&self) -> PyResult<()> {
        if self.interrupted.swap(false, Ordering::Relaxed) { Err(PyKeyboardInterrupt::new_err(())) } else { Ok(()) }
    }
}

/// Runs `work` without the GIL; a panic becomes `NativeError`, Ctrl-C `KeyboardInterrupt`.
pub(super) fn enter<T: Send>(
    py: Python<'_>,
    deadline: Option<&PyDeadline>,
    work: impl FnOnce(&Deadline) -> Result<T, Error> + Send,
) -> PyResult<T> {
    let inner = deadline.map_or_else(|| Arc::new(Deadline::never()), |deadline| Arc::clone(&deadline.inner));
    let outcome = py.detach(|| catch_unwind(AssertUnwindSafe(|| work(&inner))));
    deadline.map_or(Ok(()), PyDeadline::raise_if_interrupted)?;
    match outcome {
        Ok(result) => result.map_err(into_python),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("unknown panic");
            Err(NativeError::new_err(text.to_owned()))
        }
    }
}

/// I/O errors keep their number, so that Python makes the right subclass of `OSError`.
pub(super) fn into_python(error: Error) -> PyErr {
    match error {
        Error::Io(error) => error.into(),
        Error::Late => TooLateError::new_err(()),
        other => PyOSError::new_err(other.to_string()),
    }
}
