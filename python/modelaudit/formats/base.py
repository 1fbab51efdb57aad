"""What a format is to the engine, and what the engine is to a format."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Protocol, TypeVar

from modelaudit import limits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelaudit._native import Deadline, Patterns, Source, ZipMember, ZipScan
    from modelaudit.model import Detail


T = TypeVar("T")


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
    def shared(self) -> bool:
        """Whether the content has another format as well, whose scanner looks at it too."""

    @property
    def name(self) -> str:
        """The name of the file or of the member."""

    @property
    def deadline(self) -> Deadline:
        """The end of the scan's time, to be handed to the core."""

    @property
    def own(self) -> str:
        """The module whose names the container defines, and those of the modules below it; empty if none."""

    @property
    def learned(self) -> list[object]:
        """What scanners found out about the content, for what follows them: they add to it."""

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

    def descend(
        self,
        source: Source,
        name: str,
        after: Callable[[Context], None] | None = None,
        raw: bool = False,
        *,
        own: str = "",
        searched: bool = False,
    ) -> None:
        """Hand over something nested, to be identified and scanned on its own; then call `after`, if given.

        `raw` marks bytes that should be plain numbers, such as the storage of a tensor: no format is expected, and none
        is fine. They are scanned all the same, by every format that their first bytes fit, but what is found is kept
        only if it proves that this is no coincidence: something critical, a callable with a name, or a format whose
        mark is too long to come about by chance (`Format.proof`).

        `own` names a module that only the container defines: its loader finds the names of that module, and of those
        below it, in the container, and imports nothing for them.

        `searched` says that its bytes were looked through as a part of what they lie in.
        """

    @property
    def alone(self) -> bool:
        """Whether nothing is known about the files beside this one: it is a member or a stream."""

    def beside(self, name: str) -> Source | None:
        """Return a regular file of the same folder by its plain name, for a look at it; None if there is none.

        It is scanned on its own if it was asked for. Links are not followed, and no name leads out of the folder.
        """

    @property
    def wants_weights(self) -> bool:
        """Whether the weights of classification heads are to be compared, as far as the size of the file goes."""

    @property
    def is_member(self) -> bool:
        """Whether the content lies in a container, rather than in a file of its own."""

    @property
    def every_member(self) -> bool:
        """Whether all members have to be handed over, also those in which nothing can be found."""

    @property
    def patterns(self) -> Patterns | None:
        """Patterns that no name and no content of a member may have, unless it is handed over."""

    def settled(self, parts: list[Source]) -> None:
        """Note parts of the content in which there is nothing to find, not even the `patterns`."""

    def seen(self, found: Format | Layout) -> None:
        """Note that the content has this format, besides the one that is at work."""


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
    #: Bytes at a place, or anywhere, of which content of this format has one at least: where `first` is None or says
    #: little. Archives of many members ask about them in one go; a format without either makes them slow.
    marks: tuple[tuple[int | None, bytes], ...] = ()
    #: Bytes of which content of this format has one at least if anything can be found in it, where it is text: in place
    #: of `marks`. Broken JSON counts as having one.
    words: tuple[bytes, ...] = ()
    #: Names so ending, in lower case, make content worth a look even in archives of many members, but promise nothing:
    #: an empty file of the name is fine.
    named: tuple[str, ...] = ()
    #: Whether the core asks itself if a member may be of this format, when it sifts the members of an archive.
    asked: bool = False
    #: Whether the core settles harmless content of this format by itself when it sifts the members of an archive.
    sifted: bool = False
    #: Whether `scan` hands every byte on, from the first to the last.
    covers: bool = False
    #: Whether its content may begin behind bytes of another format. What one that covers all hands on is then enough.
    behind: bool = False
    #: Whether passing the content test cannot be a coincidence, as a mark of many bytes proves.
    proof: bool = False


class Archive:
    """A zip archive as layouts see it: which members it has under which names."""

    def __init__(self, scan: ZipScan) -> None:
        self.scan = scan
        #: The names in lower case, each between two line feeds, for a glance at thousands of them.
        self.glance = scan.joined_names.lower()
        self._by_name: dict[str, list[ZipMember]] = {}
        self._views: dict[Callable[[Archive], Any], Any] = {}

    @cached_property
    def all(self) -> list[ZipMember]:
        """All members in order of their place in the file, as often as there are ways to read them."""
        return self.scan.members

    @cached_property
    def names(self) -> list[str]:
        """Their names as they stand there, in the same order."""
        return self.scan.names

    def view(self, make: Callable[[Archive], T]) -> T:
        """Return what a layout makes of the archive, made once."""
        if make not in self._views:
            self._views[make] = make(self)
        view: T = self._views[make]
        return view

    def members(self, name: str) -> list[ZipMember]:
        """Return all members of a name: several where the archive lies about itself, none if there is none."""
        if not self._by_name and f"\n{name.lower()}\n" in self.glance:
            for member, known in zip(self.all, self.names):
                self._by_name.setdefault(known, []).append(member)
        return self._by_name.get(name, [])


class Layout(NamedTuple):
    """A format that is a zip archive with certain members: how it is called, recognised and checked.

    The archive itself (headers, hidden members, slack) and the content of every member are scanned in any case. A
    layout adds what follows from knowing what the members are for. To add one: a file in `formats/` that defines a
    `LAYOUT`, and a line in `LAYOUTS` of `formats/__init__.py`.
    """

    name: str
    #: Whether the archive has the members that make it this format. Goes by `archive.names`, and by content if need be.
    fits: Callable[[Archive], bool]
    #: Checks what only this format knows, and reports it through the context of the archive. Members need no descent.
    scan: Callable[[Context, Archive], None] = lambda _ctx, _archive: None
    #: Whether the member of this name should hold nothing but numbers; see `raw` of `Context.descend`.
    raw: Callable[[str], bool] = lambda _name: False
    #: What is to be done once a member was scanned, if anything.
    after: Callable[[Archive, ZipMember], Callable[[Context], None] | None] = lambda _archive, _member: None
    #: The module that only the archive defines, for pickles in the member of this name; see `own` of `Context.descend`.
    own: Callable[[Archive, str], str] = lambda _archive, _name: ""
    #: File names usually end so, in lower case.
    suffixes: tuple[str, ...] = ()
    #: As in `Format`.
    supported: bool = True
