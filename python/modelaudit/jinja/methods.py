"""What methods of values and filters of Jinja make of constants: computed where that is pure, and with bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from modelaudit.jinja.folding import formatted, sliced, subscript
from modelaudit.jinja.names import UNKNOWN
from modelaudit.jinja.values import (
    DATA,
    ITEMS,
    PICKED,
    TEXT,
    Choices,
    Items,
    Letters,
    Macro,
    Number,
    Object,
    Some,
    Table,
    Text,
    Value,
    Walked,
    concat,
    each,
    items_of,
    join,
    listed,
    text,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Filters that are methods of strings under the same or another name.
_TEXT_FILTERS = {
    "capitalize": "capitalize",
    "lower": "lower",
    "replace": "replace",
    "title": "title",
    "trim": "strip",
    "upper": "upper",
}

#: Methods of strings that compute a string from strings.
_TEXT_METHODS = {*_TEXT_FILTERS.values(), "casefold", "lstrip", "rstrip", "swapcase", "removeprefix", "removesuffix"}

_OBJECTS = (Object, Walked, Macro)

Make = Callable[[str, Value, "Sequence[Value]"], Choices]


def method(name: str, base: Value, args: Sequence[Value]) -> Choices | None:
    """Return what a method makes of a value; None where it is not computed here."""
    if name in _TEXT_METHODS and isinstance(base, Text):
        return (_text_method(name, base, args),)
    make = _METHODS.get(name)
    return make(name, base, args) if make else None


def _parts_of_table(name: str, base: Value, _args: Sequence[Value]) -> Choices:
    return (_pairs(name, base),) if isinstance(base, Table) else DATA


def _got(_name: str, base: Value, args: Sequence[Value]) -> Choices:
    if isinstance(base, Table) and args:
        return join(subscript(base, args[0]), args[1:])
    if args and isinstance(base, (Items, Some)):
        return subscript(base, args[0])
    return each(base) if isinstance(base, (Items, Some)) else DATA


def _split(_name: str, base: Value, args: Sequence[Value]) -> Choices:
    separators = [arg.pattern or UNKNOWN if isinstance(arg, Text) else UNKNOWN for arg in args[:1]]
    if not isinstance(base, Text) or not base.known or UNKNOWN in separators:
        return DATA
    parts = base.pattern.split(separators[0]) if separators else base.pattern.split()
    return (listed((Text(part, base.picked),) for part in parts[:ITEMS]),)


def _changed(_name: str, base: Value, _args: Sequence[Value]) -> Choices:
    return (Text(UNKNOWN, picked=isinstance(base, Text) and base.known),)


_METHODS: dict[str, Make] = {
    **dict.fromkeys(("keys", "values", "items"), _parts_of_table),
    **dict.fromkeys(("get", "pop", "setdefault"), _got),
    **dict.fromkeys(("split", "rsplit", "splitlines"), _split),
    **dict.fromkeys(("encode", "decode", "center", "ljust", "rjust", "zfill", "translate"), _changed),
    "join": lambda _name, base, args: (joined(args[0], base),) if args else DATA,
}


def _text_method(name: str, base: Text, args: Sequence[Value]) -> Text:
    texts = [text_of(arg) for arg in args[:2]]
    picked = base.picked or any(arg.picked for arg in texts)
    if not all(arg.known for arg in texts):
        return Text(UNKNOWN, picked)
    grows = texts[1].pattern if name == "replace" and len(texts) > 1 else ""
    if (len(base.pattern) + 1) * (len(grows) + 1) > TEXT * 16:
        return Text(UNKNOWN, picked)
    try:
        made: str = getattr(base.pattern, name)(*(arg.pattern for arg in texts))
    except (AttributeError, TypeError, ValueError):
        return Text(UNKNOWN, picked)
    return text(made, picked)


def _pairs(name: str, base: Table) -> Value:
    if name == "keys":
        return listed(key for key, _ in base.pairs)
    if name == "values":
        return listed(value for _, value in base.pairs)
    return listed((listed((key, value)),) for key, value in base.pairs)


def joined(base: Value, separator: Value) -> Text:
    """Return the items of a value as one text."""
    items = items_of(base)
    if items is None:
        return Text(UNKNOWN, isinstance(base, (Letters, Some)) or text_of(base).picked)
    made: Text = Text("")
    for position, choices in enumerate(items):
        part = choices[0] if len(choices) == 1 else Text(UNKNOWN, any(text_of(value).picked for value in choices))
        made = concat(concat(made, separator) if position else made, part)
    return made


def filtered(name: str, base: Value, args: Sequence[Value]) -> Choices:
    """Return what a filter makes of a value."""
    if name in _TEXT_FILTERS:
        return (_text_method(_TEXT_FILTERS[name], text_of(base), args),)
    make = _FILTERS.get(name)
    if make:
        return make(name, base, args)
    # Any other filter makes a text of a text, for all that is known, and anything of the rest.
    return (Text(UNKNOWN, base.picked),) if isinstance(base, Text) else PICKED if isinstance(base, _OBJECTS) else DATA


def _reversed(_name: str, base: Value, _args: Sequence[Value]) -> Choices:
    return (sliced(base, Number(None), Number(None), Number(-1)),)


def _end(name: str, base: Value, _args: Sequence[Value]) -> Choices:
    items = items_of(base)
    if items:
        return items[0] if name == "first" else items[-1]
    return each(base)


def _as_list(name: str, base: Value, _args: Sequence[Value]) -> Choices:
    items = items_of(base)
    if items is not None and name in ("list", "unique"):
        return (listed(items),)
    if items is not None and name == "sort":
        return (listed([join(*items) or DATA] * len(items)),)
    if isinstance(base, Some):
        return (base,)
    return (Letters(),) if isinstance(base, (Text, Letters)) else DATA


def _iterator(_name: str, base: Value, _args: Sequence[Value]) -> Choices:
    # What iterates without being a list: its text is that of an object.
    return (Object("generator"),) if isinstance(base, (Items, Text, Table)) else DATA


def _percent(_name: str, base: Value, args: Sequence[Value]) -> Choices:
    return (formatted(base, args, {}),) if isinstance(base, Text) else (Text(UNKNOWN),)


#: Filters that leave a text as it is, as far as names go; that pick an item; that list; that iterate; that count.
_SAME = "string safe e escape forceescape striptags indent center urlencode pprint tojson truncate"
_LISTS = "list unique sort batch slice"
_ITERATORS = "map select reject selectattr rejectattr groupby"
_NUMBERS = "abs count length int float round sum wordcount"

_FILTERS: dict[str, Make] = {
    **dict.fromkeys(_SAME.split(), lambda _name, base, _args: (text_of(base),)),
    **dict.fromkeys(_LISTS.split(), _as_list),
    **dict.fromkeys(_ITERATORS.split(), _iterator),
    **dict.fromkeys(_NUMBERS.split(), lambda _name, _base, _args: DATA),
    **dict.fromkeys(("first", "last"), _end),
    **dict.fromkeys(("random", "min", "max"), lambda _name, base, _args: each(base)),
    **dict.fromkeys(("default", "d"), lambda _name, base, args: join((base,), args[:1])),
    **dict.fromkeys(("items", "dictsort"), lambda _name, base, args: _parts_of_table("items", base, args)),
    "join": lambda _name, base, args: (joined(base, args[0] if args else Text("")),),
    "reverse": _reversed,
    "format": _percent,
}
