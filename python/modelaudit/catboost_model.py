"""CatBoost's binary models: the FlatBuffer of the core, the arithmetic of its trees, the parts that follow.

What is checked and what is not is told in `formats/catboost.py`.
"""

from __future__ import annotations

import sys
from array import array
from typing import TYPE_CHECKING, NamedTuple

from modelaudit import _native, limits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from modelaudit.formats.base import Context
    from modelaudit.model import Detail

_FORMAT = "CatBoost"

#: The parts whose tables stand one after the other with their lengths, and the number that announces a longer one.
_STATISTICS = "static_provider_v1"
_LONG = 0xFFFFFFFF

#: Levels of a symmetric tree; training allows 16.
_DEEPEST = 31


class _Field(NamedTuple):
    """A field of a table that leads elsewhere: a text, a vector, a table, or a vector of tables or texts."""

    name: str
    #: Bytes of an item of a vector of numbers; 0 for offsets.
    size: int = 0
    table: str = ""
    vector: bool = True


def _text(name: str) -> _Field:
    return _Field(name, 1)


def _table(name: str, table: str, vector: bool = True) -> _Field:
    return _Field(name, 0, table, vector)


#: By table, the fields by number; those that hold a number themselves are left out.
_SCHEMA: dict[str, dict[int, _Field]] = {
    "core": {0: _text("format"), 1: _table("trees", "trees", False), 2: _table("info", "pair"), 3: _Field("parts")},
    "pair": {0: _text("key"), 1: _text("value")},
    "trees": {
        1: _Field("TreeSplits", 4),
        2: _Field("TreeSizes", 4),
        3: _Field("TreeStartOffsets", 4),
        4: _table("CatFeatures", "feature"),
        5: _table("FloatFeatures", "float"),
        6: _table("OneHotFeatures", "values"),
        7: _table("CtrFeatures", "ctr"),
        8: _Field("LeafValues", 8),
        9: _Field("LeafWeights", 8),
        10: _Field("NonSymmetricStepNodes", 4),
        11: _Field("NonSymmetricNodeIdToLeafId", 4),
        12: _table("TextFeatures", "feature"),
        13: _table("EstimatedFeatures", "estimated"),
        16: _Field("MultiBias", 8),
        17: _Field("RepackedBins", 4),
        18: _table("EmbeddingFeatures", "feature"),
    },
    "feature": {2: _text("id")},
    "float": {3: _Field("Borders", 4), 4: _text("id")},
    "values": {1: _Field("Borders", 4), 2: _Field("texts")},
    "ctr": {0: _table("Ctr", "model_ctr", False), 1: _Field("Borders", 4)},
    "model_ctr": {0: _table("Base", "base", False)},
    "base": {0: _table("Combination", "combination", False)},
    "combination": {0: _Field("cats", 4), 1: _Field("splits", 8), 2: _Field("splits", 8)},
    "estimated": {},
}


class _BrokenError(Exception):
    """An offset or size that leads out of the buffer."""


class _LimitError(Exception):
    """There is more than is looked at."""


class _Vector(NamedTuple):
    at: int
    length: int


def scan(ctx: Context) -> None:
    """Check a model to the end of its file."""
    source = ctx.source
    if source.size is None:
        # Offsets lead back and forth, which decompressing cannot.
        data = source.read(0, limits.JSON + 1)
        if len(data) > limits.JSON:
            ctx.incomplete("BST105", limits.JSON, {"format": _FORMAT})
            return
        source = _native.Source.from_bytes(data)
    said: set[tuple[str, Detail]] = set()

    def say(rule: str, **facts: Detail) -> None:
        if (rule, facts.get("what")) not in said:
            said.add((rule, facts.get("what")))
            ctx.report(rule, None, {"format": _FORMAT, **facts})

    length = int.from_bytes(source.read(4, 4), "little")
    buffer = _Buffer(source.slice(8, length), length, ctx)
    end = 8 + length
    try:
        if (source.size or 0) < end:
            raise _BrokenError("it ends too early")
        buffer.walk()
        _check_trees(buffer, say)
        end = _parts(source, end, buffer.parts)
    except _BrokenError as error:
        ctx.incomplete("BST101", None, {"format": _FORMAT, "reason": str(error)})
    except _LimitError:
        ctx.incomplete("ENG101" if ctx.deadline.expired else "BST105", None, {"format": _FORMAT})
    else:
        if end != source.size:
            ctx.report("BST104", end, {"format": _FORMAT})
            ctx.descend(source.slice(end, (source.size or end) - end), "bytes after the model")


class _Buffer:
    """A FlatBuffer, followed table by table."""

    def __init__(self, source: _native.Source, size: int, ctx: Context) -> None:
        self.source = source
        self.size = size
        self.ctx = ctx
        #: The vectors of the table of trees.
        self.vectors: dict[str, _Vector] = {}
        self.approximations = 1
        self.parts: list[str] = []
        self.borders = 0
        self._tables = 0
        self._start = 0
        self._block = b""

    def bytes_at(self, at: int, length: int) -> bytes:
        """Return bytes of the buffer."""
        if at < 0 or length < 0 or at + length > self.size:
            raise _BrokenError("an offset leads out of it")
        if not self._start <= at <= at + length <= self._start + len(self._block):
            # Tables lie close to each other, and mostly towards the front.
            self._start = max(0, min(at - limits.BLOCK // 2, self.size - limits.BLOCK))
            if at + length > self._start + limits.BLOCK:
                return self.source.read(at, length)
            self._block = self.source.read(self._start, limits.BLOCK)
        return self._block[at - self._start : at - self._start + length]

    def number(self, at: int, length: int, signed: bool = False) -> int:
        """Return an integer."""
        return int.from_bytes(self.bytes_at(at, length), "little", signed=signed)

    def integers(self, name: str, code: str = "i") -> Sequence[int]:
        """Return the numbers of a vector of the table of trees."""
        vector = self.vectors.get(name, _Vector(0, 0))
        if vector.length * 4 > limits.UBJSON_ARRAY:
            raise _LimitError
        data = self.bytes_at(vector.at, vector.length * 4) if vector.length else b""
        numbers = array(code)
        numbers.frombytes(data)
        if sys.byteorder == "big":
            numbers.byteswap()
        return numbers

    def walk(self) -> None:
        """Follow every table from the root."""
        waiting = [(self.number(0, 4), "core")]
        while waiting:
            at, table = waiting.pop()
            self._tables += 1
            if self._tables > limits.QUEUE or (self._tables % 1000 == 0 and self.ctx.deadline.expired):
                raise _LimitError
            vtable = at - self.number(at, 4, signed=True)
            entries, size = self.number(vtable, 2), self.number(vtable + 2, 2)
            if entries < 4 or entries % 2:  # noqa: PLR2004 - a vtable begins with two sizes
                raise _BrokenError("a table has no fields")
            self.bytes_at(vtable, entries)
            self.bytes_at(at, size)
            for number, field in _SCHEMA[table].items():
                place = 4 + 2 * number
                offset = self.number(vtable + place, 2) if place < entries else 0
                if offset:
                    if offset + 4 > size:
                        raise _BrokenError("a field lies outside of its table")
                    waiting += self._follow(table, field, at + offset)
            if table == "trees" and entries > 4 and (offset := self.number(vtable + 4, 2)):  # noqa: PLR2004
                self.approximations = self.number(at + offset, 4)

    def _follow(self, table: str, field: _Field, at: int) -> list[tuple[int, str]]:
        """Check what a field leads to; return the tables in it."""
        place = at + self.number(at, 4)
        if not field.vector:
            return [(place, field.table)]
        count = self.number(place, 4)
        self.bytes_at(place + 4, 0)
        if place + 4 + count * (field.size or 4) > self.size:
            raise _BrokenError("a vector is longer than it")
        if table == "trees":
            self.vectors[field.name] = _Vector(place + 4, count)
        if field.name == "Borders":
            self.borders += count
        if field.size:
            return []
        if count > limits.QUEUE:
            raise _LimitError
        places = [each + self.number(each, 4) for each in range(place + 4, place + 4 + 4 * count, 4)]
        if field.table:
            return [(each, field.table) for each in reversed(places)]
        texts = [self.bytes_at(each + 4, self.number(each, 4)) for each in places]
        if field.name == "parts":
            self.parts = [text.decode("utf-8", "backslashreplace") for text in texts]
        return []


def _check_trees(buffer: _Buffer, say: Callable[..., None]) -> None:
    """Check the arithmetic between the vectors of the trees."""

    def size(what: str, count: int, expected: int) -> None:
        if count != expected:
            say("BST103", what=what, size=count, expected=expected)

    splits, sizes, starts = map(buffer.integers, ("TreeSplits", "TreeSizes", "TreeStartOffsets"))
    size("TreeSplits", len(splits), sum(sizes))
    if starts:
        size("TreeStartOffsets", len(starts), len(sizes))
    for start, length in zip(starts, sizes):
        if length < 0 or not 0 <= start <= start + length <= len(splits):
            say("BST102", what="TreeStartOffsets", value=start, limit=len(splits))
            break
    if not buffer.vectors.get("EstimatedFeatures", _Vector(0, 0)).length:
        for value in (min(splits), max(splits)) if splits else ():
            if not 0 <= value < buffer.borders:
                say("BST102", what="TreeSplits", value=value, limit=buffer.borders)
                break
    leaves = buffer.vectors.get("LeafValues", _Vector(0, 0)).length
    steps = buffer.integers("NonSymmetricStepNodes", "H")
    if not steps:
        known = all(0 <= length <= _DEEPEST for length in sizes)
        size("LeafValues", leaves, sum(1 << length for length in sizes) * buffer.approximations if known else -1)
        return
    size("NonSymmetricStepNodes", len(steps) // 2, len(splits))
    ids = buffer.integers("NonSymmetricNodeIdToLeafId", "I")
    size("NonSymmetricNodeIdToLeafId", len(ids), len(splits))
    for at, (left, right) in enumerate(zip(steps[0::2], steps[1::2])):
        if at + max(left, right) >= len(splits):
            say("BST102", what="NonSymmetricStepNodes", value=at + max(left, right), limit=len(splits))
            break
    # Nodes with two children have no leaf: their entry is all ones.
    used = [each for each in ids if each != _LONG]
    if used and max(used) >= max(leaves, 1):
        say("BST102", what="NonSymmetricNodeIdToLeafId", value=max(used), limit=leaves)


def _parts(source: _native.Source, at: int, parts: list[str]) -> int:
    """Return where the announced parts end; those that are not understood reach to the end of the file."""
    for part in parts:
        if part != _STATISTICS:
            return source.size or at
        count, at = _announced(source, at)
        if count > limits.QUEUE:
            raise _LimitError
        for _ in range(count):
            length, at = _announced(source, at)
            at += length
            if at > (source.size or 0):
                raise _BrokenError("a table of statistics is longer than the file")
    return at


def _announced(source: _native.Source, at: int) -> tuple[int, int]:
    """Return a length and the offset after it."""
    data = source.read(at, 12)
    length = int.from_bytes(data[:4], "little")
    if len(data) < 4 or (length == _LONG and len(data) < 12):  # noqa: PLR2004
        raise _BrokenError("it ends too early")
    return (int.from_bytes(data[4:12], "little"), at + 12) if length == _LONG else (length, at + 4)
