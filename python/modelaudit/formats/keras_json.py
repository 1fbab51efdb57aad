"""Keras objects as JSON text: architectures, configurations of presets, metadata of SavedModels.

What it is: an object with `class_name` and `config`, as `model.to_json()` writes it, with others like it inside.
What can run: the classes and functions that it names, code embedded in Lambda layers, what layers load; see
  `keras_config`.
What is checked: every object in the text, at any depth.
What is not checked: texts in which no object has both keys, or in which all that have are unknown and say nothing of a
  module: other programs write such, and Keras finds nothing by them.
References: https://keras.io/api/models/model_saving_apis/model_config_serialization/, keras
  `saving/serialization_lib.py`.
"""

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING

from modelaudit import limits
from modelaudit.formats.base import Format

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelaudit.formats.base import Context, Probe

#: Both keys, or letters of them as escapes, which nobody has to write.
_KEYS = (b'"class_name"', b'"config"')
_ESCAPE = re.compile(rb"\\u00(?:5[fF]|[46][1-9a-fA-F]|7[0-9aA])")

#: What was learned about a text: it was looked at as a configuration.
CHECKED = "a Keras configuration"

#: The same, and objects of Keras were found in it and judged, or it was found to be broken.
JUDGED = "objects of Keras"

#: How base64 of code and of pickles begins where objects of Keras keep it.
_KEPT = ("4w", "Yw", "gA")

_SPACE = b" \t\r\n"

#: Bytes that two blocks share, so that no key is cut.
_OVERLAP = 16


def is_kept(key: object, value: str) -> bool:
    """Return whether a value may be code, a pickle or a module of torch that an object of Keras keeps in an encoding.

    The checks of its objects tell harmless code from other.
    """
    if "-" in value or "_" in value or not (key in (0, "module", "value") or value.startswith(_KEPT)):
        return False
    try:
        return bool(binascii.a2b_base64(value))
    except ValueError:
        return False


def _sniff(probe: Probe) -> bool:
    begins = probe.head.lstrip(_SPACE)
    if begins and not begins.startswith(b"{"):
        return False
    missing = set(_KEYS)
    for block in _blocks(probe):
        missing = {key for key in missing if key not in block}
        if not missing or (b"\\u00" in block and _ESCAPE.search(block)):
            return True
    return False


def _blocks(probe: Probe) -> Iterator[bytes]:
    """Yield what is looked at of a text, in pieces that overlap."""
    yield probe.head
    offset = len(probe.head) - _OVERLAP
    while offset >= limits.HEAD - _OVERLAP and offset < limits.JSON:
        try:
            block = probe.source.read(offset, limits.BLOCK)
        except OSError:
            return
        yield block
        if len(block) < limits.BLOCK:
            return
        offset += len(block) - _OVERLAP


def _scan(ctx: Context) -> None:
    from modelaudit import keras_config
    from modelaudit.keras_objects import concerns

    ctx.learned.append(CHECKED)
    text = ctx.source.read(0, keras_config.LONGEST + 1)
    value = keras_config.parse(ctx, text, "the configuration")
    if value is None:
        # No loader gets anything out of it, and that is said.
        ctx.learned.append(JUDGED)
        return
    if any(concerns(node) for _, node in keras_config.nodes(value)):
        ctx.learned.append(JUDGED)
        keras_config.check_value(ctx, value, "the configuration")
    elif not ctx.shared:
        ctx.report("ENG105")


FORMAT = Format(
    name="keras-json", sniff=_sniff, scan=_scan, first=b"{" + _SPACE, marks=((None, b'"class_name"'), (None, b"\\u00"))
)
