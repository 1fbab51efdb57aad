//! The Python module `modelaudit._native`: the only place that knows Python.

mod enter;
mod finding;
mod hdf5;
mod keywords;
mod marks;
mod pattern;
mod pickle;
mod rules;
mod safetensors;
mod signature;
mod source;
mod tar;
mod tensorflow;
mod walk;
mod zip;

use pyo3::prelude::*;

/// The native core of modelaudit.
#[pymodule]
mod _native {
    #[pymodule_export]
    use super::enter::{NativeError, PyDeadline, TooLateError};
    #[pymodule_export]
    use super::finding::PyFinding;
    #[pymodule_export]
    use super::hdf5::{PyHdf5Attribute, PyHdf5Dataset, PyHdf5Scan, find_hdf5, read_dataset, scan_hdf5};
    #[pymodule_export]
    use super::keywords::PyKeywords;
    #[pymodule_export]
    use super::marks::PyMarks;
    #[pymodule_export]
    use super::pattern::PyPatterns;
    #[pymodule_export]
    use super::pickle::{PyNestedBytes, PyPickleScan, PyStorage, PyTensor, scan_pickle, sniff_pickle};
    #[pymodule_export]
    use super::rules::{PyJudgement, PyRule, catalogue, judge, listed};
    #[pymodule_export]
    use super::safetensors::{PyTensorScan, scan_safetensors, sniff_safetensors};
    #[pymodule_export]
    use super::signature::{PySignature, code_at_start, signatures, suspects};
    #[pymodule_export]
    use super::source::{PySource, PyStreamEnd, drain, spool};
    #[pymodule_export]
    use super::tar::{PyTarMember, PyTarScan, scan_tar, sniff_tar};
    #[pymodule_export]
    use super::tensorflow::{
        PyTensorFlowScan, is_tensorflow_fingerprint, scan_keras_metadata, scan_tensorflow, scan_tensorflow_text,
        sniff_keras_metadata, sniff_tensorflow,
    };
    #[pymodule_export]
    use super::walk::{PyWalk, scan_gguf, scan_msgpack, scan_onnx, scan_rds, sniff_onnx};
    #[pymodule_export]
    use super::zip::{PyZipMember, PyZipScan, PyZipSlack, scan_zip, sniff_zip};

    use super::{Bound, PyModule, PyModuleMethods, PyResult};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
