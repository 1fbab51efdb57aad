"""Patterns that the caller does not want to meet: in names, and in every byte of a file and of what is nested in it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from modelaudit import _native

if TYPE_CHECKING:
    from modelaudit._native import Deadline, Source


class Hit(NamedTuple):
    """A pattern in the content of one source."""

    pattern: str
    times: int
    first: int


class Blacklist:
    """Patterns, compiled once."""

    def __init__(self, patterns: tuple[str, ...]) -> None:
        self.patterns = patterns
        self._compiled = _native.Patterns(list(patterns))

    @property
    def native(self) -> _native.Patterns:
        """The patterns as the core knows them."""
        return self._compiled

    def names(self, name: str) -> list[str]:
        """Return the patterns that stand in a name."""
        # What of a name is no text is passed over; what is text is compared.
        found = self._compiled.within(name.encode("utf-8", "surrogatepass"))
        return [self.patterns[index] for index in found]

    def search(self, source: Source, parts: list[Source], deadline: Deadline) -> tuple[list[Hit], bool]:
        """Return the patterns that stand in a source, and whether it was searched to its end.

        What lies in `parts` of the source is left out: whoever scans those searches them, and names the member.
        """
        hits, whole = self._compiled.search(source, parts, deadline)
        return [Hit(self.patterns[index], times, first) for index, times, first in hits], whole


@lru_cache(maxsize=4)
def compiled(patterns: tuple[str, ...]) -> Blacklist:
    """Return the blacklist of these patterns: one for all files of a scan."""
    return Blacklist(patterns)


def read(text: bytes) -> tuple[str, ...]:
    """Return the patterns of a file: one a line, without the white space around it; blank lines are none.

    There are no comments, since a pattern may begin with any character. Raises `UnicodeDecodeError` for what is not
    UTF-8.
    """
    lines = text.decode("utf-8-sig").split("\n")
    return tuple(pattern for pattern in map(str.strip, lines) if pattern)
