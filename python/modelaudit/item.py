"""A file, a member or a stream at work: identified, scanned by every format that fits, searched; and its way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from modelaudit import _native, limits, rules
from modelaudit.evidence import Trial
from modelaudit.identify import identify, media, promised
from modelaudit.patience import press

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelaudit.blacklist import Blacklist
    from modelaudit.engine import FileScan
    from modelaudit.formats.base import Context, Format, Layout, Probe
    from modelaudit.model import Detail
    from modelaudit.pool import Pool, Task

Work = Callable[["Context"], None]


def reason(error: OSError) -> str:
    """Return why a file could not be read, in words for a report."""
    return (error.strerror or str(error)).lower()


class Item:
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
        #: What lies in it and is scanned on its own.
        self._parts: list[_native.Source] = []
        self.deadline = file.deadline
        self._task: Task[None] | None = None
        #: What a thread has to tell, until its turn comes; None while it can be told at once.
        self._journal: list[Callable[[], object]] | None = None

    def is_large(self) -> bool:
        """Whether it is worth a thread: a stream to decompress, or megabytes that are no plain numbers."""
        size = self.source.size
        return self.trial is None and (size is None or size >= limits.LARGE)

    def begin(self, pool: Pool) -> None:
        """Let a thread scan, and keep what it has to tell."""
        if self._task is None:
            self._journal = []
            self._task = pool.start(self.scan)

    @property
    def has_begun(self) -> bool:
        """Whether a thread may be at it."""
        return self._task is not None

    def finish(self) -> None:
        """Scan, or wait for the thread that does; then tell what was found."""
        if self._task is None:
            self.scan()
            return
        self._task.result()
        told, self._journal = self._journal or [], None
        for tell in told:
            tell()

    def _tell(self, tell: Callable[[], object]) -> None:
        if self._journal is None:
            tell()
        else:
            self._journal.append(tell)

    def scan(self) -> None:
        """Identify the bytes and run every scanner that fits."""
        if self.deadline.expired:
            self._too_late()
            return
        self.source.end_at(self.deadline)
        self._guarded(Item._scan_formats)
        if not self.searched and (self.file.config.blacklist or self.file.config.deep):
            self._guarded(Item._search)
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
        if self.file.blacklist is not None:
            self._search_blacklist(self.file.blacklist)
        if self.file.config.deep:
            self._search_deep()

    def _search_blacklist(self, blacklist: Blacklist) -> None:
        # What is nested searches its own bytes, and knows its name.
        hits, whole = blacklist.search(self.source, self._parts, self.deadline)
        for hit in hits:
            self._tell_file("BLK102", hit.first, {"pattern": hit.pattern, "count": hit.times})
        if not whole:
            self._tell(lambda: self.file.incomplete("BLK103", self.members))

    def _search_deep(self) -> None:
        from modelaudit import deep

        found = deep.search(self.source, self._parts, self.known, self.deadline)
        for code in found.code:
            self._tell_file("PAY105", code.offset, {"kind": code.words})
        for nested in found.nested:
            rest = self.source.slice(nested.offset, limits.DECODED)
            self.descend(rest, f"bytes at {nested.offset}", raw=True, searched=True)
        if found.left:
            rule = "PAY106" if found.left == "late" else "PAY107"
            self._tell(lambda: self.file.incomplete(rule, self.members))

    def _tell_file(self, rule: str, position: int, facts: Mapping[str, Detail]) -> None:
        self._tell(lambda: self.file.issue(rule, self.members, position, facts))

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

    def _guarded(self, work: Callable[[Item], None]) -> None:
        """Do one piece of work; its failure is reported and keeps nothing else from being done."""
        try:
            work(self)
        except _native.TooLateError:
            self._too_late()
        except OSError as error:
            self._untold("ENG201", {"reason": reason(error)})
        except Exception as error:
            # The only catch-all: a defect becomes a visible error instead of ending the scan or passing as clean.
            self._untold("ENG204", {"error": f"{type(error).__name__}: {error}"})

    def _too_late(self) -> None:
        self._untold("ENG101", {})

    def _untold(self, rule: str, facts: Mapping[str, Detail]) -> None:
        """Report what kept the scan from its work."""
        self._tell(lambda: self.file.incomplete(rule, self.members, None, facts))

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
        else:
            from modelaudit import plaintext

            plaintext.tell(self)

    def report(
        self,
        rule: str,
        position: int | None = None,
        facts: Mapping[str, Detail] | None = None,
        details: Mapping[str, Detail] | None = None,
    ) -> None:
        """Report an issue at an offset in the source."""
        told = self.trial or self.file
        self._tell(lambda: told.issue(rule, self.members, position, facts, details))
        press(self.deadline)

    def incomplete(
        self,
        rule: str,
        position: int | None = None,
        facts: Mapping[str, Detail] | None = None,
        details: Mapping[str, Detail] | None = None,
    ) -> None:
        """Report an issue that says what was not looked at."""
        told = self.file if self.trial is None or rule in rules.OPERATIONAL else self.trial
        self._tell(lambda: told.incomplete(rule, self.members, position, facts, details))
        press(self.deadline)

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
        if self.deadline.expired:
            # Its turn would not come.
            self._tell(lambda: self.file.leave((*self.members, rules.printable(name))))
            return
        members = (*self.members, rules.printable(name))
        trial = Trial(self.file) if raw and self.trial is None else self.trial
        # What is decompressed was not there to be seen.
        searched = searched or (self.searched and source.size is not None)
        item = Item(self.file, source, name, members, after, trial=trial, outer=self.trial, own=own, searched=searched)
        self._parts.append(source)
        self._tell(lambda: self.file.add(item))

    @property
    def wants_weights(self) -> bool:
        """Whether the weights of classification heads are to be compared."""
        mode = self.file.config.weights
        return mode == "on" or (mode == "auto" and self.file.size <= limits.WEIGHTS_FILE)

    @property
    def is_member(self) -> bool:
        """Whether the content lies in a container."""
        return bool(self.members)

    @property
    def every_member(self) -> bool:
        """Whether the bytes of all members are searched for code."""
        return self.file.config.deep

    @property
    def patterns(self) -> _native.Patterns | None:
        """What names and content of all members are searched for."""
        return None if self.file.blacklist is None else self.file.blacklist.native

    def settled(self, parts: list[_native.Source]) -> None:
        """Note parts of the content that nobody needs to look at again."""
        self._parts += parts

    @property
    def alone(self) -> bool:
        """Whether nothing is known about the files beside this one."""
        return bool(self.members) or self.file.folder is None

    def beside(self, name: str) -> _native.Source | None:
        """Return a regular file of the same folder, for a look at it."""
        return None if self.alone else self.file.beside(name)

    def seen(self, found: Format | Layout) -> None:
        """Note a format of the content."""
        told = self.trial or self.file
        self._tell(lambda: told.seen(found))
