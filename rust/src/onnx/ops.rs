//! Which operators a runtime brings, which call Python, and which come from somewhere else.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

/// The operators of ONNX itself, by name: its own domain has no prefix.
static STANDARD: LazyLock<FxHashSet<&'static str>> = LazyLock::new(|| {
    let table = include_str!("../../rules/onnx_operators.txt");
    table.lines().filter(|line| !line.starts_with('#')).collect()
});

/// Domains whose operators are part of ONNX Runtime, its extensions, or ONNX; new ones come with each version. Sources: ONNX's `onnx/defs/schema.h`; ONNX
/// Runtime's `core/graph/constants.h` and `docs/ContribOperators.md`; `onnxruntime-extensions`, `docs/custom_ops.md`.
const DOMAINS: [&str; 11] = [
    "ai.onnx.contrib",
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
    } else if matches!(op, "EPContext" | "Snpe") {
        Origin::Compiled
    } else if is_standard(domain, op) || DOMAINS.contains(&domain) {
        Origin::Known
    } else {
        Origin::Foreign
    }
}

/// What is not in the table has to come from a library that adds it to the domain, as plugins of `TensorRT` do.
fn is_standard(domain: &str, op: &str) -> bool {
    match domain {
        "" | "ai.onnx" => !op.contains(':') && STANDARD.contains(op),
        "ai.onnx.ml" => STANDARD.contains(format!("ai.onnx.ml:{op}").as_str()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_known_by_domain_and_name() {
        for (domain, op) in [("", "Relu"), ("ai.onnx", "If"), ("ai.onnx.ml", "Scaler"), ("com.microsoft", "Anything")] {
            assert_eq!(origin(domain, op), Origin::Known);
        }
        for (domain, op) in
            [("", "EvilOp"), ("ai.onnx.ml", "Relu"), ("ai.onnx.mlx", "Scaler"), ("", "ai.onnx.ml:Scaler")]
        {
            assert_eq!(origin(domain, op), Origin::Foreign);
        }
        assert_eq!(origin("", "PyOp"), Origin::Python);
    }
}
