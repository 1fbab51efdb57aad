"""The registry: one line a report format, from a report to its text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from modelaudit.model import Report
    from modelaudit.reports.style import Style

#: A renderer: what it gets is all it knows.
Renderer = Callable[["Report", "Style"], str]

#: The names that `--format` accepts; the modules are imported when one is asked for.
FORMATS = ("text", "json")


def renderer(name: str) -> Renderer:
    """Return the renderer of this name. Raises `KeyError` for any other."""
    from modelaudit.reports import json, text

    return {"text": text.render, "json": json.render}[name]
