//! Which operators a runtime brings, which call Python, and which come from somewhere else.

/// Domains whose operators are part of ONNX, ONNX Runtime or its extensions. Sources: ONNX's `onnx/defs/schema.h`; ONNX
/// Runtime's `core/graph/constants.h` and `docs/ContribOperators.md`; `onnxruntime-extensions`, `docs/custom_ops.md`.
const DOMAINS: [&str; 14] = [
    "",
    "ai.onnx",
    "ai.onnx.contrib",
    "ai.onnx.ml",
    "ai.onnx.preview",
    "ai.onnx.preview.training",
    "ai.onnx.training",
    "com.microsoft",
    "com.microsoft.dml",
    "com.microsoft.experimental",
    "com.microsoft.mlfeaturizers",
    "com.microsoft.nchwc",
    "com.ms.internal.nhwc",
    "com.ms.internal.nhwc.onnx",
];

/// Operators that import a module and call it. Sources: ONNX Runtime's language interop (`PyOp`), its training build
/// (`PythonOp`, `PythonOpGrad`), `onnxruntime-extensions` (`PyCustomOpDef`).
const PYTHON: [&str; 4] = ["PyCustomOp", "PyOp", "PythonOp", "PythonOpGrad"];

/// What an operator is to whoever runs the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Part of the runtime.
    Known,
    /// Calls Python code.
    Python,
    /// A plan that was compiled for a device, or the name of a file that is one.
    Compiled,
    /// From a library that has to be loaded, unless the model defines it.
    Foreign,
}

pub(super) fn origin(domain: &str, op: &str) -> Origin {
    if PYTHON.contains(&op) {
        Origin::Python
    } else if op == "EPContext" {
        Origin::Compiled
    } else if DOMAINS.contains(&domain) {
        Origin::Known
    } else {
        Origin::Foreign
    }
}
