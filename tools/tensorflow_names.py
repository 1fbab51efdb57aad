"""Functions of tensors in TensorFlow's public modules, as its wheel lists them: for `keras_tables`."""

from __future__ import annotations

import re

from tables.wheels import opened

PIN = "tensorflow_cpu==2.16.2"

_IMPORT = re.compile(r"^from (tensorflow\.python\.[\w.]+) import (\w+)(?: as (\w+))?", re.MULTILINE)

#: Modules of operations that compute from their arguments and touch nothing else.
_PURE = re.compile(
    r"\.ops\.(ragged\.\w+|linalg\.\w+|signal\.\w+|tensor_getitem_override|tensor_math_operator_overrides"
    r"|array_ops(_stack)?|bitwise_ops|candidate_sampling_ops|clip_ops|confusion_matrix|ctc_ops|embedding_ops"
    r"|gen_(array|audio|bitwise|candidate_sampling|ctc|image|linalg|manip|math|nn|ragged_array|ragged_conversion"
    r"|ragged_math|random|random_index_shuffle|set|sparse|special_math|spectral|stateless_random|string)_ops(_v2)?"
    r"|histogram_ops|image_ops(_impl)?|linalg_ops|manip_ops|math_ops|nn|nn_impl|nn_impl_distribute|nn_ops|nn_grad"
    r"|numerics|random_crop_ops|random_ops|random_ops_util|sets|sets_impl|sort_ops|sparse_ops|special_math_ops"
    r"|stateless_random_ops|string_ops|gen_string_ops|weights_broadcast_ops|check_ops)$"
    r"|\.framework\.(constant_op|tensor_conversion|tensor_util|dtypes|tensor_shape)$"
)

#: Public modules whose functions models use; the first is the top level.
_PUBLIC = (
    *("", "__operators__", "bitwise", "debugging", "dtypes", "image", "linalg", "math", "nn", "ragged", "random"),
    *("sets", "signal", "sparse", "strings"),
)

#: Functions of those origins that do more than compute.
_NOT = frozenset(("py_func", "Assert", "make_tensor_proto", "register_tensor_conversion_function", "while_loop"))


def _text(module: str) -> str:
    wheel = opened(PIN)
    return wheel.text(module) if module in wheel.sources else ""


def functions() -> set[str]:
    """Return public names without the root, such as `math.add`: also those that older versions had."""
    found = set()
    for root in ("", "compat.v1.", "compat.v2."):
        for public in _PUBLIC:
            place = (root + public).rstrip(".")
            below = f".{place}" if place else ".v2"
            text = _text(f"tensorflow._api.v2{below}") or _text(f"tensorflow._api.v2{below}.__init__")
            for origin, name, shown in _IMPORT.findall(text):
                if _PURE.search(origin) and (shown or name) not in _NOT:
                    found.add(f"{place}.{shown or name}".lstrip("."))
    return found


def ops() -> set[str]:
    """Return the operations of those origins by the names that graphs have."""
    return {
        shown or name
        for origin, name, shown in _IMPORT.findall(_text("tensorflow._api.v2.raw_ops"))
        if _PURE.search(origin)
    }
