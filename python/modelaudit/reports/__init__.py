"""The registry: one line a report format, from a report to its text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from modelaudit.model import Report
    from modelaudit.reports.style import Style

#: A renderer: what it gets is all it knows.
Renderer = Callable[["Report", "Style"], str]

#: The names that `--format` accepts, and of the modules here, which are imported when one is asked for.
FORMATS = ("text", "json")


def renderer(name: str) -> Renderer:
    """Return the renderer of this name. Raises `KeyError` for any other."""
    if name not in FORMATS:
        raise KeyError(name)
    import importlib

    render: Renderer = importlib.import_module(f"{__name__}.{name}").render
    return render
