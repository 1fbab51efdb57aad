"""Credentials in text that people share with a model: found by rules that are data, reported without the secret."""

from __future__ import annotations

import bisect
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from modelaudit._native import Deadline, Keywords
    from modelaudit.credentialkinds import Kind
    from modelaudit.formats.base import Context

#: Places of a text at which a credential may stand that are looked at: a tokenizer of 10 MB has some thousand.
_PLACES = 50_000

#: Issues of one text; a leak of more is told by then.
_ISSUES = 50


class _Seen(NamedTuple):
    """One secret: how often it stands in a text, and where first."""

    kind: Kind
    first: int
    times: int


def check(ctx: Context, text: str, position: int | None = None) -> None:
    """Report each kind of credential that a text holds.

    `position` is the offset of the text in the source, if it stands there as it is.
    """
    content = text.encode("utf-8", "surrogatepass")
    words, owners = _words()
    places = words.find(content, _PLACES, ctx.deadline)
    if not places:
        if ctx.deadline.expired:
            ctx.incomplete("ENG101")
        return
    if len(places) == _PLACES:
        ctx.incomplete("SEC106", None, {"limit": _PLACES})
    found = _search(content, places, owners, ctx.deadline)
    for number, (secret, seen) in enumerate(found.items()):
        where = None if position is None else position + seen.first
        if number == _ISSUES:
            ctx.report("SEC105", where, {"more": len(found) - _ISSUES})
            break
        shown = secret[: seen.kind.show].decode("ascii", "replace")
        facts = {"kind": seen.kind.title, "shown": f"{shown}... ({len(secret)} characters)"}
        ctx.report(seen.kind.rule, where, facts, {"kind": seen.kind.id, "length": len(secret), "count": seen.times})
    if ctx.deadline.expired:
        ctx.incomplete("ENG101")


def _search(
    content: bytes, places: list[tuple[int, int]], owners: list[list[int]], deadline: Deadline
) -> dict[bytes, _Seen]:
    """Return what was found until the deadline; where two kinds claim the same bytes, the surer one has them."""
    from modelaudit.credentialkinds import kinds

    known = kinds()
    by_kind: dict[int, list[int]] = {}
    for word, offset in places:
        for owner in owners[word]:
            by_kind.setdefault(owner, []).append(offset)
    found: dict[bytes, _Seen] = {}
    taken: list[tuple[int, int]] = []
    for owner in sorted(by_kind):
        end = 0
        for number, offset in enumerate(by_kind[owner]):
            if not number & 0x1FF and deadline.expired:
                return found
            match = known[owner].secret(content, offset) if offset >= end else None
            if match is None:
                continue
            end = match.end()
            secret, start = match.group(1), match.start(1)
            place = bisect.bisect_left(taken, (match.end(1), 0))
            if place and taken[place - 1][1] > start:
                continue
            taken.insert(place, (start, match.end(1)))
            before = found.get(secret)
            found[secret] = before._replace(times=before.times + 1) if before else _Seen(known[owner], start, 1)
    return found


@cache
def _words() -> tuple[Keywords, list[list[int]]]:
    """Return what to look for in one pass, and for each word the kinds that it may begin."""
    from modelaudit import _native
    from modelaudit.credentialkinds import kinds

    owners: dict[str, list[int]] = {}
    for number, kind in enumerate(kinds()):
        for word in kind.keywords:
            owners.setdefault(word, []).append(number)
    return _native.Keywords(list(owners)), list(owners.values())
