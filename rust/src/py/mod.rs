//! The Python module `modelaudit._native`: the only place that knows Python.

mod enter;
mod finding;
mod pattern;
mod pickle;
mod rules;
mod signature;
mod source;
mod tar;
mod zip;

use pyo3::prelude::*;

/// The native core of modelaudit.
#[pymodule]
mod _native {
    #[pymodule_export]
    use super::enter::{NativeError, PyDeadline};
    #[pymodule_export]
    use super::finding::PyFinding;
    #[pymodule_export]
    use super::pattern::PyPatterns;
    #[pymodule_export]
    use super::pickle::{PyNestedBytes, PyPickleScan, PyStorage, PyTensor, scan_pickle, sniff_pickle};
    #[pymodule_export]
    use super::rules::{PyJudgement, PyRule, catalogue, judge};
    #[pymodule_export]
    use super::signature::{PySignature, code_at_each, code_at_start, signatures};
    #[pymodule_export]
    use super::source::{PySource, PyStreamEnd, drain, spool};
    #[pymodule_export]
    use super::tar::{PyTarMember, PyTarScan, scan_tar, sniff_tar};
    #[pymodule_export]
    use super::zip::{PyZipMember, PyZipScan, PyZipSlack, scan_zip};

    use super::{Bound, PyModule, PyModuleMethods, PyResult};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
