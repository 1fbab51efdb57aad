"""What a scan yields: issues with their places, files with their coverage, and the report of it all."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Union

if TYPE_CHECKING:
    from collections.abc import Mapping


class Severity:
    """How grave an issue is; the values are those of `Issue.severity`."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


#: From harmless to grave; the order decides what is shown and how the command exits.
SEVERITIES = (Severity.DEBUG, Severity.INFO, Severity.WARNING, Severity.CRITICAL)

#: The version of the JSON report: it grows when a field changes its meaning, not when one is added.
SCHEMA_VERSION = 1

#: A value in the details of an issue.
Detail = Union[str, int, bool, None]


def rank(severity: str) -> int:
    """Return the place of a severity in `SEVERITIES`, 0 for the most harmless one."""
    return SEVERITIES.index(severity)


@dataclass(frozen=True)
class Location:
    """A place: a path as the caller gave it, the members inside it, and a byte offset in the innermost one."""

    path: str
    members: tuple[str, ...] = ()
    position: int | None = None

    def __str__(self) -> str:
        """Return `evil.pkl (pos 28)`, inside an archive `model.zip:dir/evil.pkl (pos 28)`."""
        name = ":".join((self.path, *self.members))
        return name if self.position is None else f"{name} (pos {self.position})"


@dataclass(frozen=True)
class Issue:
    """One thing that was found, born with the rule it belongs to."""

    rule: str
    name: str
    severity: str
    message: str
    location: Location
    details: Mapping[str, Detail] = field(default_factory=dict)
    timestamp: float = 0.0
    #: Whether it tells of something that kept the scan from its work, rather than of the content of a file.
    operational: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the issue as the JSON report holds it."""
        return {
            "rule": self.rule,
            "name": self.name,
            "severity": self.severity,
            "message": self.message,
            "location": str(self.location),
            "details": dict(self.details),
            "timestamp": self.timestamp,
        }


@dataclass(frozen=True)
class Coverage:
    """How much of a file was looked at. `reason` is the message of the issue that says why not all of it."""

    #: `complete`, `partial`, `unsupported` or `failed`, in the order of how little was seen; `elsewhere` for a link
    #: whose target stands in the report under its own name.
    status: str
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the coverage as the JSON report holds it."""
        return {"status": self.status, "reason": self.reason}


#: Everything was parsed to its own end.
COMPLETE = Coverage("complete")


@dataclass(frozen=True)
class FileReport:
    """All that is said of one path."""

    path: str
    #: Bytes; 0 where it was not opened.
    size: int
    #: The names of the formats that were recognised in it or in what lies in it, in order of discovery.
    formats: tuple[str, ...]
    coverage: Coverage
    issues: tuple[Issue, ...]
    #: The names of those formats whose scanners looked inside.
    scanners: tuple[str, ...] = ()
    #: Whether every byte was searched for code, also those of tensors; otherwise they were passed over.
    deep: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the file as the JSON report holds it, without its issues, which stand at the top level."""
        return {
            "path": self.path,
            "size": self.size,
            "formats": list(self.formats),
            "scanners": list(self.scanners),
            "coverage": self.coverage.to_dict(),
            "deep": self.deep,
        }


@dataclass(frozen=True)
class Report:
    """The outcome of a scan."""

    #: The paths as they were given.
    paths: tuple[str, ...]
    #: In the order of the scan: paths as given, folders in sorted order.
    files: tuple[FileReport, ...]
    #: Unix time.
    start_time: float
    #: Seconds.
    duration: float
    #: Ctrl-C ended the scan: what is here is what was found until then.
    interrupted: bool = False

    @property
    def issues(self) -> tuple[Issue, ...]:
        """All issues, file by file."""
        return tuple(issue for file in self.files for issue in file.issues)

    @property
    def has_errors(self) -> bool:
        """Whether something kept the scan from its work: a path that cannot be read, the deadline, a defect."""
        return self.interrupted or any(issue.operational for issue in self.issues)

    @property
    def exit_code(self) -> int:
        """Return 2 for operational errors, else 1 for an issue of `warning` or above, else 0."""
        if self.has_errors:
            return 2
        return int(any(rank(issue.severity) >= rank("warning") for issue in self.issues))

    @property
    def scanned(self) -> tuple[FileReport, ...]:
        """The files that were looked at."""
        return tuple(file for file in self.files if file.coverage.status not in ("failed", "elsewhere"))

    @property
    def bytes_scanned(self) -> int:
        """The size of the files that were looked at, in bytes."""
        return sum(file.size for file in self.scanned)

    @property
    def formats(self) -> tuple[str, ...]:
        """The names of all formats that were met, in order of discovery."""
        return tuple(dict.fromkeys(name for file in self.files for name in file.formats))

    @property
    def scanners(self) -> tuple[str, ...]:
        """The names of all formats whose scanners looked inside something, in order of first use."""
        return tuple(dict.fromkeys(name for file in self.files for name in file.scanners))

    def to_dict(self) -> dict[str, Any]:
        """Return the report as the JSON report holds it."""
        return {
            "schema_version": SCHEMA_VERSION,
            "scanner_names": list(self.scanners),
            "start_time": self.start_time,
            "duration": self.duration,
            "bytes_scanned": self.bytes_scanned,
            "files_scanned": len(self.scanned),
            "has_errors": self.has_errors,
            "interrupted": self.interrupted,
            "issues": [issue.to_dict() for issue in self.issues],
            "files": [file.to_dict() for file in self.files],
        }

    def to_json(self) -> str:
        """Return the JSON report, ASCII only, so that any file name survives any encoding."""
        from modelaudit.jsonwriter import indented

        return indented(self.to_dict())


def now() -> float:
    """Return the Unix time, as issues and reports are stamped with it."""
    return time.time()
