"""One group of the safe table: which wheels it is read from, which modules of them, and what comes out."""

from __future__ import annotations

import re
import sys
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Callable, NamedTuple

from tables.hierarchy import Class, Library
from tables.review import Review
from tables.wheels import opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Table = dict[str, str]

ORDER = ("refer", "new", "call", "build", "append", "setitem")

#: What Cython calls the function that its classes are rebuilt with.
REBUILDER = re.compile(r"__pyx_unpickle_\w+|newObj")


def as_it_is(module: str) -> str:
    """Return the module under its own name."""
    return module


class Group(NamedTuple):
    """What to read. Patterns are of module names, as the shell has them."""

    name: str
    wheels: tuple[str, ...]
    #: Modules whose classes are listed.
    classes: tuple[str, ...] = ()
    #: Modules whose functions are listed as values.
    functions: tuple[str, ...] = ()
    #: Compiled modules whose classes are listed, each looked at by a person.
    compiled: tuple[str, ...] = ()
    #: Modules that are left out again.
    leave: tuple[str, ...] = ()
    #: Other wheels where bases of the classes are found.
    needs: tuple[str, ...] = ()
    #: List only classes that inherit from one of these.
    under: tuple[str, ...] = ()
    #: The module under which a pickle names what lies in this one.
    shown: Callable[[str], str] = as_it_is
    #: Entries written by hand, with the reason beside them in the source.
    by_hand: Mapping[str, str] = {}

    def versions(self) -> str:
        """Return libraries and versions for the header."""
        found: dict[str, list[str]] = {}
        for pin in self.wheels:
            name, _, version = pin.partition("==")
            found.setdefault(name, []).append(version)
        return "; ".join(f"{name} {', '.join(versions)}" for name, versions in found.items())


def matches(module: str, patterns: tuple[str, ...]) -> bool:
    """Return whether a module is meant by any of the patterns."""
    return any(fnmatchcase(module, pattern) for pattern in patterns)


def made(group: Group) -> Table:
    """Return the table of a group: of several versions, each entry has the rights that all of them allow."""
    rights: dict[str, list[str]] = {}
    for pin in group.wheels:
        for key, words in entries(group, pin):
            known = rights.setdefault(key, words)
            if known != words:
                rights[key] = [word for word in known if word in words]
    table = {key: written(words) for key, words in rights.items()}
    table.update(group.by_hand)
    return table


def written(words: list[str]) -> str:
    """Return the rights in the order of the column; what may be called needs no right to be made."""
    return " ".join(word for word in ORDER if word in words and not (word == "new" and "call" in words))


def entries(group: Group, pin: str) -> Iterator[tuple[str, list[str]]]:
    """Yield what one wheel gives."""
    library = Library((pin, *group.needs))
    review = Review(library)
    for module in sorted(opened(pin).sources):
        if matches(module, group.leave):
            continue
        shown = group.shown(module)
        if matches(module, group.classes):
            for cls in library.names(module).classes.values():
                if not group.under or is_under(library, cls, group.under):
                    yield from class_entries(cls, shown if cls.shown == module else cls.shown, review)
            for name in library.names(module).records:
                yield f"{shown}:{name}", ["refer", "call", "new", "build"]
        if matches(module, group.functions):
            for name, node in library.names(module).functions.items():
                # The dispatchers of numpy stand beside each of its functions and are never values.
                if (
                    not name.startswith("__")
                    and not name.endswith("_dispatcher")
                    and review.function(module, node) is None
                ):
                    yield f"{shown}:{name}", ["refer"]
    for module in sorted(opened(pin).compiled):
        if matches(module, group.compiled) and not matches(module, group.leave):
            yield from compiled_entries(module, opened(pin).data(module))


def is_under(library: Library, cls: Class, keys: tuple[str, ...]) -> bool:
    """Return whether a class inherits from one of the named ones."""
    names = {base if isinstance(base, str) else base.key for base in library.ancestry(cls)}
    return not names.isdisjoint(keys)


def class_entries(cls: Class, shown: str, review: Review) -> Iterator[tuple[str, list[str]]]:
    """Yield a class with its rights."""
    rights, reasons = review.rights(cls)
    words = rights.split()
    if "call" in words:
        words.append("new")
    for reason in reasons:
        if not reason.startswith("call"):
            print(f"fewer rights: {cls.key}: {reason}", file=sys.stderr)
    yield f"{shown}:{cls.name}", words


def compiled_entries(module: str, data: bytes) -> Iterator[tuple[str, list[str]]]:
    """Yield the classes of a compiled module, whose full names lie in it, and the functions that rebuild them."""
    prefix = re.escape(module.encode())
    for name in {
        match.group(1).decode() for match in re.finditer(rb"\0" + prefix + rb"\.(_*[sdcz]?[A-Z]\w*)(?=\0)", data)
    }:
        yield f"{module}:{name}", ["refer", "call", "new", "build"]
    for match in {match.group(1).decode() for match in re.finditer(rb"\0(__pyx_unpickle_\w+|newObj)(?=\0)", data)}:
        if REBUILDER.fullmatch(match) and not match.endswith("__set_state"):
            yield f"{module}:{match}", ["refer", "call", "new", "build"]
