"""From the paths, bytes or streams of a caller to one report: what is scanned, in which order, and until when."""

from __future__ import annotations

import time
from collections import deque
from typing import IO, TYPE_CHECKING, Callable

from modelaudit import _native, limits
from modelaudit.engine import FileScan
from modelaudit.item import reason
from modelaudit.model import FileReport, Report, now
from modelaudit.pool import Pool, Task
from modelaudit.walk import Entry, walk

if TYPE_CHECKING:
    from modelaudit.config import ScanConfig
    from modelaudit.progress import Progress

#: The path that stands for standard input.
STDIN = "-"


def scan_paths(
    paths: list[str], config: ScanConfig, stdin: IO[bytes] | None = None, progress: Progress | None = None
) -> Report:
    """Scan what lies at and below the paths; `-` stands for `stdin`, if given."""
    started = now()
    scan = _Scan(config, progress)
    interrupted = False
    try:
        for path in paths:
            if path == STDIN and stdin is not None:
                scan.scan_stdin(stdin)
            else:
                scan.scan_below(path)
        scan.finish()
    except KeyboardInterrupt:
        interrupted = True
        scan.deadline.cancel()
    finally:
        scan.pool.close()
    return Report(tuple(paths), scan.reports(), started, now() - started, interrupted)


def scan_source(source: _native.Source, name: str, config: ScanConfig) -> Report:
    """Scan one source under a name."""
    return _scan_alone(name, config, lambda file: file.run(source))


def scan_read(read: Callable[[int], bytes], name: str, config: ScanConfig) -> Report:
    """Scan what a function reads, under a name. Raises what the function raises."""
    return _scan_alone(name, config, lambda file: file.run_read(read))


def _scan_alone(name: str, config: ScanConfig, run: Callable[[FileScan], None]) -> Report:
    started = now()
    scan = _Scan(config, None)
    file = FileScan(Entry(name), config, scan.deadline, scan.pool)
    try:
        run(file)
    finally:
        scan.pool.close()
    return Report((name,), (file.report(),), started, now() - started)


class _Scan:
    """One scan: the reports of its files so far, in order, and those that threads are busy with."""

    def __init__(self, config: ScanConfig, progress: Progress | None) -> None:
        self.config = config
        self.deadline = _native.Deadline(config.timeout or None)
        self.pool = Pool(config.jobs)
        self.progress = progress
        self._files: list[FileReport | _Large] = []
        self._waiting: deque[_Large] = deque()

    def scan_stdin(self, stdin: IO[bytes]) -> None:
        """Scan standard input as one file."""
        from modelaudit.spool import patient

        file = FileScan(Entry(STDIN), self.config, self.deadline, self.pool)
        try:
            file.run_read(patient(stdin, self.deadline))
        except OSError as error:
            file.unread("ENG201", {"reason": reason(error)})
        self._files.append(file.report())

    def scan_below(self, path: str) -> None:
        """Scan one of the given paths; after the deadline, list what is left for a moment and then stop."""
        stop = None
        for entry in walk([path]):
            file = FileScan(entry, self.config, self.deadline, self.pool)
            if self.deadline.expired:
                stop = stop or time.monotonic() + limits.GRACE
                if time.monotonic() > stop:
                    file.unread("ENG112")
                    self._files.append(file.report())
                    return
            self._scan_entry(entry, file)

    def _scan_entry(self, entry: Entry, file: FileScan) -> None:
        if entry.rule is not None:
            file.unread(entry.rule, entry.facts)
        elif self.deadline.expired:
            file.unread("ENG101")
        else:
            try:
                source = _native.Source.open(entry.path)
            except OSError as error:
                file.unread("ENG201", {"reason": reason(error)})
            else:
                self._scan_source(source, file)
                return
        self._files.append(file.report())

    def _scan_source(self, source: _native.Source, file: FileScan) -> None:
        if self.pool.jobs > 1 and (source.size or 0) >= limits.LARGE:
            large = _Large(source, file, self.progress)
            self._files.append(large)
            self._wait_for(large)
            return
        self._files.append(_run(file, source, self.progress))

    def _wait_for(self, large: _Large) -> None:
        """Let threads scan large files as soon as there are two; files stay open only up to a number of them."""
        self._waiting.append(large)
        if len(self._waiting) > 1:
            for waiting in self._waiting:
                waiting.begin(self.pool)
        if len(self._waiting) > limits.AHEAD * self.pool.jobs:
            self._waiting.popleft().finish()

    def finish(self) -> None:
        """Wait for what threads are busy with, and do what none has begun."""
        while self._waiting:
            self._waiting.popleft().finish()

    def reports(self) -> tuple[FileReport, ...]:
        """Return what is known of each file, in order; a file that an interrupt kept from being scanned is left out."""
        made = (file if isinstance(file, FileReport) else file.report for file in self._files)
        return tuple(report for report in made if report is not None)


def _run(file: FileScan, source: _native.Source, progress: Progress | None) -> FileReport:
    if progress is None:
        file.run(source)
    else:
        progress.begin(file.path, source)
        file.run(source)
        progress.done(file.path, file.size)
    return file.report()


class _Large:
    """A large file at its place among the others, and the report of it, once there is one."""

    def __init__(self, source: _native.Source, file: FileScan, progress: Progress | None) -> None:
        self.report: FileReport | None = None
        self._task: Task[FileReport] | None = None
        #: Keeps the file open, and what its scan gathers, until it is done.
        self._work: Callable[[], FileReport] | None = lambda: _run(file, source, progress)

    def begin(self, pool: Pool) -> None:
        """Let a thread scan the file."""
        if self._task is None and self._work is not None:
            self._task = pool.start(self._work)

    def finish(self) -> None:
        """See to it that the file was scanned."""
        if self._task is not None:
            self.report = self._task.result()
        elif self._work is not None:
            self.report = self._work()
        self._task = self._work = None
