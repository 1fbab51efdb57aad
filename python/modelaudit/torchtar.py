"""Where pickles end and numbers begin in the two members of PyTorch's tar files that mix them.

Source: torch, `serialization.py`, `legacy_load`: the member `storages` holds a count, then for each storage a pickle of
(key, location, type) and its raw form, a 64-bit count of elements and their bytes, then a pickle of views; the member
`tensors` holds a count, then for each tensor a pickle and its geometry.
"""

from __future__ import annotations

import pickletools
import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from modelaudit._native import Source

STORAGES = "storages"
TENSORS = "tensors"

#: Bytes of one of these pickles: a few names and numbers.
_PICKLE = 4096

#: Bytes of the list of views, which has an entry for each storage that is part of another.
_VIEWS = 4 << 20

#: Storages or tensors in one file.
_MOST = 100_000

#: Bytes of an element, by the name of the storage class.
_ELEMENT = {
    "DoubleStorage": 8,
    "FloatStorage": 4,
    "HalfStorage": 2,
    "BFloat16Storage": 2,
    "LongStorage": 8,
    "IntStorage": 4,
    "ShortStorage": 2,
    "CharStorage": 1,
    "ByteStorage": 1,
    "BoolStorage": 1,
}

#: Dimensions of a tensor; torch itself has this limit.
_DIMENSIONS = 64


#: Opcodes of the only three shapes that `torch.save` wrote. Others could make another number or type than it seems.
_NUMBER = frozenset({"BININT", "BININT1", "BININT2", "LONG1"})
_TEXT = frozenset({"BINUNICODE", "SHORT_BINUNICODE", "BINSTRING", "SHORT_BINSTRING"})
_PUT = frozenset({"BINPUT", "LONG_BINPUT", "MEMOIZE"})
_TRIPLE = (frozenset({"TUPLE", "TUPLE3"}), frozenset({"STOP"}))
_COUNT = (_NUMBER, frozenset({"STOP"}))
_STORAGE = (_NUMBER | _TEXT, _TEXT, frozenset({"GLOBAL"}), *_TRIPLE)
_TENSOR = (_NUMBER, _NUMBER, frozenset({"GLOBAL"}), *_TRIPLE)


class _Pickle(NamedTuple):
    """One pickle: where it ends, and the operands of its opcodes without those that mark or memoise."""

    end: int
    operands: tuple[object, ...]


def pickles(source: Source, member: str) -> list[tuple[int, int]] | None:
    """Return where the pickles of one of the two members begin and end; None where it is laid out in another way."""
    size = source.size
    if size is None:
        return None
    try:
        return _storages(source, size) if member == STORAGES else _tensors(source, size)
    except (ValueError, struct.error, OverflowError):
        return None


def _read(source: Source, at: int, most: int, shape: tuple[frozenset[str], ...] = ()) -> _Pickle:
    """Decode one pickle, which is no loading: opcodes and operands are listed. Raises `ValueError` for other shapes."""
    names: list[str] = []
    operands: list[object] = []
    end = 0
    for opcode, operand, place in pickletools.genops(source.read(at, most)):
        end = (place or 0) + 1 if opcode.name == "STOP" else 0
        if shape and opcode.name not in _PUT and opcode.name not in ("PROTO", "MARK"):
            names.append(opcode.name)
            operands.append(operand)
    fits = not shape or (len(names) == len(shape) and all(name in allowed for name, allowed in zip(names, shape)))
    if not end or not fits:
        raise ValueError("another shape")
    return _Pickle(at + end, tuple(operands))


def _count(source: Source) -> tuple[int, int]:
    """Read the pickle of one number at the front; return where it ends, and the number."""
    first = _read(source, 0, _PICKLE, _COUNT)
    number = first.operands[0]
    if not isinstance(number, int) or not 0 <= number <= _MOST:
        raise ValueError("no count")
    return first.end, number


def _storages(source: Source, size: int) -> list[tuple[int, int]] | None:
    at, count = _count(source)
    found = [(0, at)]
    for _ in range(count):
        entry = _read(source, at, _PICKLE, _STORAGE)
        found.append((at, entry.end))
        (elements,) = struct.unpack("<q", source.read(entry.end, 8))
        module, _, name = str(entry.operands[2]).partition(" ")
        if elements < 0 or module not in ("torch", "torch.cuda") or name not in _ELEMENT:
            return None
        at = entry.end + 8 + elements * _ELEMENT[name]
    found.append((at, _read(source, at, _VIEWS).end))
    return found if found[-1][1] == size else None


def _tensors(source: Source, size: int) -> list[tuple[int, int]] | None:
    at, count = _count(source)
    found = [(0, at)]
    for _ in range(count):
        entry = _read(source, at, _PICKLE, _TENSOR)
        found.append((at, entry.end))
        # The number of dimensions has eight bytes, of which torch reads four; then sizes, steps and an offset.
        (dimensions,) = struct.unpack("<i4x", source.read(entry.end, 8))
        if not 0 <= dimensions <= _DIMENSIONS:
            return None
        at = entry.end + 8 + 16 * dimensions + 8
    return found if at == size else None
