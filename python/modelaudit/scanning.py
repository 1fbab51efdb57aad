"""From the paths, bytes or streams of a caller to one report: what is scanned, in which order, and until when."""

from __future__ import annotations

import time
from typing import IO, TYPE_CHECKING, Callable

from modelaudit import _native, limits
from modelaudit.engine import FileScan, reason
from modelaudit.model import Report, now
from modelaudit.walk import Entry, walk

if TYPE_CHECKING:
    from modelaudit.config import ScanConfig
    from modelaudit.model import FileReport

#: The path that stands for standard input.
STDIN = "-"


def scan_paths(paths: list[str], config: ScanConfig, stdin: IO[bytes] | None = None) -> Report:
    """Scan what lies at and below the paths; `-` stands for `stdin`, if given."""
    started = now()
    deadline = _native.Deadline(config.timeout or None)
    files: list[FileReport] = []
    interrupted = False
    try:
        for path in paths:
            if path == STDIN and stdin is not None:
                files.append(_scan_stdin(stdin, config, deadline))
            else:
                _scan_below(path, config, deadline, files)
    except KeyboardInterrupt:
        interrupted = True
    return Report(tuple(paths), tuple(files), started, now() - started, interrupted)


def scan_source(source: _native.Source, name: str, config: ScanConfig) -> Report:
    """Scan one source under a name."""
    started = now()
    file = FileScan(Entry(name), config, _native.Deadline(config.timeout or None))
    file.run(source)
    return Report((name,), (file.report(),), started, now() - started)


def scan_read(read: Callable[[int], bytes], name: str, config: ScanConfig) -> Report:
    """Scan what a function reads, under a name. Raises what the function raises."""
    started = now()
    deadline = _native.Deadline(config.timeout or None)
    file = FileScan(Entry(name), config, deadline)
    file.run_read(read)
    return Report((name,), (file.report(),), started, now() - started)


def _scan_stdin(stdin: IO[bytes], config: ScanConfig, deadline: _native.Deadline) -> FileReport:
    from modelaudit.spool import patient

    file = FileScan(Entry(STDIN), config, deadline)
    try:
        file.run_read(patient(stdin, deadline))
    except OSError as error:
        file.unread("ENG201", {"reason": reason(error)})
    return file.report()


def _scan_below(path: str, config: ScanConfig, deadline: _native.Deadline, files: list[FileReport]) -> None:
    """Scan one of the given paths; after the deadline, list what is left for a moment and then stop."""
    stop = None
    for entry in walk([path]):
        if deadline.expired:
            stop = stop or time.monotonic() + limits.GRACE
            if time.monotonic() > stop:
                file = FileScan(entry, config, deadline)
                file.unread("ENG112")
                files.append(file.report())
                return
        files.append(_scan_entry(entry, config, deadline))


def _scan_entry(entry: Entry, config: ScanConfig, deadline: _native.Deadline) -> FileReport:
    file = FileScan(entry, config, deadline)
    if entry.rule is not None:
        file.unread(entry.rule, entry.facts)
    elif deadline.expired:
        file.unread("ENG101")
    else:
        try:
            source = _native.Source.open(entry.path)
        except OSError as error:
            file.unread("ENG201", {"reason": reason(error)})
        else:
            file.run(source)
    return file.report()
