"""Secrets in what reports quote of a file: a report that repeats one gives it to more people."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from modelaudit import credentials
from modelaudit.manifestwords import CREDENTIALS

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Places that are looked at: what is quoted is short.
_PLACES = 10_000

#: What follows the mark of a kind up to where a text was cut.
_CUT = re.compile(rb"([\w.~+/%-]+)\xe2\x80\xa6")


def masked(text: str) -> str:
    """Return what a report quotes of a file, without the secrets in it."""
    content = text.encode("utf-8", "surrogatepass")
    lowered = content.lower()
    if not any(word in lowered for word in _marks()):
        return text
    # Escapes of the same length as what stands for them here, so that places stay.
    plain = re.sub(rb"\\[nrt]", b"\n\n", content)
    words, owners = credentials.words()
    places = words.find(plain, _PLACES, None)
    spans = [(start + kind.show, end) for kind, start, end in credentials.spans(plain, places, owners)]
    spans += _cut(plain, places, owners)
    before = len(content)
    for start, end in sorted(spans, reverse=True):
        if start < before:
            content = content[:start] + b"..." + content[min(end, before) :]
            before = start
    return content.decode("utf-8", "surrogatepass")


def _cut(content: bytes, places: list[tuple[int, int]], owners: list[list[int]]) -> Iterator[tuple[int, int]]:
    """Yield where something stands that the mark of a kind begins and that was cut: it may be a part of a secret."""
    from modelaudit.credentialkinds import kinds

    for word, offset in places:
        shown = max(kinds()[owner].show for owner in owners[word])
        rest = _CUT.match(content, offset) if shown else None
        if rest is not None:
            yield offset + shown, rest.end(1)


@cache
def _marks() -> tuple[bytes, ...]:
    """Return what one of must stand in a text with a credential: a glance, before the table is read."""
    return tuple(word.lower() for word in CREDENTIALS)
