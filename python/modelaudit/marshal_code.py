"""Compiled Python in marshalled form, read without running it: the code objects of all versions since 2.7.

Sources: CPython `Python/marshal.c` and `Objects/codeobject.c` of 2.7 and of 3.4 to 3.14.
"""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

#: Values inside each other. Functions in functions in functions have about ten.
DEPTH = 60

#: Values in one code object and those in it.
VALUES = 200_000

_REF = 0x80
_NULL = object()

#: Fields of a code object by version: `i` is a number, `o` a value. Byte code comes first among the values.
_LAYOUTS = (
    # 3.11 and later: names of variables in one tuple with their kinds; a qualified name; a table of exceptions.
    ("i" * 5 + "o" * 8 + "i" + "oo", (1, 2, 3, None, 5, 6)),
    # 3.8 to 3.10: positional-only arguments.
    ("i" * 6 + "o" * 8 + "i" + "o", (1, 2, 3, 4, 6, 7)),
    # 3.0 to 3.7.
    ("i" * 5 + "o" * 8 + "i" + "o", (1, 2, 3, 4, 6, 7)),
    # 2.7.
    ("i" * 4 + "o" * 8 + "i" + "o", (1, 2, 3, 4, 6, 7)),
)

_SIMPLE = {"N": None, "T": True, "F": False, ".": Ellipsis, "S": StopIteration, "0": _NULL}


class Code(NamedTuple):
    """A code object: the names it looks up, its variables, constants, and where it says that it comes from."""

    name: str
    filename: str
    names: tuple[str, ...]
    variables: tuple[str, ...]
    constants: tuple[Any, ...]
    code: bytes


class MalformedError(ValueError):
    """No marshalled code begins here."""


def parse(data: bytes) -> list[Code]:
    """Return the code object that data begins with, as each version reads it that would. Raises `MalformedError`.

    Which version wrote it is not said, and bytes behind it are no error, so that more than one may fit.
    """
    if not data or chr(data[0] & ~_REF) != "c":
        raise MalformedError("it is no code object")
    found: list[Code] = []
    reason = "no version of Python would write it"
    for fields, places in _LAYOUTS:
        reader = _Reader(data, fields, places)
        try:
            value = reader.value(0)
        except (MalformedError, struct.error, UnicodeDecodeError) as error:
            reason = str(error)
            continue
        if isinstance(value, Code):
            found.append(value)
    if not found:
        raise MalformedError(reason)
    return found


class _Reader:
    """Reads values as one version wrote them."""

    def __init__(self, data: bytes, fields: str, places: tuple[int | None, ...]) -> None:
        self.data = data
        self.fields = fields
        self.places = places
        self.at = 0
        self.left = VALUES
        self.refs: list[Any] = []
        self.interned: list[Any] = []

    def take(self, count: int) -> bytes:
        """Return the next bytes."""
        if count < 0 or count > len(self.data) - self.at:
            raise MalformedError("it is cut off")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self) -> int:
        """Return a number of four bytes."""
        return int(struct.unpack("<i", self.take(4))[0])

    def value(self, depth: int) -> Any:
        """Return the next value."""
        self.left -= 1
        if depth > DEPTH or self.left < 0:
            raise MalformedError("it is too large")
        byte = self.take(1)[0]
        kind = chr(byte & ~_REF)
        if kind == "r":
            return self._at(self.refs, self.number())
        if kind == "R":
            return self._at(self.interned, self.number())
        place = len(self.refs) if byte & _REF else None
        if place is not None:
            self.refs.append(_NULL)
        value = self._read(kind, depth)
        if place is not None:
            self.refs[place] = value
        return value

    @staticmethod
    def _at(values: list[Any], index: int) -> Any:
        if not 0 <= index < len(values):
            raise MalformedError("it refers to what is not there")
        return values[index]

    def _read(self, kind: str, depth: int) -> Any:
        if kind in _SIMPLE:
            return _SIMPLE[kind]
        if kind in "sutaAzZ":
            return self._text(kind)
        if kind in "iIlfgxy":
            return self._numeric(kind)
        if kind in "([<>)":
            count = self.take(1)[0] if kind == ")" else self.number()
            return tuple(self._items(count, depth))
        if kind in "{:":
            return self._mapping(depth) if kind == "{" else tuple(self._items(3, depth))
        if kind == "c":
            return self._code(depth)
        raise MalformedError("it holds a value of an unknown type")

    def _items(self, count: int, depth: int) -> list[Any]:
        if not 0 <= count <= len(self.data) - self.at:
            raise MalformedError("it is cut off")
        return [self.value(depth + 1) for _ in range(count)]

    def _mapping(self, depth: int) -> tuple[Any, ...]:
        pairs = []
        while (key := self.value(depth + 1)) is not _NULL:
            pairs.append((key, self.value(depth + 1)))
        return tuple(pairs)

    def _text(self, kind: str) -> Any:
        data = self.take(self.take(1)[0] if kind in "zZ" else self.number())
        if kind == "s":
            return data
        text = data.decode("latin-1" if kind in "aAzZ" else "utf-8", "surrogatepass")
        if kind == "t":
            # Python 2 counts these; what Python 3 writes so is never referred to by that count.
            self.interned.append(text)
        return text

    def _numeric(self, kind: str) -> Any:
        if kind == "i":
            return self.number()
        if kind == "l":
            digits = abs(self.number())
            self.take(2 * digits)
            # Its value matters to nobody, and a long one takes quadratic time to print.
            return digits
        if kind in "fx":
            return tuple(self.take(self.take(1)[0]) for _ in range(1 + (kind == "x")))
        self.take({"I": 8, "g": 8, "y": 16}[kind])
        return 0.0

    def _code(self, depth: int) -> Code:
        values: list[Any] = []
        for field in self.fields:
            if field == "i":
                self.number()
            else:
                values.append(self.value(depth + 1))
        constants, names, variables, free, filename, name = (
            () if place is None else values[place] for place in self.places
        )
        more = values[5] if self.places[3] is not None else ()
        code = values[0]
        if not (isinstance(code, bytes) and isinstance(constants, tuple)):
            raise MalformedError("its byte code or its constants are something else")
        return Code(
            name=_string(name),
            filename=_string(filename),
            names=_strings(names),
            variables=_strings(variables) + _strings(free) + _strings(more),
            constants=constants,
            code=code,
        )


def _string(value: Any) -> str:
    """Return a name: Python 2 has them as bytes."""
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    if not isinstance(value, str):
        raise MalformedError("a name in it is no text")
    return value


def _strings(values: Any) -> tuple[str, ...]:
    if not isinstance(values, tuple):
        raise MalformedError("its names are something else")
    return tuple(map(_string, values))
