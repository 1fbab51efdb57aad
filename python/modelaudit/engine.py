"""One file after the other through the system: identify, scan, follow what is nested, gather what was found."""

from __future__ import annotations

import os
from collections import deque
from typing import IO, TYPE_CHECKING, Callable, Union

from modelaudit import _native, limits, rules
from modelaudit.config import ScanConfig
from modelaudit.identify import identify, is_text, media, promised
from modelaudit.model import COMPLETE, Coverage, FileReport, Issue, Location, Report, now
from modelaudit.walk import Entry, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from modelaudit.formats.base import Context, Format, Probe
    from modelaudit.model import Detail

Path = Union[str, "os.PathLike[str]"]
After = Callable[["Context"], None]


def scan(
    paths: Path | Iterable[Path],
    *,
    blacklist: Iterable[str] = (),
    timeout: float = 300.0,
    max_file_size: int = 0,
) -> Report:
    """Scan files and folders and return what was found.

    `timeout` is in seconds for the whole scan, `max_file_size` in bytes; 0 stands for no limit. What cannot be read
    is part of the report, never an exception. Raises `ValueError` for impossible limits, `TypeError` for what is no
    path.
    """
    given = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    config = ScanConfig(tuple(blacklist), timeout, max_file_size)
    return scan_paths([os.fspath(path) for path in given], config)


def scan_bytes(data: bytes, name: str = "<bytes>", *, blacklist: Iterable[str] = (), timeout: float = 300.0) -> Report:
    """Scan bytes in memory as a file called `name`. Raises `ValueError` for impossible limits."""
    config = ScanConfig(tuple(blacklist), timeout)
    return _scan_source(_native.Source.from_bytes(bytes(data)), len(data), name, config)


def scan_stream(
    stream: IO[bytes], name: str = "<stream>", *, blacklist: Iterable[str] = (), timeout: float = 300.0
) -> Report:
    """Scan what a binary file object holds from its position on, at most `limits.STDIN` bytes of it.

    A longer stream is reported as too large. Raises what reading the stream raises, and `ValueError` for impossible
    limits.
    """
    config = ScanConfig(tuple(blacklist), timeout)
    data = stream.read(limits.STDIN + 1)
    if len(data) > limits.STDIN:
        started = now()
        file = _File(Entry(name), config, _native.Deadline(None))
        file.incomplete("ENG102", None, {"size": f"more than {limits.STDIN}", "limit": limits.STDIN})
        return Report((name,), (file.done(),), started, now() - started)
    return _scan_source(_native.Source.from_bytes(data), len(data), name, config)


def scan_paths(paths: list[str], config: ScanConfig, progress: Callable[[str], None] | None = None) -> Report:
    """Scan what lies at and below the paths; `progress` is told each path before it is scanned."""
    started = now()
    deadline = _native.Deadline(config.timeout or None)
    files: list[FileReport] = []
    interrupted = False
    try:
        for entry in walk(paths):
            if progress is not None:
                progress(entry.path)
            files.append(_scan_entry(entry, config, deadline))
    except KeyboardInterrupt:
        interrupted = True
    return Report(tuple(paths), tuple(files), started, now() - started, interrupted)


def _scan_source(source: _native.Source, size: int, name: str, config: ScanConfig) -> Report:
    started = now()
    file = _File(Entry(name, size), config, _native.Deadline(config.timeout or None))
    file.run(source)
    return Report((name,), (file.done(),), started, now() - started)


def _scan_entry(entry: Entry, config: ScanConfig, deadline: _native.Deadline) -> FileReport:
    file = _File(entry, config, deadline)
    if entry.rule is not None:
        file.unread(entry.rule, entry.facts)
    elif config.max_file_size and entry.size > config.max_file_size:
        file.incomplete("ENG102", None, {"size": entry.size, "limit": config.max_file_size})
    elif deadline.expired:
        file.incomplete("ENG101")
    else:
        try:
            source = _native.Source.open(entry.path)
        except OSError as error:
            file.unread("ENG201", {"reason": (error.strerror or str(error)).lower()})
        else:
            file.run(source)
    return file.done()


class _File:
    """One path at work: the queue of what is nested in it, and everything that was found."""

    def __init__(self, entry: Entry, config: ScanConfig, deadline: _native.Deadline) -> None:
        self.entry = entry
        self.config = config
        self.deadline = deadline
        self.issues: list[Issue] = []
        self.formats: dict[str, None] = {}
        self.coverage = COMPLETE
        self.queue: deque[_Item] = deque()

    def run(self, source: _native.Source) -> None:
        """Scan the file and all that is nested in it. Defects of the scanner end here, as a visible error."""
        self.queue.append(_Item(self, source, os.path.basename(self.entry.path), (), None))
        self._blacklist_names((), self.entry.path)
        if self.config.blacklist:
            self.incomplete("ENG111")
        while self.queue:
            self.queue.popleft().scan()

    def add(self, item: _Item, probe_name: str) -> None:
        """Queue something nested, unless that goes too deep or too far."""
        depth = len(item.members)
        if depth > limits.NESTING:
            item.incomplete("ENG108", None, {"depth": depth, "limit": limits.NESTING})
        elif len(self.queue) >= limits.QUEUE:
            item.incomplete("ENG109", None, {"dropped": 1, "limit": limits.QUEUE})
        else:
            self._blacklist_names(item.members, probe_name)
            self.queue.append(item)

    def _blacklist_names(self, members: tuple[str, ...], name: str) -> None:
        lowered = name.casefold()
        for pattern in self.config.blacklist:
            if pattern.casefold() in lowered:
                self.issue("BLK101", members, None, {"pattern": pattern}, {"name": name})

    def issue(
        self,
        code: str,
        members: tuple[str, ...],
        position: int | None,
        facts: Mapping[str, Detail] | None,
        details: Mapping[str, Detail] | None,
    ) -> Issue:
        """Make an issue of a rule and keep it."""
        rule = rules.rule(code)
        issue = Issue(
            rule=code,
            name=rule.name,
            severity=rule.severity,
            message=rules.message(code, facts or {}),
            location=Location(self.entry.path, members, position),
            details={
                key: rules.printable(value) if isinstance(value, str) else value
                for key, value in {**(facts or {}), **(details or {})}.items()
            },
            timestamp=now(),
            operational=code in rules.OPERATIONAL,
        )
        self.issues.append(issue)
        return issue

    def incomplete(
        self,
        rule: str,
        position: int | None = None,
        facts: Mapping[str, Detail] | None = None,
        members: tuple[str, ...] = (),
        details: Mapping[str, Detail] | None = None,
    ) -> None:
        """Report what was not looked at; the first reason is the one the coverage tells."""
        issue = self.issue(rule, members, position, facts, details)
        if self.coverage is COMPLETE:
            unsupported = rule in ("ENG103", "ENG104") and not members
            self.coverage = Coverage("unsupported" if unsupported else "partial", issue.message)

    def unread(self, rule: str, facts: Mapping[str, Detail]) -> None:
        """Report a path that could not be opened, or that is none of our business."""
        issue = self.issue(rule, (), None, facts, None)
        self.coverage = Coverage("failed", issue.message)

    def done(self) -> FileReport:
        """Return the report of the file, its issues in an order that no thread and no clock can change."""
        order = sorted(self.issues, key=lambda issue: (issue.location.members, issue.location.position or 0, issue.rule))
        return FileReport(self.entry.path, self.entry.size, tuple(self.formats), self.coverage, tuple(order))


class _Item:
    """A file, a member or a stream inside one: the `Context` of the format that scans it."""

    def __init__(
        self, file: _File, source: _native.Source, name: str, members: tuple[str, ...], after: After | None
    ) -> None:
        self.file = file
        self.source = source
        self.name = name
        self.members = members
        self.after = after
        self.head = b""
        self.deadline = file.deadline

    def scan(self) -> None:
        """Identify the bytes and run every scanner that fits."""
        if self.deadline.expired:
            self.incomplete("ENG101")
            return
        self._guarded(self._scan_formats)
        if self.after is not None:
            self._guarded(self.after)

    def _scan_formats(self, _item: Context) -> None:
        if self.after is not None:
            self._cut_at_the_break()
        probe, found = identify(self.source, self.name)
        self.head = probe.head
        if not found:
            self._unclaimed(probe)
        for candidate in found:
            self._run(candidate)

    def _cut_at_the_break(self) -> None:
        """Keep what a stream delivers before it breaks: a loader would get it too. `after` reports the break."""
        try:
            self.source.head(limits.HEAD)
        except OSError:
            end = _native.drain(self.source, self.deadline)
            self.source = self.source.slice(0, end.size)

    def _guarded(self, work: After) -> None:
        """Do one piece of work; its failure is reported and keeps nothing else from being done."""
        try:
            work(self)
        except OSError as error:
            self.incomplete("ENG201", None, {"reason": (error.strerror or str(error)).lower()})
        except Exception as error:
            # The only catch-all: a defect becomes a visible error instead of ending the scan or passing as clean.
            self.incomplete("ENG204", None, {"error": f"{type(error).__name__}: {error}"})

    def _run(self, candidate: Format) -> None:
        self.file.formats[candidate.name] = None
        self._guarded(candidate.scan)

    def _unclaimed(self, probe: Probe) -> None:
        """Say what bytes are that no format claims; a name that promises a format gives its scanner a chance."""
        expected = promised(self.name)
        kind = media(probe.head)
        if expected is not None and probe.head:
            self._run(expected)
        elif expected is not None:
            self.incomplete("ENG107", None, {"expected": expected.name})
        elif not probe.head:
            self.report("ENG106")
        elif kind is not None:
            self.report("ENG110", None, {"format": kind})
        elif is_text(probe.head):
            self.report("ENG105")
        else:
            self.incomplete("ENG103")

    def report(
        self,
        rule: str,
        position: int | None = None,
        facts: Mapping[str, Detail] | None = None,
        details: Mapping[str, Detail] | None = None,
    ) -> None:
        """Report an issue at an offset in the source."""
        self.file.issue(rule, self.members, position, facts, details)

    def incomplete(
        self,
        rule: str,
        position: int | None = None,
        facts: Mapping[str, Detail] | None = None,
        details: Mapping[str, Detail] | None = None,
    ) -> None:
        """Report an issue that says what was not looked at."""
        self.file.incomplete(rule, position, facts, self.members, details)

    def descend(self, source: _native.Source, name: str, after: After | None = None) -> None:
        """Queue something nested."""
        members = (*self.members, rules.printable(name))
        self.file.add(_Item(self.file, source, name, members, after), name)
