"""Credentials in text that people share with a model: found by rules that are data, reported without the secret."""

from __future__ import annotations

import bisect
import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from modelaudit import limits
from modelaudit.manifestwords import CREDENTIALS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelaudit._native import Keywords
    from modelaudit.credentialkinds import Kind
    from modelaudit.formats.base import Context
    from modelaudit.model import Detail

#: Places of a text at which a credential may stand that are looked at: a tokenizer of 10 MB has some thousand, a list
#: of addresses more. Half a second of work.
_PLACES = 500_000

#: Bytes in which they are looked for at once.
_WINDOW = 4 << 20

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


#: What follows the mark of a kind up to where a text was cut.
_CUT = re.compile(rb"([\w.~+/%-]+)\xe2\x80\xa6")


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
        places: list[tuple[int, int]] = []
        words, owners = _words()
        for start in range(begin, end, _WINDOW):
            stop = min(end, start + _WINDOW)
            found = words.find(plain[start : stop + _BEFORE], self._left, None)
            self._left -= len(found)
            places += [(word, start + offset) for word, offset in found if start + offset < stop]
            if self.exhausted:
                break
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
    search.look(content, position, 0, len(content))
    if search.exhausted:
        ctx.incomplete("SEC106", None, {"limit": _PLACES})
    search.tell()


def masked(text: str) -> str:
    """Return what a report quotes of a file, without the secrets in it."""
    content = text.encode("utf-8", "surrogatepass")
    lowered = content.lower()
    if not any(word in lowered for word in _marks()):
        return text
    # Escapes of the same length as what stands for them here, so that places stay.
    plain = re.sub(rb"\\[nrt]", b"\n\n", content)
    words, owners = _words()
    places = words.find(plain, _PLACES, None)
    spans = [(start + kind.show, end) for kind, start, end in _spans(plain, places, owners)]
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


def check_plain(ctx: Context) -> None:
    """Report what a source that is plain text holds, piece by piece, however many scanners take it for that."""
    if check_plain in ctx.learned:
        return
    ctx.learned.append(check_plain)
    search = Search(ctx)
    if ctx.head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = _read(ctx, 0, limits.TEXT_BLOCK).decode("utf-16", "ignore").encode("utf-8", "surrogatepass")
        search.look(text, None, 0, len(text))
        searched = limits.TEXT_BLOCK
    else:
        searched = limits.TEXT_DECODED
        for offset, content, begin, end in _pieces(ctx):
            search.look(content, offset, begin, end)
            if search.exhausted or ctx.deadline.expired:
                searched = offset
                break
    if search.exhausted or _read(ctx, searched, 1):
        ctx.report("SEC107", None, {"searched": searched})
    search.tell()


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


def _pieces(ctx: Context) -> Iterator[tuple[int, bytes, int, int]]:
    """Yield pieces that overlap, with the offset of each, and what of it the others do not have."""
    for start in range(0, limits.TEXT_DECODED, limits.TEXT_BLOCK):
        before = min(start, _BEFORE)
        content = _read(ctx, start - before, before + limits.TEXT_BLOCK + _BEHIND)
        end = min(len(content), before + limits.TEXT_BLOCK)
        yield start - before, content, before, end
        if len(content) <= end:
            return


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
    for kind, start, end in _spans(content, places, owners):
        secret = content[start:end]
        before = found.get(secret)
        found[secret] = before._replace(times=before.times + 1) if before else _Seen(kind, start, 1)
    return found


def _spans(content: bytes, places: list[tuple[int, int]], owners: list[list[int]]) -> Iterator[tuple[Kind, int, int]]:
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
def _words() -> tuple[Keywords, list[list[int]]]:
    """Return what to look for in one pass, and for each word the kinds that it may begin."""
    from modelaudit import _native
    from modelaudit.credentialkinds import kinds

    owners: dict[str, list[int]] = {}
    for number, kind in enumerate(kinds()):
        for word in kind.keywords:
            owners.setdefault(word, []).append(number)
    return _native.Keywords(list(owners)), list(owners.values())


@cache
def _marks() -> tuple[bytes, ...]:
    """Return what one of must stand in a text with a credential: a glance, before the table is read."""
    return tuple(word.lower() for word in CREDENTIALS)
