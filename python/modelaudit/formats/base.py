"""What a format is to the engine, and what the engine is to a format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, NamedTuple, Protocol

from modelaudit import limits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelaudit._native import Deadline, Source
    from modelaudit.model import Detail


class Probe(NamedTuple):
    """What a content test may look at."""

    source: Source
    #: The first bytes, at most `limits.HEAD` of them.
    head: bytes
    #: The name of the file or member: a hint, never the reason to accept or refuse.
    name: str

    def tail(self) -> bytes:
        """Return the last bytes, at most `limits.TAIL` of them; none where only decompressing would lead there."""
        whole = self.source.size == len(self.head)
        return self.head if whole else self.source.tail(limits.TAIL)


class Context(Protocol):
    """One file or member at work, and the way back to the engine."""

    @property
    def source(self) -> Source:
        """The bytes to scan."""

    @property
    def head(self) -> bytes:
        """The first bytes."""

    @property
    def name(self) -> str:
        """The name of the file or of the member."""

    @property
    def deadline(self) -> Deadline:
        """The end of the scan's time, to be handed to the core."""

    def report(
        self,
        rule: str,
        position: int | None = None,
        facts: Mapping[str, Detail] | None = None,
        details: Mapping[str, Detail] | None = None,
    ) -> None:
        """Report an issue at an offset in `source`; `facts` are what the rule's message needs."""

    def incomplete(
        self,
        rule: str,
        position: int | None = None,
        facts: Mapping[str, Detail] | None = None,
        details: Mapping[str, Detail] | None = None,
    ) -> None:
        """Report an issue that says what was not looked at."""

    def descend(self, source: Source, name: str, after: Callable[[Context], None] | None = None) -> None:
        """Hand over something nested, to be identified and scanned on its own; then call `after`, if given."""


class Format(NamedTuple):
    """A format: how it is called, recognised and scanned."""

    name: str
    #: Whether the content may be of this format.
    sniff: Callable[[Probe], bool]
    #: Scans what passed the test. Malformed content is reported, never raised.
    scan: Callable[[Context], None]
    #: File names usually end so, in lower case.
    suffixes: tuple[str, ...] = ()
    #: The bytes that content of this format can begin with; None for any. Spares all other files the content test.
    first: bytes | None = None
    #: Whether `scan` looks at the content, rather than saying that it cannot.
    supported: bool = True
