"""One object of a Keras configuration: what it builds, what it names, and what that would load or run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from modelaudit import keras_names as names
from modelaudit.keras_layers import LAYERS, check_lambda_object
from modelaudit.keras_values import check_values

if TYPE_CHECKING:
    from modelaudit.keras_config import Place, Report

#: Plain values in the form of objects: Keras' own, and those of TensorFlow's `nested_structure_coder` and `json_utils`.
_VALUES = frozenset(
    (
        *("__keras_tensor__", "__tensor__", "__numpy__", "__bytes__", "__ellipsis__", "__slice__", "__tuple__"),
        *("__set__", "__wrapped_dict__", "_EmptyDict", "TensorShape", "TypeSpec", "CompositeTensor", "InputSpec"),
    )
)


def visit(report: Report, place: Place | None, node: dict[str, Any]) -> None:
    """Look at one JSON object: at what it is, and at the values in it that are no objects themselves."""
    name = node.get("class_name")
    if isinstance(name, str):
        _visit_object(report, place, node, name)
    elif name is not None:
        report.say("KER105", place, what="a class name that is no text")
    check_values(report, place, node)


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
            report.tell(place, verdict, module, name)
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
    last = name.rpartition(">")[2]
    if module is None:
        return LAYERS.get(last)
    path = f"{names.canonical(module)}.{last}"
    owner, _, last = path.rpartition(".")
    return LAYERS.get(last) if names.is_library(owner) or owner.startswith("tensorflow_hub") else None


def _judge(report: Report, place: Place | None, module: str | None, name: str) -> None:
    report.tell(place, names.judge(module, name), module, name)


def _check_registered(report: Report, place: Place | None, registered: Any, name: str) -> None:
    """Hold the registered name, by which a program's own classes are looked up first, against the class name."""
    if registered is None:
        return
    if not isinstance(registered, str):
        report.say("KER105", place, what="a registered name that is no text")
    elif registered.rpartition(">")[2] != name.rpartition(".")[2].rpartition(">")[2]:
        report.say("KER105", place, what=f"the class {name} registered as {registered}")
