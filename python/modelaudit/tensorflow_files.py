"""What the files of a model of TensorFlow have to do with each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelaudit.formats.base import Context

#: The encodings of one message, by the ends of file names.
_TWINS = {".pb": ".pbtxt", ".pbtxt": ".pb"}


def report_twin(ctx: Context) -> None:
    """Report that the same folder has the same graph in the other encoding."""
    stem, dot, ending = ctx.name.rpartition(".")
    other = _TWINS.get(dot + ending.lower())
    if other is not None and ctx.beside(stem + other) is not None:
        ctx.report("TFG113", None, {"name": stem + other})
