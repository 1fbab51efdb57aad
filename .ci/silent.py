"""Scans harmless files with all that may be asked for besides: nothing above info, where no code is run by design."""

from __future__ import annotations

import sys

import modelaudit

report = modelaudit.scan(sys.argv[1:], deep=True, weights="on")
loud = [issue for issue in report.issues if issue.severity in ("warning", "critical")]
loud = [issue for issue in loud if issue.severity == "critical" or "_review" not in str(issue.location)]
print(f"{len(report.files)} harmless files, --deep --weights on: {len(loud)} issues above info")
for issue in loud:
    print(f"{issue.location}: {issue.severity}: {issue.message}")
sys.exit(bool(loud or report.has_errors))
