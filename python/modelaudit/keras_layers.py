"""Layers of Keras that run or load what their configuration says."""

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING, Any

from modelaudit import keras_names as names
from modelaudit.keras_config import Place

if TYPE_CHECKING:
    from modelaudit.keras_config import Report

#: How base64 of a marshalled code object begins, with and without the flag of a value that is referred to.
BASE64 = ("4w", "Yw")

#: Schemes of addresses that TensorFlow and Keras open like paths, and names of hosts in those of Windows.
_REMOTE = re.compile(r"^\s*(?:[A-Za-z][A-Za-z0-9+.-]+://|\\\\|//)")

#: Methods of ragged and sparse tensors that TensorFlow wraps into layers.
_METHODS = frozenset(
    (
        *("bounding_shape", "consumers", "from_nested_row_splits", "from_row_lengths", "from_row_limits", "merge_dims"),
        *("from_row_splits", "from_row_starts", "from_sparse", "from_tensor", "from_uniform_row_length", "nrows"),
        *(
            "from_value_rowids",
            "lookup",
            "nested_row_lengths",
            "nested_value_rowids",
            "numpy",
            "row_lengths",
            "with_values",
        ),
        *("row_limits", "row_starts", "set_shape", "to_sparse", "to_tensor", "value_rowids", "with_row_splits_dtype"),
        *("flat_values", "values", "row_splits", "shape", "dtype", "indices", "dense_shape", "nested_row_splits"),
        *("ragged_rank", "uniform_row_length", "with_flat_values", "rank", "ndim", "op", "name", "size", "get_shape"),
    )
)


def is_code(value: Any) -> bool:
    """Return whether a value looks like the code, defaults and closure of a function, or like the code alone."""
    code = _code_of(value)
    if code is None or len(code) < 60 or not code.startswith(BASE64):  # noqa: PLR2004
        return False
    if not isinstance(value, str):
        return True
    from modelaudit import marshal_code

    try:
        return bool(marshal_code.parse(binascii.a2b_base64(code.encode("ascii"))))
    except (UnicodeEncodeError, ValueError):
        return False


def _code_of(value: Any) -> str | None:
    if isinstance(value, dict) and value.get("class_name") == "__tuple__":
        value = value.get("items")
    if isinstance(value, dict):
        value = value.get("code", value.get("value"))
    if isinstance(value, list) and value:
        value = value[0]
    return value if isinstance(value, str) else None


def check_code(report: Report, place: Place | None, value: Any) -> None:
    """Report embedded code by what it does."""
    from modelaudit.keras_code import inspect

    code = _code_of(value)
    if code is None:
        report.say("KER103", place, reason="is not in the form that is known")
        return
    found = inspect(code)
    evidence = {"names": found.names, "texts": found.texts, "filename": found.filename}
    if found.reason:
        report.say("KER103", place, reason=found.reason, **evidence)
    else:
        report.say("KER104", place, **evidence)


def check_lambda_object(report: Report, place: Place | None, inner: Any) -> None:
    """Look at a function in the form that Keras 3 gives it."""
    # A Lambda layer takes the one, anything else the other.
    held = [inner[key] for key in ("code", "value") if key in inner] if isinstance(inner, dict) else []
    for value in held or [None]:
        check_code(report, place, value)


def _check_lambda(report: Report, place: Place | None, inner: dict[str, Any]) -> None:
    """Look at a Lambda layer: its function, and those for its shape and its mask."""
    for key in ("function", "output_shape", "mask"):
        value, kind = inner.get(key), inner.get(f"{key}_type")
        at = Place(key, Place("config", place))
        if is_code(value) or (isinstance(value, dict) and value.get("class_name") not in (None, "__tuple__")):
            # An object of its own, or code wherever it stands.
            continue
        if kind == "lambda" or (key == "function" and isinstance(value, (list, dict))):
            check_code(report, at, value)
        elif isinstance(value, str) and kind != "raw":
            judged = names.judge(None, value)
            if judged.verdict == "dangerous":
                report.say("KER101", at, callable=value, reason=judged.reason, module="", function=value)
            elif judged.verdict == "unknown":
                report.say("KER115", at, name=value)


def _check_torch(report: Report, place: Place | None, inner: dict[str, Any]) -> None:
    """Look at a PyTorch module: it is unpickled, so what is in it is scanned as a checkpoint."""
    from modelaudit import _native

    report.say("KER106", place, what="a PyTorch module")
    value = inner.get("module")
    if isinstance(value, dict):
        # As `__bytes__` would hold it.
        held = value.get("config")
        value = held.get("value") if isinstance(held, dict) else None
    try:
        data = binascii.a2b_base64(value.encode("ascii")) if isinstance(value, str) else b""
    except (UnicodeEncodeError, binascii.Error):
        data = b""
    if data:
        report.ctx.descend(_native.Source.from_bytes(data), "(PyTorch module)")
    else:
        report.ctx.incomplete(
            "KER112", report.position, {"part": "the module of a TorchModuleWrapper", "reason": "it is no base64"}
        )


def check_pickled(report: Report, place: Place, value: str) -> None:
    """Look at a text that is a pickle: layers of TensorFlow Probability load functions from such texts."""
    from modelaudit import _native

    try:
        source = _native.Source.from_bytes(binascii.a2b_base64(value.encode("ascii")))
    except (UnicodeEncodeError, binascii.Error):
        return
    if _native.sniff_pickle(source):
        report.say("KER106", place, what=str(place.key))
        report.ctx.descend(source, f"({place.key})")


def _check_external(report: Report, place: Place | None, inner: dict[str, Any]) -> None:
    """Look at a layer that loads another model when it is made."""
    target = next((inner[key] for key in ("filepath", "handle", "path") if isinstance(inner.get(key), str)), "")
    # What TensorFlow Hub serves has an address by design.
    remote = _REMOTE.match(target) is not None and not target.startswith(
        ("https://tfhub.dev/", "https://www.kaggle.com/models/")
    )
    report.say("KER108" if remote else "KER107", place, target=target)


def _check_functions(report: Report, place: Place | None, _inner: dict[str, Any]) -> None:
    """Look at a layer of JAX or Flax: what it runs are objects of the configuration, which are judged themselves."""
    report.say("KER107", place, target="functions of a program")


def _check_symbol(report: Report, place: Place | None, inner: dict[str, Any]) -> None:
    """Look at a layer that calls a public function of TensorFlow by its name."""
    symbol = inner.get("function")
    if isinstance(symbol, str):
        report.tell(place, names.judge_tensorflow(symbol), None, f"tensorflow.{symbol}")
    else:
        report.say("KER105", place, what="a function whose name is no text")


def _check_method(report: Report, place: Place | None, inner: dict[str, Any]) -> None:
    """Look at a layer that calls a method or reads an attribute by its name."""
    name = next((inner[key] for key in ("method_name", "attr_name") if isinstance(inner.get(key), str)), "")
    owner = inner.get("cls_symbol", inner.get("cls_ref"))
    shown = f"{owner}.{name}" if isinstance(owner, str) else name
    if name.startswith("_"):
        report.tell(place, names.Judged("dangerous", "reaches into an object"), None, shown)
    elif name not in _METHODS:
        judged = names.judge_tensorflow(shown) if isinstance(owner, str) else names.Judged("unknown")
        report.tell(place, judged, None, shown)


def _check_operation(report: Report, place: Place | None, inner: dict[str, Any]) -> None:
    """Look at a node of a graph in a layer: a text of protobuf, JSON, or the message itself."""
    from modelaudit import _native

    text = inner.get("node_def")
    text = " ".join(map(str, text)) if isinstance(text, list) else str(text)
    ops = set(re.findall(r'"?op"?\s*:\s*"(\w+)"', text))
    if not ops:
        # Field 2 of the message: its tag, its length, its letters; the length is a character too.
        for match in re.finditer(r"\x12([\x01-\x7f])", text):
            op = text[match.end() : match.end() + ord(match.group(1))]
            if re.fullmatch(r"[A-Z]\w*", op):
                ops.add(op)
    for op in sorted(ops) or ["an operation that is not named"]:
        if _native.listed("keras_objects", f"op:{op}") is None:
            found = _native.judge("tensorflow.raw_ops", op)
            verdict = "dangerous" if found.verdict in ("dangerous", "walks-out") else "unknown"
            report.tell(place, names.Judged(verdict, found.reason), None, f"tensorflow.raw_ops.{op}")


#: By class name.
LAYERS = {
    "ClassMethod": _check_method,
    "FlaxLayer": _check_functions,
    "InstanceMethod": _check_method,
    "InstanceProperty": _check_method,
    "JaxLayer": _check_functions,
    "KerasLayer": _check_external,
    "Lambda": _check_lambda,
    "ReloadedLayer": _check_external,
    "SlicingOpLambda": _check_symbol,
    "TFOpLambda": _check_symbol,
    "TFSMLayer": _check_external,
    "TensorFlowOpLayer": _check_operation,
    "TorchModuleWrapper": _check_torch,
}
