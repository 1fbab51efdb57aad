"""JSON read within bounds: depth known before parsing, duplicate keys told, large objects replaced as they close."""

from __future__ import annotations

import json
import re
from array import array
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

from modelaudit._native import TooLateError
from modelaudit.patience import ensure

if TYPE_CHECKING:
    from modelaudit._native import Deadline

_STRING = re.compile(rb'"[^"]*"')

#: Opening brackets as 1, closing ones as -1, for a running sum.
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")

_NOT_MARKS = bytes(code for code in range(256) if code not in b'[]{}"')


class Parsed(NamedTuple):
    """A JSON value and what was odd about its text."""

    value: Any
    #: Keys that stand twice in one object, in order of appearance: readers disagree on which one counts.
    duplicates: tuple[str, ...]
    #: What later values of the same key replaced: objects of one key each.
    replaced: tuple[dict[str, Any], ...] = ()


class TooDeepError(ValueError):
    """The text is nested deeper than what may be parsed."""


#: Bytes, and values besides objects, that are parsed in a second where that is slow.
_BYTES, _VALUES = 50e6, 2e6

#: Objects between two looks at the clock.
_OBJECTS = 1024


def parse(
    data: bytes, depth: int, deadline: Deadline, replace: Callable[[dict[str, Any]], Any] | None = None
) -> Parsed:
    """Parse a JSON text; `replace` is given each object as it closes and returns what stands for it.

    Raises `ValueError` for what is no JSON or is nested deeper than `depth`, and `TooLateError` where the time that is
    left is not enough.
    """
    ensure(deadline, len(data) / _BYTES + data.count(b",") / _VALUES, 1)
    text = data.decode(json.detect_encoding(data))
    if _depth(text) > depth:
        raise TooDeepError("it is nested too deeply")
    duplicates: dict[str, None] = {}
    replaced: list[dict[str, Any]] = []
    objects = 0

    def close(pairs: list[tuple[str, Any]]) -> Any:
        nonlocal objects
        objects += 1
        if not objects % _OBJECTS and deadline.expired:
            raise TooLateError
        made = dict(pairs)
        if len(made) < len(pairs):
            seen: dict[str, Any] = {}
            for key, value in pairs:
                if key in seen:
                    duplicates[key] = None
                    replaced.append({key: seen[key]})
                seen[key] = value
        return made if replace is None else replace(made)

    return Parsed(json.loads(text, object_pairs_hook=close), tuple(duplicates), tuple(replaced))


def _depth(text: str) -> int:
    """Return how deep brackets are nested; the parser recurses once a level."""
    # Without the quotes and backslashes that are escaped, quotes begin and end strings in turn; two of them that
    # are next to each other end one string and begin another, or hold nothing.
    plain = text.replace("\\\\", "").replace('\\"', "").encode("utf-8", "replace")
    marks = plain.translate(None, _NOT_MARKS).replace(b'""', b"")
    brackets = _STRING.sub(b"", marks).translate(_STEPS, b'"')
    return max(accumulate(array("b", brackets)), default=0)
