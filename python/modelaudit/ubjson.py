"""UBJSON as XGBoost writes and reads it: without recursion, within bounds, typed arrays kept as bytes."""

from __future__ import annotations

import re
import struct
from array import array
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

from modelaudit import limits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelaudit.window import Window

#: Numbers: how `struct` and `array` call them. All are big-endian.
_NUMBERS = {b"i": "b", b"U": "B", b"I": "h", b"l": "i", b"L": "q", b"d": "f", b"D": "d"}
_STRUCTS = {marker: struct.Struct(">" + code) for marker, code in _NUMBERS.items()}
_INTEGERS = b"iUIlL"
_CONSTANTS = {b"T": True, b"F": False, b"Z": None}


#: An entry of an object as most are: a short key, then an array of numbers or a short text.
_ENTRY = re.compile(rb"L\0{7}(.)([a-z_]+)(?:\[\$([UIilLdD])#L(.{8})|SL\0{7}(.))", re.DOTALL)


class BrokenError(ValueError):
    """The bytes are not UBJSON, or not as announced."""


class LimitError(Exception):
    """There is more of something than is looked at."""


class Packed(NamedTuple):
    """An array of numbers of one type."""

    marker: bytes
    length: int
    #: None where it is longer than what is kept.
    data: bytes | None

    def values(self) -> Sequence[float] | None:
        """Return the numbers."""
        if self.data is None:
            return None
        numbers = array(_NUMBERS[self.marker])
        numbers.frombytes(self.data)
        if numbers.itemsize > 1:
            numbers.byteswap()
        return numbers


class _Open(NamedTuple):
    """An object or array that is not closed yet."""

    made: Any
    #: Items of an array that are to come; None where a bracket closes it.
    expected: int | None
    #: The key under which it stands in the one around it.
    key: str | None


class Reader:
    """Reads one value; `replace` is given each object as it closes and returns what stands for it."""

    def __init__(self, window: Window, replace: Callable[[dict[str, Any]], Any]) -> None:
        self.window = window
        self.replace = replace
        self.duplicates: dict[str, None] = {}
        self._values = 0

    def read(self) -> Any:
        """Read the value. Raises `BrokenError`, `LimitError`, and what the window raises."""
        stack: list[_Open] = []
        while True:
            key, closed = self._next(stack[-1]) if stack else (None, False)
            if closed:
                done = stack.pop()
                key, value = done.key, self.replace(done.made) if isinstance(done.made, dict) else done.made
            else:
                value = self._value(key)
                if isinstance(value, _Open):
                    if len(stack) >= limits.JSON_DEPTH:
                        raise LimitError
                    stack.append(value)
                    continue
            if not stack:
                return value
            self._put(stack[-1].made, key, value)

    def _next(self, top: _Open) -> tuple[str | None, bool]:
        """Return the key of what comes next, and whether nothing does because the innermost one closes."""
        if isinstance(top.made, dict):
            self._plain_entries(top.made)
            key = self._key()
            return key, key is None
        if top.expected is not None:
            return None, len(top.made) == top.expected
        closed = self.window.take(1) == b"]"
        if not closed:
            self.window.back()
        return None, closed

    def _plain_entries(self, into: dict[str, Any]) -> None:
        """Read entries that lie in memory as a whole; the rest of the reader does what this leaves, only slower."""
        block, at = self.window.buffered()
        while (entry := _ENTRY.match(block, at)) is not None:
            size, name, kind, count, length = entry.groups()
            start = entry.end()
            end = start + (length[0] if length else int.from_bytes(count, "big") * _STRUCTS[kind].size)
            if size[0] != len(name) or end > len(block):
                break
            data = block[start:end]
            made = (
                Packed(kind, int.from_bytes(count, "big"), data) if kind else data.decode("utf-8", "backslashreplace")
            )
            self._put(into, name.decode("ascii"), made)
            at = end
        self.window.jump(at)

    def _value(self, key: str | None) -> Any:
        marker = self.window.take(1)
        return self._open(marker, key) if marker in (b"{", b"[") else self._scalar(marker)

    def _put(self, into: Any, key: str | None, value: Any) -> None:
        self._values += 1
        if self._values > limits.UBJSON_VALUES:
            raise LimitError
        if isinstance(into, list):
            into.append(value)
        elif key is not None:
            if key in into:
                self.duplicates[key] = None
            into[key] = value

    def _key(self) -> str | None:
        """Return the next key of an object, None where it closes."""
        marker = self.window.take(1)
        return None if marker == b"}" else self._text(marker)

    def _open(self, marker: bytes, key: str | None) -> _Open | Packed:
        if marker == b"{":
            return _Open({}, None, key)
        following = self.window.take(1)
        if following == b"$":
            kind = self.window.take(1)
            if kind not in _NUMBERS or self.window.take(1) != b"#":
                raise BrokenError("an array of a type that is no number")
            return self._packed(kind, self._length(self.window.take(1)))
        if following == b"#":
            return _Open([], self._length(self.window.take(1)), key)
        # No count: the byte is the marker of the first item.
        self.window.back()
        return _Open([], None, key)

    def _packed(self, kind: bytes, count: int) -> Packed:
        length = count * _STRUCTS[kind].size
        if length <= limits.UBJSON_ARRAY:
            return Packed(kind, count, self.window.take(length))
        self.window.skip(length)
        return Packed(kind, count, None)

    def _scalar(self, marker: bytes) -> Any:
        if marker in _NUMBERS:
            number = _STRUCTS[marker]
            return number.unpack(self.window.take(number.size))[0]
        if marker == b"S":
            return self._text(self.window.take(1))
        if marker == b"C":
            return self.window.take(1).decode("latin-1")
        if marker in _CONSTANTS:
            return _CONSTANTS[marker]
        raise BrokenError("a value of an unknown type")

    def _text(self, marker: bytes) -> str:
        length = self._length(marker)
        if length > limits.UBJSON_ARRAY:
            raise LimitError
        return self.window.take(length).decode("utf-8", "backslashreplace")

    def _length(self, marker: bytes) -> int:
        if marker not in _STRUCTS or marker not in _INTEGERS:
            raise BrokenError("a length that is no integer")
        number = _STRUCTS[marker]
        length = number.unpack(self.window.take(number.size))[0]
        if length < 0:
            raise BrokenError("a negative length")
        return int(length)
