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


@lru_cache(maxsize=4)
def _compiled(patterns: tuple[str, ...]) -> _native.Patterns:
    return _native.Patterns(list(patterns))


def names(patterns: tuple[str, ...], name: str) -> list[str]:
    """Return the patterns that stand in a name."""
    # Names that are not UTF-8 on the disk are not text either; what else they hold is compared.
    encoded = name.encode("utf-8", "surrogatepass")
    return [patterns[index] for index in _compiled(patterns).within(encoded)]


def search(
    patterns: tuple[str, ...], source: Source, parts: list[Source], deadline: Deadline
) -> tuple[list[Hit], bool]:
    """Return the patterns that stand in a source, and whether it was searched to its end.

    What lies in `parts` of the source is left out: whoever scans those searches them, and names the member.
    """
    hits, whole = _compiled(patterns).search(source, parts, deadline)
    return [Hit(patterns[index], count, first) for index, count, first in hits], whole


def read(text: bytes) -> tuple[str, ...]:
    """Return the patterns of a file: one a line, without the white space around it; blank lines are none.

    There are no comments, since a pattern may begin with any character. Raises `UnicodeDecodeError` for what is not
    UTF-8.
    """
    lines = text.decode("utf-8-sig").split("\n")
    return tuple(pattern for pattern in map(str.strip, lines) if pattern)
