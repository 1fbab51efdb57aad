"""modelaudit tells what a machine-learning model file would do when somebody loads it, without loading it.

>>> import modelaudit
>>> report = modelaudit.scan("models/")
>>> report.exit_code
0
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelaudit._native import __version__
    from modelaudit.api import scan, scan_bytes, scan_stream
    from modelaudit.config import ScanConfig
    from modelaudit.model import Coverage, FileReport, Issue, Location, Report, Severity

__all__ = [
    "Coverage",
    "FileReport",
    "Issue",
    "Location",
    "Report",
    "ScanConfig",
    "Severity",
    "__version__",
    "scan",
    "scan_bytes",
    "scan_stream",
]

#: Where each public name lives. The modules are imported at first use, so that the command line starts quickly.
_PLACES = {
    "__version__": "_native",
    "scan": "api",
    "scan_bytes": "api",
    "scan_stream": "api",
    "ScanConfig": "config",
    "Coverage": "model",
    "FileReport": "model",
    "Issue": "model",
    "Location": "model",
    "Report": "model",
    "Severity": "model",
}


if not TYPE_CHECKING:
    # Hidden from type checkers: they would believe that any name exists.
    def __getattr__(name: str) -> object:
        """Import a public name at its first use."""
        if name not in _PLACES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        import importlib

        value = getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """Name what is public, imported or not."""
    return sorted({*globals(), *__all__})
