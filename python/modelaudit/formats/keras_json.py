"""Keras objects as JSON text: architectures, configurations of presets, metadata of SavedModels.

What it is: an object with `class_name` and `config`, as `model.to_json()` writes it, with others like it inside.
What can run: the classes and functions that it names, code embedded in Lambda layers, what layers load; see
  `keras_config`.
What is checked: every object in the text, at any depth.
What is not checked: texts in which no object has both keys, since nothing in them is built.
References: https://keras.io/api/models/model_saving_apis/model_config_serialization/, keras
  `saving/serialization_lib.py`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from modelaudit import limits
from modelaudit.formats.base import Format

if TYPE_CHECKING:
    from modelaudit.formats.base import Context, Probe

#: Both keys, or letters of them as escapes.
_KEYS = (re.compile(rb'"class_name"|\\u00'), re.compile(rb'"config"|\\u00'))

#: What was learned about a text: it was looked at as a configuration.
CHECKED = "a Keras configuration"

#: What JSON may begin with, white space included.
_FIRST = b"{ \t\r\n"


def _sniff(probe: Probe) -> bool:
    if not probe.head.lstrip(b" \t\r\n").startswith((b"{", b"") if len(probe.head) == limits.HEAD else b"{"):
        return False
    if len(probe.head) < limits.HEAD:
        return all(key.search(probe.head) for key in _KEYS)
    try:
        text = probe.source.read(0, limits.JSON)
    except OSError:
        text = probe.head
    return text.lstrip(b" \t\r\n").startswith(b"{") and all(key.search(text) for key in _KEYS)


def _scan(ctx: Context) -> None:
    from modelaudit import keras_config

    ctx.learned.append(CHECKED)
    text = ctx.source.read(0, limits.JSON + 1)
    value = keras_config.parse(ctx, text, "the configuration")
    if value is None:
        return
    if any("class_name" in node and "config" in node for _, node in keras_config.nodes(value)):
        keras_config.check_value(ctx, value, "the configuration")
    elif not ctx.shared:
        ctx.report("ENG105")


FORMAT = Format(
    name="keras-json", sniff=_sniff, scan=_scan, first=_FIRST, marks=((None, b'"class_name"'), (None, b"\\u00"))
)
