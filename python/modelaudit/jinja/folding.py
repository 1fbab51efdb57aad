"""What operators, filters and methods of Jinja make of constants: computed with bounds, and only where it is pure."""

from __future__ import annotations

import re
from itertools import product
from string import Formatter
from typing import TYPE_CHECKING, Callable

from modelaudit.jinja.names import UNKNOWN
from modelaudit.jinja.values import (
    BUILT,
    DATA,
    PICKED,
    TEXT,
    Choices,
    Data,
    Items,
    Letters,
    Number,
    Some,
    Table,
    Text,
    Value,
    concat,
    grown,
    items_of,
    join,
    listed,
    text,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Ways to combine the choices of several operands that are tried; beyond them the result counts as unknown.
_TRIED = 24

_PERCENT = re.compile(r"%(?:\((\w*)\))?[-+0 #]*\d{0,3}(?:\.\d{0,3})?([a-zA-Z%])")


def combined(make: Callable[..., Value], *operands: Choices) -> Choices:
    """Return what an operation makes of all choices of its operands."""
    total = 1
    for choices in operands:
        total *= len(choices)
    if total > _TRIED:
        picked = any(getattr(value, "picked", False) for choices in operands for value in choices)
        operands = tuple(choices if len(choices) == 1 else choices[:2] for choices in operands)
        rest: Choices = PICKED if picked else BUILT
        return join((make(*values) for values in product(*operands[:4])), rest)
    return join(make(*values) for values in product(*operands))


def add(left: Value, right: Value) -> Value:
    """Return what the operator + makes of two values."""
    if isinstance(left, Text) or isinstance(right, Text):
        return concat(left, right)
    if isinstance(left, Items) and isinstance(right, Items):
        return listed((*left.items, *right.items))
    if isinstance(left, Some) or isinstance(right, Some):
        return grown(left, (right,))
    if isinstance(left, Number) and isinstance(right, Number):
        return _calculated(left, right, lambda one, two: one + two)
    return Data(built=isinstance(left, Data) and isinstance(right, Data))


def subtract(left: Value, right: Value) -> Value:
    """Return what the operator - makes of two values."""
    if isinstance(left, Number) and isinstance(right, Number):
        return _calculated(left, right, lambda one, two: one - two)
    return Data()


def multiply(left: Value, right: Value) -> Value:
    """Return what the operator * makes of two values."""
    if isinstance(right, Text):
        left, right = right, left
    if isinstance(left, Text):
        times = right.value if isinstance(right, Number) else None
        if isinstance(times, int) and times * len(left.pattern) <= TEXT:
            return text(left.pattern * times, left.picked)
        return Text(UNKNOWN, left.picked)
    if isinstance(left, Number) and isinstance(right, Number):
        return _calculated(left, right, lambda one, two: one * two)
    return Data()


def _calculated(left: Number, right: Number, make: Callable[[float, float], float]) -> Value:
    one, two = left.value, right.value
    if one is None or two is None or max(abs(one), abs(two)) > 1e15:  # noqa: PLR2004 - no index is so large
        return Data()
    return Number(make(one, two))


def percent(pattern: Value, values: Value) -> Value:
    """Return what the operator % makes of a text."""
    if not isinstance(pattern, Text):
        return Data(built=isinstance(pattern, Data))
    given = [choices[0] for choices in values.items if choices] if isinstance(values, Items) else [values]
    return formatted(pattern, given, {})


def formatted(pattern: Text, given: Sequence[Value], named: Mapping[str, Value]) -> Text:
    """Return what formatting with percent signs makes of a text."""
    if not pattern.known:
        return Text(UNKNOWN, pattern.picked)
    waiting = list(given)
    picked = pattern.picked

    def fill(found: re.Match[str]) -> str:
        nonlocal picked
        name, kind = found.groups()
        if kind == "%":
            return "%"
        value = named.get(name, Data()) if name is not None else waiting.pop(0) if waiting else Data()
        if isinstance(value, Number) and isinstance(value.value, (int, float)) and kind in "cdioxX":
            number = int(value.value) if abs(value.value) < 1e9 else 0  # noqa: PLR2004
            letter = 0 <= number < 0x110000  # noqa: PLR2004 - all letters that there are
            return chr(number) if kind == "c" and letter else f"%{kind.replace('c', 'd')}" % number
        picked = picked or text_of(value).picked
        return text_of(value).pattern

    return text(_PERCENT.sub(fill, pattern.pattern), picked)


def fields(pattern: str) -> tuple[list[str], list[list[str]]] | None:
    """Return the fields of a text for `str.format`, and for each that asks for attributes or items their names."""
    names: list[str] = []
    walks: list[list[str]] = []
    waiting = [pattern]
    try:
        while waiting:
            for _, name, spec, _ in Formatter().parse(waiting.pop()):
                if name is None:
                    continue
                names.append(name)
                parts = [part for part in re.split(r"[.\[\]]+", name)[1:] if part]
                walks += [parts] if parts else []
                waiting += [spec] if spec else []
    except ValueError:
        return None
    return names, walks


def braces(pattern: Text, given: Sequence[Value], named: Mapping[str, Value]) -> Text:
    """Return what `str.format` makes of a text whose fields ask for no attributes."""
    if not pattern.known:
        return Text(UNKNOWN, pattern.picked)
    made: Text = Text("", pattern.picked)
    try:
        for position, (literal, name, _, _) in enumerate(Formatter().parse(pattern.pattern)):
            made = concat(made, Text(literal))
            if name is None:
                continue
            place = int(name) if name.isdecimal() else position
            value = named.get(name) or (given[place] if not name or name.isdecimal() else None)
            made = concat(made, value or Data())
    except (ValueError, IndexError):
        return Text(UNKNOWN, pattern.picked)
    return made


def subscript(base: Value, key: Value) -> Choices:
    """Return the item of a value."""
    if isinstance(base, Table):
        same = [value for keys, value in base.pairs if key in keys]
        return join(*same) if same else join(*(value for _, value in base.pairs)) or DATA
    if isinstance(base, Some):
        return base.choices
    items = items_of(base)
    if items is None:
        return PICKED if isinstance(base, (Text, Letters)) else DATA
    if isinstance(key, Number) and isinstance(key.value, int) and -len(items) <= key.value < len(items):
        return items[int(key.value)]
    return () if isinstance(key, Number) else join(*items)


def sliced(base: Value, start: Value, stop: Value, step: Value) -> Value:
    """Return a slice of a value."""
    parts: list[int | None] = []
    for part in (start, stop, step):
        value = part.value if isinstance(part, Number) else 0.5
        if value is not None and not isinstance(value, int):
            return Text(UNKNOWN, picked=True) if isinstance(base, Text) and base.known else _rest(base)
        parts.append(value)
    if parts[2] == 0:
        return Data()
    which = slice(*parts)
    if isinstance(base, Text):
        return Text(base.pattern[which], base.picked) if base.known or parts == [None, None, -1] else _rest(base)
    return listed(base.items[which]) if isinstance(base, Items) else _rest(base)


def _rest(base: Value) -> Value:
    """Return part of a value of which nothing is known but its kind."""
    if isinstance(base, Text):
        return Text(UNKNOWN, base.picked)
    return base if isinstance(base, (Letters, Data, Some)) else Data()
