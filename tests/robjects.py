"""Objects of R assembled in the three encodings of its serialization."""

from __future__ import annotations

import struct
from typing import Union

Part = Union[int, bytes]
Object = tuple[Part, ...]

NULL: Object = (254,)
GLOBAL: Object = (253,)
UNBOUND: Object = (252,)
ATTRIBUTES, TAG = 1 << 9, 1 << 10


def chars(value: str) -> Object:
    """A string."""
    return (9 | 4 << 12, len(value.encode()), value.encode())


def symbol(name: str) -> Object:
    """A symbol on its first appearance."""
    return (1, *chars(name))


def again(index: int) -> Object:
    """What was referable as number `index`, once more."""
    return (255 | index << 8,)


def strings(*values: str) -> Object:
    """A character vector."""
    return (16, len(values), *(part for value in values for part in chars(value)))


def integers(*values: int) -> Object:
    """An integer vector."""
    return (13, len(values), *values)


def vector(*items: Object, kind: int = 19) -> Object:
    """A list."""
    return (kind, len(items), *(part for item in items for part in item))


def pairs(*entries: tuple[str, Object]) -> Object:
    """A pair list; entries without a name have none."""
    parts: Object = ()
    for name, value in entries:
        parts += (2 | (TAG if name else 0), *(symbol(name) if name else ()), *value)
    return (*parts, *NULL)


def call(function: Object, *arguments: Object) -> Object:
    """A call."""
    return (6, *function, *pairs(*(("", argument) for argument in arguments)))


def closure(body: Object, formals: Object = NULL) -> Object:
    """A function of the global environment."""
    return (3 | TAG, *GLOBAL, *formals, *body)


def promise(code: Object, value: Object = UNBOUND) -> Object:
    """A promise of the global environment."""
    return (5 | TAG, *GLOBAL, *value, *code)


def environment(*variables: tuple[str, Object], hashed: bool = False) -> Object:
    """An environment below the global one."""
    frame = pairs(*variables)
    inside = (*NULL, *vector(NULL, frame)) if hashed else (*frame, *NULL)
    return (4, 0, *GLOBAL, *inside, *NULL)


def alternative(name: str, package: str, state: Object) -> Object:
    """A vector that a class keeps in its own way."""
    info = (2, *symbol(name), 2, *symbol(package), 2, *integers(13), *NULL)
    return (238, *info, *state, *NULL)


def compiled(*constants: Object) -> Object:
    """Byte code; each constant begins with its type."""
    return (21, 1, *integers(12, 1), len(constants), *(part for constant in constants for part in constant))


def saved(item: Object, encoding: str = "X", version: int = 3, *, workspace: bool = False) -> bytes:
    """The bytes of a file."""
    head = (version, 0x040301, 0x030500, *((5, b"UTF-8") if version == 3 else ()))
    parts = []
    for part in (*head, *item):
        if isinstance(part, bytes):
            escaped = b"".join(bytes([byte]) if 32 < byte < 127 and byte != 92 else b"\\%03o" % byte for byte in part)
            parts.append(escaped + b"\n" if encoding == "A" else part)
        elif encoding == "A":
            parts.append(b"%d\n" % part)
        else:
            parts.append(struct.pack(">i" if encoding == "X" else "<i", part))
    front = f"RD{encoding}{version}\n".encode() if workspace else b""
    return front + encoding.encode() + b"\n" + b"".join(parts)
