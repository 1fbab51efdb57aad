"""modelaudit tells what a machine-learning model file would do when somebody loads it, without loading it.

>>> import modelaudit
>>> report = modelaudit.scan("models/")
>>> report.exit_code
0
"""

from __future__ import annotations

from modelaudit._native import __version__
from modelaudit.config import ScanConfig
from modelaudit.engine import scan, scan_bytes, scan_stream
from modelaudit.model import Coverage, FileReport, Issue, Location, Report

__all__ = [
    "Coverage",
    "FileReport",
    "Issue",
    "Location",
    "Report",
    "ScanConfig",
    "__version__",
    "scan",
    "scan_bytes",
    "scan_stream",
]
