"""What is known about a value in a template: text of which parts may be unknown, lists, dicts, data, objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Union

from modelaudit.jinja.names import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Characters of a text that are followed: names are short, and the texts that they are cut from rarely long.
TEXT = 2048

#: Values that one place may have, for different ways through the template.
CHOICES = 12

#: Items of a list that are followed.
ITEMS = 256

Scalar = Union[int, float, bool, None]


@dataclass(frozen=True)
class Text:
    """A text; UNKNOWN stands for parts that are not known."""

    pattern: str
    #: Whether characters were picked out of something that does not hold them for this purpose.
    picked: bool = False

    @property
    def known(self) -> bool:
        """Whether all of it is known."""
        return UNKNOWN not in self.pattern


@dataclass(frozen=True)
class Number:
    """A constant that is no text."""

    value: Scalar


@dataclass(frozen=True)
class Items:
    """A list or tuple whose items are known, each with its choices."""

    items: tuple[Choices, ...]


@dataclass(frozen=True)
class Some:
    """A list that grows while the template renders, whose items are among these."""

    choices: Choices


@dataclass(frozen=True)
class Table:
    """A dict whose keys are known."""

    pairs: tuple[tuple[Choices, Choices], ...]


@dataclass(frozen=True)
class Data:
    """What the renderer is given, or part of it: nothing is known before it renders."""

    #: Whether it was put together by operators, and may well be a text.
    built: bool = False


@dataclass(frozen=True)
class Letters:
    """The single characters of a text that is not known."""


@dataclass(frozen=True)
class Object:
    """A function, class or other object that is no data."""

    name: str


@dataclass(frozen=True)
class Walked:
    """What was reached through an attribute whose name is not known."""


@dataclass(frozen=True)
class Bag:
    """What `namespace()` makes; the environment keeps its attributes."""

    pairs: tuple[tuple[str, Choices], ...]


@dataclass(frozen=True)
class Macro:
    """A macro of the template, or something of another template."""

    name: str


Value = Union[Text, Number, Items, Some, Table, Data, Letters, Object, Walked, Bag, Macro]
Choices = tuple[Value, ...]

DATA: Choices = (Data(),)
BUILT: Choices = (Text(UNKNOWN),)
PICKED: Choices = (Text(UNKNOWN, picked=True),)


def join(*several: Iterable[Value]) -> Choices:
    """Return all choices of several, each once. What are too many is known no more."""
    found: dict[Value, None] = {}
    for choices in several:
        found.update(dict.fromkeys(choices))
    if len(found) <= CHOICES:
        return tuple(found)
    kept = list(found)[: CHOICES - 1]
    texts = any(isinstance(value, Text) for value in found)
    return (*(value for value in kept if value not in DATA + PICKED), *(PICKED if texts else DATA))


def text_of(value: Value) -> Text:
    """Return what a value is as text."""
    if isinstance(value, Text):
        return value
    if isinstance(value, Number):
        return Text(str(value.value))
    return Text(UNKNOWN, picked=isinstance(value, (Object, Walked, Macro, Letters)))


def text(pattern: str, picked: bool = False) -> Text:
    """Return a text, or one that is unknown where it is too long to be followed."""
    return Text(pattern, picked) if len(pattern) <= TEXT else Text(UNKNOWN, picked)


def concat(left: Value, right: Value) -> Text:
    """Return one text behind the other."""
    first, second = text_of(left), text_of(right)
    return text(first.pattern + second.pattern, first.picked or second.picked)


def of(constant: object) -> Choices:
    """Return what is known of a constant of the syntax tree."""
    if isinstance(constant, str):
        return (text(constant),)
    if constant is None or isinstance(constant, (bool, int, float)):
        return (Number(constant),)
    return DATA


def listed(items: Iterable[Choices]) -> Value:
    """Return a list of these items, or data where it is too large to be followed."""
    found = tuple(items)
    return Items(found) if _weight(found) <= ITEMS else Data()


def tabled(pairs: Iterable[tuple[Choices, Choices]]) -> Value:
    """Return a dict of these pairs, or data where it is too large to be followed."""
    found = tuple(pairs)
    return Table(found) if _weight(part for pair in found for part in pair) <= ITEMS else Data()


def _weight(parts: Iterable[Choices]) -> int:
    """Count values inside of values, up to a bit more than are followed: lists in lists grow without end."""
    waiting = list(parts)
    count = 0
    while waiting and count <= ITEMS:
        for value in waiting.pop():
            count += 1
            if isinstance(value, Items):
                waiting += value.items
            elif isinstance(value, Some):
                waiting.append(value.choices)
            elif isinstance(value, Table):
                waiting += [part for pair in value.pairs for part in pair]
    return count + len(waiting)


def items_of(value: Value) -> list[Choices] | None:
    """Return what iterating over a value yields, if that is known."""
    if isinstance(value, Items):
        return list(value.items)
    if isinstance(value, Table):
        return [key for key, _ in value.pairs]
    if isinstance(value, Text) and value.known:
        return [(Text(letter),) for letter in value.pattern[:ITEMS]]
    return None


def each(value: Value) -> Choices:
    """Return what a loop over a value gives to its variable."""
    items = items_of(value)
    if items is not None:
        return join(*items) or DATA
    if isinstance(value, Some):
        return value.choices
    return PICKED if isinstance(value, (Text, Letters)) else DATA


def grown(value: Value, by: Choices) -> Value:
    """Return a list to which values were added, in whatever order."""
    lists = [one for one in (value, *by) if one != Items(())]
    flat = [choice for one in lists for choice in (each(one) if isinstance(one, (Items, Some)) else (one,))]
    found = join(flat if isinstance(value, (Items, Some)) else [*by, Data()])
    return Some(found) if _weight((found,)) <= ITEMS else Data()
