"""The JSON report: the direct image of `Report`, with a schema version."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelaudit.model import Report
    from modelaudit.reports.style import Style


def render(report: Report, style: Style) -> str:
    """Return the report as JSON; how the destination looks does not matter to it."""
    del style
    return report.to_json() + "\n"
