"""What a numpy dtype description says about the bytes of an array: how many, and whether they are objects."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

#: `dtype.str`, as numpy writes it for every type that has no fields.
_CODE = re.compile(r"[<>|=]?([?bBiufcSaUVmMO])([0-9]{0,18})(\[[0-9]{0,10}[A-Za-z]{1,2}(?:/[0-9]{1,10})?\])?")

#: Bytes of a character of each kind that is counted in characters.
_WIDE = {"U": 4}

#: Kinds that have one size, and need not say it.
_FIXED = {"?": 1, "b": 1, "B": 1}

#: How many dimensions numpy's arrays can have (`NPY_MAXDIMS`; 32 before version 2).
_DIMENSIONS = 64


class NotUnderstoodError(ValueError):
    """A description that numpy does not write; the argument says what is odd about it."""


class Layout(NamedTuple):
    """The bytes of one element."""

    size: int
    #: Whether some part of it is a Python object: such arrays are pickled.
    objects: bool


def layout(descr: Any) -> Layout:
    """Return the layout of a dtype description: a code, a list of fields, or a base with a shape.

    Raises `NotUnderstoodError`. The depth is bounded by that of the literal it comes from.
    """
    if isinstance(descr, str):
        return _of_code(descr)
    if type(descr) is tuple and len(descr) == 2:  # noqa: PLR2004
        return _repeated(layout(descr[0]), descr[1])
    if isinstance(descr, list):
        fields = [_of_field(field) for field in descr]
        return Layout(sum(field.size for field in fields), any(field.objects for field in fields))
    raise NotUnderstoodError("a dtype of an odd form")


def count(shape: Any) -> int:
    """Return the number of elements of a shape. Raises `NotUnderstoodError`."""
    dimensions = shape if type(shape) is tuple else (shape,)
    if len(dimensions) > _DIMENSIONS:
        raise NotUnderstoodError("more dimensions than arrays can have")
    product = 1
    for dimension in dimensions:
        if type(dimension) is not int:
            raise NotUnderstoodError("a dimension that is no number")
        if dimension < 0:
            raise NotUnderstoodError("a negative dimension")
        product *= dimension
    if product >= 1 << 63:
        raise NotUnderstoodError("more elements than a 64-bit number can count")
    return product


def _of_code(code: str) -> Layout:
    found = _CODE.fullmatch(code)
    if found is None or (found[3] and found[1] not in "mM"):
        raise NotUnderstoodError("a dtype code that numpy does not write")
    kind = found[1]
    if kind == "O":
        return Layout(8, True)
    if not found[2] and kind not in _FIXED:
        raise NotUnderstoodError("a dtype code without a size")
    return Layout(int(found[2] or _FIXED[kind]) * _WIDE.get(kind, 1), False)


def _of_field(field: Any) -> Layout:
    if type(field) is not tuple or len(field) not in (2, 3):
        raise NotUnderstoodError("a dtype field of an odd form")
    name = field[0]
    titled = type(name) is tuple and len(name) == 2 and all(isinstance(part, str) for part in name)  # noqa: PLR2004
    if not titled and not isinstance(name, str):
        raise NotUnderstoodError("a dtype field without a name")
    element = layout(field[1])
    return _repeated(element, field[2]) if len(field) == 3 else element  # noqa: PLR2004


def _repeated(element: Layout, shape: Any) -> Layout:
    return Layout(element.size * count(shape), element.objects)
