"""Credentials in text that people share with a model: found by rules that are data, reported without the secret."""

from __future__ import annotations

import bisect
import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from modelaudit import limits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Callable

    from modelaudit._native import Keywords
    from modelaudit.credentialkinds import Kind
    from modelaudit.formats.base import Context
    from modelaudit.model import Detail

#: Places of a text at which a credential may stand that are looked at: a tokenizer of 10 MB has some thousand, a list
#: of addresses more. Half a second of work.
_PLACES = 500_000

#: Bytes that are looked at between two looks at the clock: a second of work, where they are nothing but escapes.
_PIECE = 2 << 20

#: Bytes before a place, and behind it, that a credential can take: the longest are keys in lines of text.
_BEFORE, _BEHIND = 64, 64 << 10

#: Issues of one text; a leak of more is told by then.
_ISSUES = 50

#: Escapes of texts in quotes, for characters of ASCII: as in JSON, YAML, TOML and Python.
_ESCAPE = re.compile(rb"\\(?:([\"'/\\bfnrt])|(?:u00|U000000|x)([2-7][0-9a-fA-F]))")
_ESCAPED = {b"b": b" ", b"f": b" ", b"n": b"\n", b"r": b"\n", b"t": b"\t"}

#: References to characters of ASCII, as in XML and pages of HTML.
_REFERENCE = re.compile(rb"&(?:(amp|lt|gt|quot|apos)|#(\d{2,3})|#[xX]([0-7]?[0-9a-fA-F]));")
_REFERRED = {b"amp": b"&", b"lt": b"<", b"gt": b">", b"quot": b'"', b"apos": b"'"}

#: Texts in quotes that are in a text in quotes.
_QUOTED = 3

#: The end of a line and the quotes around it, where lines are items of a list or written one by one.
_LINE_END = re.compile(rb"\n[\"'],?\s*[\"']")


class _Seen(NamedTuple):
    """One secret: how often it stands in a text, and where first; no place if it stands there with escapes."""

    kind: Kind
    first: int | None
    times: int


class _Told(set):  # type: ignore[type-arg]
    """The secrets of one content that are reported: several scanners may look at the same text."""


class Search:
    """Credentials of one text, which may come in pieces."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._found: dict[bytes, _Seen] = {}
        self._left = _PLACES

    @property
    def exhausted(self) -> bool:
        """Whether there were more places than are looked at."""
        return self._left <= 0

    def look(self, content: bytes, position: int | None, begin: int, end: int) -> None:
        """Look at a piece: for what begins between two offsets of it. `position` is where it stands in the source."""
        plain = _plain(content)
        if plain is not content:
            begin = len(_plain(content[:begin]))
            end = len(_plain(content[:end])) if end < len(content) else len(plain)
        keywords, owners = words()
        found = keywords.find(plain[begin : end + _BEFORE], self._left, self._ctx.deadline)
        self._left -= len(found)
        places = [(word, begin + offset) for word, offset in found if begin + offset < end]
        for secret, seen in _search(plain, places, owners).items():
            first = seen.first if plain is content else content.find(secret)
            known = first is not None and first >= 0 and position is not None
            where = (position or 0) + (first or 0) if known else None
            before = self._found.get(secret)
            self._found[secret] = (
                before._replace(times=before.times + seen.times) if before else seen._replace(first=where)
            )

    def tell(self) -> None:
        """Report what was found and is not told yet."""
        learned = self._ctx.learned
        told = next((each for each in learned if isinstance(each, _Told)), None)
        if told is None and self._found:
            learned.append(told := _Told())
        new = {secret: seen for secret, seen in self._found.items() if told is None or secret not in told}
        for number, (secret, seen) in enumerate(new.items()):
            if number == _ISSUES:
                self._ctx.report("SEC105", seen.first, {"more": len(new) - _ISSUES})
                break
            shown = secret[: seen.kind.show].decode("ascii", "replace")
            facts = {"kind": seen.kind.title, "shown": f"{shown}... ({len(secret)} characters)"}
            details: dict[str, Detail] = {"kind": seen.kind.id, "length": len(secret), "count": seen.times}
            self._ctx.report(seen.kind.rule, seen.first, facts, details)
        if told is not None:
            told.update(new)


def check(ctx: Context, text: str | bytes, position: int | None = None) -> None:
    """Report each kind of credential that a text holds.

    `position` is the offset of the text in the source, if it stands there as it is.
    """
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    search = Search(ctx)
    for offset, piece, begin, end in _pieces(lambda at, length: content[at : at + length]):
        if ctx.deadline.expired:
            ctx.incomplete("ENG101")
            break
        search.look(piece, None if position is None else position + offset, begin, end)
        if search.exhausted:
            ctx.incomplete("SEC106", None, {"limit": _PLACES})
            break
    search.tell()


def check_plain(ctx: Context) -> None:
    """Report what a source that is plain text holds, piece by piece, however many scanners take it for that."""
    if check_plain in ctx.learned:
        return
    ctx.learned.append(check_plain)
    if ctx.head.startswith((b"\xff\xfe", b"\xfe\xff")):
        check(ctx, _read(ctx, 0, limits.TEXT_BLOCK).decode("utf-16", "ignore"))
        searched = limits.TEXT_BLOCK
    else:
        searched = _check_pieces(ctx)
    if _read(ctx, searched, 1):
        ctx.report("SEC107", None, {"searched": searched})


def _check_pieces(ctx: Context) -> int:
    """Report what the pieces of a source hold; return how many bytes were looked at."""
    search, searched = Search(ctx), 0
    for offset, piece, begin, end in _pieces(lambda at, length: _read(ctx, at, length)):
        if ctx.deadline.expired:
            ctx.incomplete("ENG101")
            break
        search.look(piece, offset, begin, end)
        searched = offset + end if not search.exhausted else offset + begin
        if search.exhausted or searched >= limits.TEXT_DECODED:
            break
    search.tell()
    return searched


def _read(ctx: Context, offset: int, length: int) -> bytes:
    """Return bytes of the source, none where a stream breaks: its container says so."""
    if len(ctx.head) < limits.HEAD:
        return ctx.head[offset : offset + length]
    try:
        return ctx.source.read(offset, length)
    except OSError:
        if ctx.source.size is not None:
            raise
        return b""


def _pieces(read: Callable[[int, int], bytes]) -> Iterator[tuple[int, bytes, int, int]]:
    """Yield pieces that overlap, with the offset of each, and what of it the others do not have.

    What is read is read once and in order: going back in a compressed stream means decompressing it again.
    """
    kept, begin, offset = b"", 0, 0
    while True:
        block = read(offset, _PIECE)
        content = kept + block
        end = max(begin, len(content) - _BEHIND) if len(block) == _PIECE else len(content)
        yield offset - len(kept), content, begin, end
        if len(block) < _PIECE:
            return
        offset += len(block)
        first = max(0, end - _BEFORE)
        kept, begin = content[first:], end - first


def _plain(content: bytes) -> bytes:
    """Return a text in which escapes are what they stand for, and lines that are items of a list follow each other."""
    if b";" in content and b"&" in content:
        content = _REFERENCE.sub(_referred, content)
    for _ in range(_QUOTED):
        if b"\\" not in content:
            return content
        content, count = _ESCAPE.subn(_unescaped, content)
        if not count:
            return content
        content = _LINE_END.sub(b"\n", content)
    return content


def _unescaped(found: re.Match[bytes]) -> bytes:
    letter, code = found.groups()
    return bytes([int(code, 16)]) if code else _ESCAPED.get(letter, letter)


def _referred(found: re.Match[bytes]) -> bytes:
    name, decimal, hexadecimal = found.groups()
    if name:
        return _REFERRED[name]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return bytes([code]) if code < 0x80 else found.group()  # noqa: PLR2004


def _search(content: bytes, places: list[tuple[int, int]], owners: list[list[int]]) -> dict[bytes, _Seen]:
    """Return what was found, each secret once."""
    found: dict[bytes, _Seen] = {}
    for kind, start, end in spans(content, places, owners):
        secret = content[start:end]
        before = found.get(secret)
        found[secret] = before._replace(times=before.times + 1) if before else _Seen(kind, start, 1)
    return found


def spans(content: bytes, places: list[tuple[int, int]], owners: list[list[int]]) -> Iterator[tuple[Kind, int, int]]:
    """Yield where secrets stand; where two kinds claim the same bytes, the surer one has them."""
    if not places:
        return
    from modelaudit.credentialkinds import kinds

    known = kinds()
    by_kind: dict[int, list[int]] = {}
    for word, offset in places:
        for owner in owners[word]:
            by_kind.setdefault(owner, []).append(offset)
    taken: list[tuple[int, int]] = []
    for owner in sorted(by_kind):
        reached = 0
        for offset in by_kind[owner]:
            match = known[owner].secret(content, offset) if offset >= reached else None
            if match is None:
                continue
            reached = match.end()
            start, end = match.span(1)
            place = bisect.bisect_left(taken, (end, 0))
            if place and taken[place - 1][1] > start:
                continue
            taken.insert(place, (start, end))
            yield known[owner], start, end


@cache
def words() -> tuple[Keywords, list[list[int]]]:
    """Return what to look for in one pass, and for each word the kinds that it may begin."""
    from modelaudit import _native
    from modelaudit.credentialkinds import kinds

    owners: dict[str, list[int]] = {}
    for number, kind in enumerate(kinds()):
        for word in kind.keywords:
            owners.setdefault(word, []).append(number)
    return _native.Keywords(list(owners)), list(owners.values())
