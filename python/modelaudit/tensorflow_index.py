"""The index of a checkpoint of TensorFlow: a table of LevelDB with an entry for each tensor, held against the data."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from modelaudit import _native, limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelaudit._native import Source
    from modelaudit.formats.base import Context

#: Bytes of the footer: two handles with padding, and the magic number.
_FOOTER = 48

#: Bytes behind a block: how it is compressed, and a checksum.
_TRAILER = 5

#: Bytes of one block that are read: TensorFlow begins a new one after 256 KiB; one entry may be larger than that.
_BLOCK = 64 << 20

#: Tensors of one index: the largest models known have some ten thousand.
_ENTRIES = 1_000_000

#: Bytes of an element by the number of its type in `types.proto`; strings and objects have none.
_SIZES = {
    **dict.fromkeys((4, 6, 10, 11, 12, 24, 25), 1),
    **dict.fromkeys((5, 14, 15, 16, 17, 19), 2),
    **dict.fromkeys((1, 3, 13, 22), 4),
    **dict.fromkeys((2, 8, 9, 23), 8),
    18: 16,
}

_STATE_LINE = re.compile(
    rb'\s*(?:((?:all_)?model_checkpoint_paths?): "((?:[^"\\]|\\.)*)"'
    rb"|(?:all_model_checkpoint_timestamps|last_preserved_timestamp): [0-9.e+-]+)?\s*"
)

#: A path that is absolute, goes up, or is a URL.
_ELSEWHERE = re.compile(rb"^(?:[/\\~]|[A-Za-z]:|[A-Za-z][A-Za-z0-9+.-]*://)|(?:^|[/\\])\.\.(?:[/\\]|$)")


class _BrokenError(Exception):
    """The table cannot be followed."""


class _Tensor(NamedTuple):
    """What an entry says of a tensor."""

    dtype: int
    elements: int
    shard: int
    offset: int
    size: int
    sliced: bool


def scan(ctx: Context) -> None:
    """Walk the table, and hold each tensor against the files of data beside it."""
    source, state = _native.spool(ctx.source, ctx.deadline)
    if state != "whole":
        ctx.incomplete("ENG101" if ctx.deadline.expired else "TFG114", None, {"reason": "the data ends too early"})
        return
    try:
        _check(ctx, source)
    except _BrokenError as error:
        ctx.report("TFG114", None, {"reason": str(error)})


def _check(ctx: Context, source: Source) -> None:
    shards, known = 1, _Shards(ctx)
    for count, (key, value) in enumerate(_table(source)):
        if ctx.deadline.expired:
            ctx.incomplete("ENG101")
            return
        if count > _ENTRIES:
            ctx.incomplete("TFG112", None, {"limit": _ENTRIES, "what": "tensors"})
            return
        if not key:
            shards = next((number for field, number in _fields(value) if field == 1 and isinstance(number, int)), 1)
            continue
        tensor = _tensor(value)
        name = key.decode("utf-8", "replace")
        fits = True
        for what, held, limit in _misfits(tensor, shards, known):
            ctx.report("TFG115", None, {"tensor": name, "what": what, "value": held, "limit": limit})
            fits = False
        if fits and not tensor.sliced:
            known.note(tensor, shards)
    known.look_at_starts()


class _Shards:
    """The files of data beside the index: their sizes, and where tensors lie in them."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._sizes: dict[tuple[int, int], int | None] = {}
        self._places: dict[str, list[tuple[int, int]]] = {}

    def size(self, shard: int, shards: int) -> int | None:
        """Return the size of a file; None if it is not there to be looked at."""
        if (shard, shards) not in self._sizes and len(self._sizes) < limits.QUEUE:
            beside = self._ctx.beside(self._name(shard, shards))
            self._sizes[shard, shards] = None if beside is None else beside.size
        return self._sizes.get((shard, shards))

    def _name(self, shard: int, shards: int) -> str:
        stem = self._ctx.name.rpartition(".")[0]
        return f"{stem}.data-{shard:05}-of-{shards:05}"

    def note(self, tensor: _Tensor, shards: int) -> None:
        """Keep where a tensor lies in a file that is there."""
        if self.size(tensor.shard, shards) is not None:
            place = (tensor.offset, tensor.size)
            self._places.setdefault(self._name(tensor.shard, shards), []).append(place)

    def look_at_starts(self) -> None:
        """Hand over the tensors that begin like something else than numbers."""
        for name, places in self._places.items():
            source = self._ctx.beside(name)
            if source is None:
                continue
            places.sort()
            for number in _native.suspects(source, places, self._ctx.deadline):
                start, size = places[number]
                self._ctx.descend(source.slice(start, size), f"{name} at {start}", raw=True)


def _misfits(tensor: _Tensor, shards: int, known: _Shards) -> Iterator[tuple[str, int, str]]:
    if tensor.sliced:
        # Its slices have entries of their own.
        return
    if tensor.shard < 0 or tensor.shard >= shards:
        yield "the number of its file", tensor.shard, f"less than {shards}"
        return
    expected = _SIZES.get(tensor.dtype, 0) * tensor.elements
    if tensor.dtype in _SIZES and tensor.size != expected:
        yield "its size", tensor.size, str(expected)
    end, size = tensor.offset + tensor.size, known.size(tensor.shard, shards)
    if tensor.offset < 0 or tensor.size < 0 or (size is not None and end > size):
        yield "its end", end, "within the file" if size is None else f"at most {size}"


def _table(source: Source) -> Iterator[tuple[bytes, bytes]]:
    """Yield keys and values of a table, in order. Raises `_BrokenError`."""
    size = source.size or 0
    footer = source.read(max(size - _FOOTER, 0), _FOOTER)
    if len(footer) < _FOOTER:
        message = "there is no footer"
        raise _BrokenError(message)
    _, place = _handle(footer, 0)
    index, _ = _handle(footer, place)
    for _, value in _block(source, index, size):
        handle, _ = _handle(value, 0)
        yield from _block(source, handle, size)


def _handle(data: bytes, place: int) -> tuple[tuple[int, int], int]:
    offset, place = _varint(data, place)
    size, place = _varint(data, place)
    return (offset, size), place


def _block(source: Source, handle: tuple[int, int], end: int) -> Iterator[tuple[bytes, bytes]]:
    offset, size = handle
    if offset + size + _TRAILER > end or size > _BLOCK:
        message = "a block lies beyond the file"
        raise _BrokenError(message)
    data = source.read(offset, size + 1)
    if len(data) <= size or data[size] != 0:
        message = "a block is compressed or cut"
        raise _BrokenError(message)
    restarts = int.from_bytes(data[size - 4 : size], "little")
    stop, place, key = size - 4 - 4 * restarts, 0, b""
    if stop < 0:
        message = "a block has no entries"
        raise _BrokenError(message)
    while place < stop:
        shared, place = _varint(data, place)
        own, place = _varint(data, place)
        length, place = _varint(data, place)
        if shared > len(key) or place + own + length > stop:
            message = "an entry leads beyond its block"
            raise _BrokenError(message)
        key = key[:shared] + data[place : place + own]
        yield key, data[place + own : place + own + length]
        place += own + length


def _tensor(value: bytes) -> _Tensor:
    numbers, elements, sliced = {1: 0, 3: 0, 4: 0, 5: 0}, 1, False
    for field, held in _fields(value):
        if isinstance(held, int):
            numbers[field] = held
        elif field == 2:  # noqa: PLR2004, the shape
            for inner, dimension in _fields(held):
                if inner == 2 and isinstance(dimension, bytes):  # noqa: PLR2004, a dimension of it
                    elements *= next(
                        (size for key, size in _fields(dimension) if key == 1 and isinstance(size, int)), 0
                    )
        elif field == 7:  # noqa: PLR2004, slices
            sliced = True
    return _Tensor(numbers[1], elements, numbers[3], numbers[4], numbers[5], sliced)


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield numbers and values of the fields of a small message of protobuf. Raises `_BrokenError`."""
    place = 0
    while place < len(data):
        tag, place = _varint(data, place)
        kind = tag & 7
        if kind == 0:
            number, place = _varint(data, place)
            # Numbers are signed.
            yield tag >> 3, number - (1 << 64) if number >> 63 else number
            continue
        length, place = _varint(data, place) if kind == 2 else ({1: 8, 5: 4}.get(kind, len(data)), place)  # noqa: PLR2004
        if place + length > len(data):
            message = "an entry is not a message"
            raise _BrokenError(message)
        if kind == 2:  # noqa: PLR2004
            yield tag >> 3, data[place : place + length]
        place += length


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if place >= len(data):
            break
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004, the last byte of a number
            return value & ((1 << 64) - 1), place
    message = "a number does not end"
    raise _BrokenError(message)


def scan_state(ctx: Context) -> None:
    """Read the file that names the newest checkpoint."""
    data = ctx.source.read(0, limits.BLOCK + 1)
    lines = data.split(b"\n")
    if len(data) > limits.BLOCK or not all(map(_STATE_LINE.fullmatch, lines)):
        ctx.incomplete("ENG103")
    for line in lines:
        found = _STATE_LINE.fullmatch(line)
        if found is not None and found[1] == b"model_checkpoint_path" and _ELSEWHERE.search(found[2]):
            ctx.report("TFG116", None, {"path": found[2].decode("utf-8", "replace")})
