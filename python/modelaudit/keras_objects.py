"""One object of a Keras configuration: what it builds, what it names, and what that would load or run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Callable

from modelaudit import keras_names as names
from modelaudit.keras_config import Place

if TYPE_CHECKING:
    from modelaudit.keras_config import Report

#: Plain values in the form of objects: Keras' own, and those of TensorFlow's `nested_structure_coder` and `json_utils`.
_VALUES = frozenset(
    (
        *("__keras_tensor__", "__tensor__", "__numpy__", "__bytes__", "__ellipsis__", "__slice__", "__tuple__"),
        *("__set__", "__wrapped_dict__", "_EmptyDict", "TensorShape", "TypeSpec", "CompositeTensor", "InputSpec"),
    )
)

#: Keys whose texts name functions or objects that Keras looks up.
_NAMING = re.compile(
    r"^(?:(?:\w+_)?(?:activation|initializer|regularizer|constraint|quantizer)|optimizer|loss|loss_fn|fn"
    r"|metrics|weighted_metrics)$"
)

#: Keys of files that layers open when they are made; a list in their place is the content itself.
_OPENED = frozenset(("vocabulary", "vocabulary_file", "merges", "idf_weights_file", "vocabulary_path"))

#: Characters from which on a tokenizer takes its vocabulary for the content itself: `SentencePieceTokenizer`.
_PROTO = 2048

#: How base64 of a pickle of protocol 2 or later begins.
_PICKLED = "gA"

#: Keys of sizes of weights: those that stand for one side of them, and of shapes.
_SIZES = ("units", "filters", "input_dim", "output_dim")
_SHAPES = ("batch_input_shape", "batch_shape", "input_shape", "shape", "target_shape", "kernel_size", "pool_size")

#: No weight of a model in use has as many numbers, or such a side.
_HUGE, _LONG = 1 << 40, 1 << 31

#: Schemes of addresses that TensorFlow and Keras open like paths, and names of hosts in those of Windows.
_REMOTE = re.compile(r"^\s*(?:[A-Za-z][A-Za-z0-9+.-]+://|\\\\|//)")


def visit(report: Report, place: Place | None, node: dict[str, Any]) -> None:
    """Look at one JSON object: at what it is, and at the values in it that are no objects themselves."""
    from modelaudit.keras_layers import check_pickled

    name = node.get("class_name")
    if isinstance(name, str):
        _visit_object(report, place, node, name)
    elif name is not None:
        report.say("KER105", place, what="a class name that is no text")
    if node.get("safe_mode") is False:
        report.say("KER110", place)
    for key, value in node.items():
        if _NAMING.match(key):
            _check_named(report, Place(key, place), value)
        elif not isinstance(value, str):
            continue
        elif key in _OPENED or (key == "proto" and len(value) < _PROTO):
            report.say("KER109", place, key=key, target=value)
        elif value.startswith(_PICKLED):
            check_pickled(report, Place(key, place), value)
    _check_sizes(report, place, node)
    _check_loose_code(report, place, node)


def concerns(node: dict[str, Any]) -> bool:
    """Return whether an object is one of Keras, rather than of another program that has such keys."""
    name, module = node.get("class_name"), node.get("module")
    if not isinstance(name, str) or "config" not in node:
        return "keras_version" in node
    if "registered_name" in node or "shared_object_id" in node or name.startswith("__") or name == "function":
        return True
    module = module if isinstance(module, str) else None
    return _special(module, name) is not None or names.judge(module, name).verdict != "unknown"


def _visit_object(report: Report, place: Place | None, node: dict[str, Any], name: str) -> None:
    module, inner = node.get("module"), node.get("config")
    if module is not None and not isinstance(module, str):
        report.say("KER105", place, what="a module that is no text")
        module = None
    if name == "__lambda__":
        from modelaudit.keras_layers import check_lambda_object

        check_lambda_object(report, place, inner)
    elif name == "__typespec__":
        _judge(report, place, module, str(node.get("spec_name")))
    elif name == "function":
        _judge_function(report, place, module, inner)
    elif name in _VALUES and not module:
        pass
    else:
        _judge_class(report, place, module, name, inner if isinstance(inner, dict) else {})
        _check_registered(report, place, node.get("registered_name"), name)


def _judge_function(report: Report, place: Place | None, module: str | None, name: Any) -> None:
    if not isinstance(name, str):
        report.say("KER105", place, what="a function whose name is no text")
    elif module in (None, "builtins"):
        # Keras has its own functions so, and those that a program has registered.
        verdict = names.judge(None, name.rpartition(">")[2])
        if verdict.verdict == "unknown" and module is not None and "." not in name:
            report.say("KER115", place, name=name)
        else:
            _tell(report, place, verdict, module, name)
    else:
        _judge(report, place, module, name)


def _judge_class(report: Report, place: Place | None, module: str | None, name: str, inner: dict[str, Any]) -> None:
    special = _special(module, name)
    if special is None:
        _judge(report, place, module, name)
    else:
        special(report, place, inner)


def _special(module: str | None, name: str) -> Callable[[Report, Place | None, dict[str, Any]], None] | None:
    """Return what looks at a layer that runs or loads what its configuration says."""
    from modelaudit.keras_layers import LAYERS

    last = name.rpartition(">")[2]
    if module is None:
        return LAYERS.get(last)
    path = f"{names.canonical(module)}.{last}"
    owner, _, last = path.rpartition(".")
    return LAYERS.get(last) if names.is_library(owner) or owner.startswith("tensorflow_hub") else None


def _judge(report: Report, place: Place | None, module: str | None, name: str) -> None:
    _tell(report, place, names.judge(module, name), module, name)


def _tell(report: Report, place: Place | None, judged: names.Judged, module: str | None, name: str) -> None:
    shown = f"{module}.{name}" if module else name
    if judged.verdict == "dangerous":
        report.say("KER101", place, callable=shown, reason=judged.reason, module=module or "", function=name)
    elif judged.verdict == "unknown":
        report.say("KER102", place, callable=shown, module=module or "", function=name)


def _check_registered(report: Report, place: Place | None, registered: Any, name: str) -> None:
    """Hold the registered name, by which a program's own classes are looked up first, against the class name."""
    if registered is None:
        return
    if not isinstance(registered, str):
        report.say("KER105", place, what="a registered name that is no text")
    elif registered.rpartition(">")[2] != name.rpartition(".")[2].rpartition(">")[2]:
        report.say("KER105", place, what=f"the class {name} registered as {registered}")


def _check_named(report: Report, place: Place, value: Any) -> None:
    """Look at texts that name functions: one, several, or one an output."""
    waiting = [value]
    while waiting:
        at = waiting.pop()
        if isinstance(at, str):
            judged = names.judge(None, at)
            if judged.verdict == "dangerous":
                _tell(report, place, judged, None, at)
            elif judged.verdict == "unknown" and at:
                report.say("KER115", place, name=at)
        elif isinstance(at, list):
            waiting.extend(reversed(at))
        elif isinstance(at, dict) and "class_name" not in at and place.key in ("loss", "metrics", "weighted_metrics"):
            waiting.extend(reversed(list(at.values())))


def is_remote(target: str) -> bool:
    """Return whether a text that is opened leads to another machine."""
    return _REMOTE.match(target) is not None


def _check_sizes(report: Report, place: Place | None, node: dict[str, Any]) -> None:
    for key in _SIZES:
        value = node.get(key)
        if isinstance(value, int) and value > _LONG:
            report.say("KER111", place, key=key, elements=min(value, 1 << 62))
    sides = [node.get("input_dim"), node.get("output_dim")]
    shapes = [(key, node[key]) for key in _SHAPES if isinstance(node.get(key), list)]
    for key, shape in (*shapes, ("input_dim", sides)):
        elements = 1
        for item in shape[:100]:
            elements *= item if isinstance(item, int) and item > 1 else 1
        if elements > _HUGE:
            report.say("KER111", place, key=key, elements=min(elements, 1 << 62))


def _check_loose_code(report: Report, place: Place | None, node: dict[str, Any]) -> None:
    """Look at code where no layer is known to have it: in classes of a program, or in versions to come."""
    from modelaudit.keras_layers import check_code, is_code

    if node.get("class_name") in ("__lambda__", "__tuple__") or ("code" in node and "closure" in node):
        # What these are the value of was looked at.
        return
    for key, value in node.items():
        if is_code(value):
            check_code(report, Place(key, place), value)
