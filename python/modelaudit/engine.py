"""One file through the system: identify, scan, follow what is nested, gather what was found."""

from __future__ import annotations

import os
import stat
from collections import deque
from typing import TYPE_CHECKING, Callable

from modelaudit import _native, limits, rules
from modelaudit.evidence import Evidence, Trial
from modelaudit.identify import identify, media, promised
from modelaudit.plaintext import is_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelaudit.blacklist import Blacklist
    from modelaudit.config import ScanConfig
    from modelaudit.formats.base import Context, Format, Layout, Probe
    from modelaudit.model import Detail
    from modelaudit.walk import Entry

Work = Callable[["Context"], None]


def reason(error: OSError) -> str:
    """Return why a file could not be read, in words for a report."""
    return (error.strerror or str(error)).lower()


class FileScan(Evidence):
    """One path at work: what was found, and the queue of what is nested in it."""

    def __init__(self, entry: Entry, config: ScanConfig, deadline: _native.Deadline) -> None:
        super().__init__(entry.path)
        self.deep = config.deep
        self.name = os.path.basename(entry.path)
        self.config = config
        self.deadline = deadline
        self.queue: deque[_Item] = deque()
        self.nested: list[_Item] = []
        #: The folder on the disk, None for a stream: there, a name is just a name.
        self.folder = os.path.dirname(entry.path) if entry.given else None
        self.blacklist: Blacklist | None = None
        if config.blacklist:
            from modelaudit import blacklist

            self.blacklist = blacklist.compiled(config.blacklist)
            # Folders above the given path are the caller's own.
            above = os.path.dirname((entry.given or entry.path).rstrip(os.sep))
            self.check_name(entry.path[len(above) :], ())

    def run(self, source: _native.Source) -> None:
        """Scan the file and all that is nested in it."""
        self.size = source.size or 0
        if 0 < self.config.max_file_size < self.size:
            self.unread("ENG102", {"size": self.size, "limit": self.config.max_file_size})
            return
        self.add(_Item(self, source, self.name, (), None))
        while self.nested:
            # What is nested comes before what follows: few containers are open at a time.
            self.queue.extendleft(reversed(self.nested))
            self.nested.clear()
            while self.queue and not self.nested:
                self.queue.popleft().scan()

    def run_read(self, read: Callable[[int], bytes]) -> None:
        """Scan what a function reads. Raises what it raises."""
        from modelaudit.spool import TooLateError, TooLongError, spool

        limit = min(self.config.max_file_size or limits.STDIN, limits.STDIN)
        try:
            source = spool(read, limit, self.deadline)
        except TooLongError:
            self.unread("ENG102", {"size": f"more than {limit}", "limit": limit})
        except TooLateError:
            self.unread("ENG101")
        else:
            self.run(source)

    def add(self, item: _Item) -> None:
        """Queue something nested, unless that goes too deep or too far."""
        depth = len(item.members)
        if depth > limits.NESTING:
            item.incomplete("ENG108", None, {"depth": depth, "limit": limits.NESTING})
        elif len(self.queue) + len(self.nested) >= limits.QUEUE:
            self.incomplete("ENG114", facts={"limit": limits.QUEUE})
        else:
            if item.members:
                self.check_name(item.name, item.members)
            self.nested.append(item)

    def beside(self, name: str) -> _native.Source | None:
        """Return a regular file of the same folder."""
        if self.folder is None or name in ("", ".", "..") or "\0" in name or os.path.basename(name) != name:
            return None
        path = os.path.join(self.folder, name)
        try:
            return _native.Source.open(path) if stat.S_ISREG(os.lstat(path).st_mode) else None
        except OSError:
            return None

    def check_name(self, name: str, members: tuple[str, ...]) -> None:
        """Hold a name against the blacklist."""
        for pattern in self.blacklist.names(name) if self.blacklist else ():
            self.issue("BLK101", members, None, {"pattern": pattern}, {"name": name})


class _Item:
    """A file, a member or a stream inside one: the `Context` of the format that scans it."""

    def __init__(
        self,
        file: FileScan,
        source: _native.Source,
        name: str,
        members: tuple[str, ...],
        after: Work | None,
        *,
        trial: Trial | None = None,
        outer: Trial | None = None,
        own: str = "",
        searched: bool = False,
    ) -> None:
        self.file = file
        self.source = source
        self.name = name
        self.members = members
        self.after = after
        #: What is found in bytes that should be plain numbers stays here until it proves itself.
        self.trial = trial
        self.own = own
        #: Whether the bytes were looked through as a part of what they lie in.
        self.searched = searched
        #: The names of the formats that the content has.
        self.known: list[str] = []
        self.learned: list[object] = []
        self.outer = outer
        self.head, self.shared = b"", False
        self.deadline = file.deadline

    def scan(self) -> None:
        """Identify the bytes and run every scanner that fits."""
        if self.deadline.expired:
            self.incomplete("ENG101")
            return
        self._guarded(_Item._scan_formats)
        if not self.searched and (self.file.config.blacklist or self.file.config.deep):
            self._guarded(_Item._search)
        if self.after is not None:
            # What the container has to say about its member is no matter of what the member seems to hold.
            self.trial = self.outer
            self._guarded(self.after)

    def _scan_formats(self) -> None:
        if self.source.size is None:
            self._cut_at_the_break()
        probe, found = identify(self.source, self.name)
        self.head, self.shared = probe.head, len(found) > 1
        self.known = [candidate.name for candidate in found]
        if not found and self.trial is None:
            self._unclaimed(probe)
        for candidate in found:
            self._run(candidate)

    def _search(self) -> None:
        """Look through all bytes for what the caller asks for. What is found is no proof of what is on trial."""
        # What is nested searches its own bytes, and knows its name.
        parts = [item.source for item in self.file.nested]
        if self.file.blacklist is not None:
            self._search_blacklist(self.file.blacklist, parts)
        if self.file.config.deep:
            self._search_deep(parts)

    def _search_blacklist(self, blacklist: Blacklist, parts: list[_native.Source]) -> None:
        hits, whole = blacklist.search(self.source, parts, self.deadline)
        for hit in hits:
            self.file.issue("BLK102", self.members, hit.first, {"pattern": hit.pattern, "count": hit.times})
        if not whole:
            self.file.incomplete("BLK103", self.members)

    def _search_deep(self, parts: list[_native.Source]) -> None:
        from modelaudit import deep

        found = deep.search(self.source, parts, self.known, self.deadline)
        for code in found.code:
            self.file.issue("PAY105", self.members, code.offset, {"kind": code.words})
        for nested in found.nested:
            rest = self.source.slice(nested.offset, limits.DECODED)
            self.descend(rest, f"bytes at {nested.offset}", raw=True, searched=True)
        if found.left:
            self.file.incomplete("PAY106" if found.left == "late" else "PAY107", self.members)

    def _cut_at_the_break(self) -> None:
        """Keep what a stream delivers before it breaks: a loader would get it too. `after` reports the break."""
        try:
            self.source.head(limits.HEAD)
        except OSError:
            end = _native.drain(self.source, self.deadline)
            self.source = self.source.slice(0, end.size)

    def _run(self, candidate: Format) -> None:
        if self.trial is not None and candidate.proof:
            self.trial.prove()
        self.seen(candidate)
        self._guarded(candidate.scan)

    def _guarded(self, work: Callable[[_Item], None]) -> None:
        """Do one piece of work; its failure is reported and keeps nothing else from being done."""
        try:
            work(self)
        except OSError as error:
            self.incomplete("ENG201", None, {"reason": reason(error)})
        except Exception as error:
            # The only catch-all: a defect becomes a visible error instead of ending the scan or passing as clean.
            self.incomplete("ENG204", None, {"error": f"{type(error).__name__}: {error}"})

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
        elif is_text(probe, self.deadline):
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
        (self.trial or self.file).issue(rule, self.members, position, facts, details)

    def incomplete(
        self,
        rule: str,
        position: int | None = None,
        facts: Mapping[str, Detail] | None = None,
        details: Mapping[str, Detail] | None = None,
    ) -> None:
        """Report an issue that says what was not looked at."""
        told = self.file if self.trial is None or rule in rules.OPERATIONAL else self.trial
        told.incomplete(rule, self.members, position, facts, details)

    def descend(
        self,
        source: _native.Source,
        name: str,
        after: Work | None = None,
        raw: bool = False,
        *,
        own: str = "",
        searched: bool = False,
    ) -> None:
        """Queue something nested; `raw` if it should be plain numbers, `own` if the container defines a module."""
        members = (*self.members, rules.printable(name))
        trial = Trial(self.file) if raw and self.trial is None else self.trial
        # What is decompressed was not there to be seen.
        searched = searched or (self.searched and source.size is not None)
        item = _Item(self.file, source, name, members, after, trial=trial, outer=self.trial, own=own, searched=searched)
        self.file.add(item)

    @property
    def is_member(self) -> bool:
        """Whether the content lies in a container."""
        return bool(self.members)

    @property
    def every_member(self) -> bool:
        """Whether names and content of all members are searched."""
        return bool(self.file.config.blacklist) or self.file.config.deep

    @property
    def alone(self) -> bool:
        """Whether nothing is known about the files beside this one."""
        return bool(self.members) or self.file.folder is None

    def beside(self, name: str) -> _native.Source | None:
        """Return a regular file of the same folder, for a look at it."""
        return None if self.alone else self.file.beside(name)

    def seen(self, found: Format | Layout) -> None:
        """Note a format of the content."""
        (self.trial or self.file).seen(found)
