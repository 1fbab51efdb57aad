"""The values in one object of a Keras configuration that are no objects themselves: names, files, sizes, code."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from modelaudit import keras_names as names
from modelaudit.keras_config import Place
from modelaudit.keras_layers import BASE64, check_code, check_pickled, is_code

if TYPE_CHECKING:
    from modelaudit.keras_config import Report

#: Keys whose texts name functions or objects that Keras looks up.
_NAMING = re.compile(
    r"^(?:(?:\w+_)?(?:activation|initializer|regularizer|constraint|quantizer)|optimizer|loss|loss_fn|fn"
    r"|metrics|weighted_metrics)$"
)

#: Those among them that may have one value an output.
_BY_OUTPUT = frozenset(("loss", "metrics", "weighted_metrics"))

#: Keys of files that layers open when they are made; a list in their place is the content itself.
_OPENED = frozenset(("vocabulary", "vocabulary_file", "merges", "idf_weights_file", "vocabulary_path"))

#: Characters from which on a tokenizer takes its vocabulary for the content itself: `SentencePieceTokenizer`.
_PROTO = 2048

#: How base64 of a pickle of protocol 2 or later begins.
_PICKLED = "gA"

#: Keys of sizes of weights: those that stand for one side of them, and of shapes.
_SIZES = frozenset(("units", "filters", "input_dim", "output_dim"))
_SHAPES = frozenset(
    ("batch_input_shape", "batch_shape", "input_shape", "shape", "target_shape", "kernel_size", "pool_size")
)

#: No weight of a model in use has as many numbers, or such a side.
_HUGE, _LONG = 1 << 40, 1 << 31

#: What is reported of a number.
_SHOWN = 1 << 62


def check_values(report: Report, place: Place | None, node: dict[str, Any]) -> None:
    """Look at the values of one JSON object."""
    # What these are the value of was looked at.
    loose = node.get("class_name") not in ("__lambda__", "__tuple__") and not ("code" in node and "closure" in node)
    for key, value in node.items():
        kind = type(value)
        if kind is str:
            _check_text(report, place, key, value)
        elif kind is list or kind is dict:
            _check_inner(report, place, key, value)
        elif kind is int:
            if value > _LONG and key in _SIZES:
                report.say("KER111", place, key=key, elements=min(value, _SHOWN))
        elif value is False and key == "safe_mode":
            report.say("KER110", place)
        if loose and kind in (str, list, dict) and _may_be_code(value) and is_code(value):
            check_code(report, Place(key, place), value)
    if "input_dim" in node and "output_dim" in node:
        _check_shape(report, place, "input_dim", [node["input_dim"], node["output_dim"]])


def _may_be_code(value: Any) -> bool:
    """Return whether a closer look is worth it."""
    if isinstance(value, list):
        value = value[0] if value else None
    elif isinstance(value, dict):
        return "code" in value or "value" in value or "items" in value
    return isinstance(value, str) and value.startswith(BASE64)


def _check_text(report: Report, place: Place | None, key: str, value: str) -> None:
    if _names(key):
        _check_named(report, Place(key, place), value)
    elif key in _OPENED or (key == "proto" and len(value) < _PROTO):
        report.say("KER109", place, key=key, target=value)
    elif value.startswith(_PICKLED):
        check_pickled(report, Place(key, place), value)


def _check_inner(report: Report, place: Place | None, key: str, value: Any) -> None:
    if _names(key):
        _check_named(report, Place(key, place), value)
    elif key in _SHAPES and isinstance(value, list):
        _check_shape(report, place, key, value)


@lru_cache(maxsize=512)
def _names(key: str) -> bool:
    return _NAMING.match(key) is not None


def _check_named(report: Report, place: Place, value: Any) -> None:
    """Look at texts that name functions: one, several, or one an output."""
    waiting = [value]
    while waiting:
        at = waiting.pop()
        if isinstance(at, str):
            judged = names.judge(None, at)
            if judged.verdict == "dangerous":
                report.tell(place, judged, None, at)
            elif judged.verdict == "unknown" and at:
                report.say("KER115", place, name=at)
        elif isinstance(at, list):
            waiting.extend(reversed(at))
        elif isinstance(at, dict) and "class_name" not in at and place.key in _BY_OUTPUT:
            waiting.extend(reversed(list(at.values())))


def _check_shape(report: Report, place: Place | None, key: str, shape: list[Any]) -> None:
    elements = 1
    for item in shape[:100]:
        elements *= item if isinstance(item, int) and item > 1 else 1
    if elements > _HUGE:
        report.say("KER111", place, key=key, elements=min(elements, _SHOWN))
