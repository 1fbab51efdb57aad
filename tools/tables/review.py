"""Decides what a class may do in a pickle by reading the methods that the pickle machine would run.

`new` runs `__new__`; a call runs `__init__` as well; BUILD runs `__setstate__`, `__getattr__` and the setters of
properties; whatever exists is hashed, compared and deleted. All calls in these methods are followed through the
library. The strict reading wants every call to be known as harmless; the loose one wants none known to have effects.
"""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from tables import vocabulary
from tables.hierarchy import Class, Defined, dotted

if TYPE_CHECKING:
    from tables.hierarchy import Function, Library

DEEPEST = 16


class Frame(NamedTuple):
    """One function under review: where its names are looked up, and whose method it is."""

    module: str
    node: Function
    owner: Class | None
    instance: Class | None

    def parameters(self) -> list[str]:
        """Return its parameters, the first one of a method included."""
        spec = self.node.args
        named = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, *filter(None, (spec.vararg, spec.kwarg))]
        return [item.arg for item in named]


class Review:
    """Reviews classes of one library."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.done: dict[tuple[int, str, bool, bool], str | None] = {}

    def rights(self, cls: Class) -> tuple[str, list[str]]:
        """Return the rights of a class, and the reasons for those it does not get."""
        outside = [base for base in self.library.ancestry(cls) if isinstance(base, str)]
        unknown = [base for base in outside if not is_data_base(base)]
        if unknown:
            return "refer", [f"base {unknown[0]} is not known"]
        existing = self._any(cls, ("__del__", "__hash__", "__eq__", "__getattribute__"), strict=False)
        new = existing or self._first(cls, "__new__", strict=True)
        state = self._first(cls, "__setstate__", strict=True) or self._state_by_attributes(cls)
        call = (
            new
            or self._called(cls)
            or self._first(cls, "__missing__" if set(outside) & vocabulary.ENUMERATIONS else "__init__", strict=True)
        )
        call = call or self._first(cls, "__post_init__", strict=True) or self._first(cls, "_missing_", strict=False)
        words = ["refer"]
        words += [] if new else ["new"] if call else ["call"]
        words += [] if existing or state else ["build"]
        for bases, word, methods in (
            (vocabulary.SEQUENCES, "append", ("append", "extend", "add")),
            (vocabulary.MAPPINGS, "setitem", ("__setitem__",)),
        ):
            if set(outside) & bases and not existing and not self._any(cls, methods, strict=False):
                words.append(word)
        reasons = [f"{what}: {why}" for what, why in (("new", new), ("build", state), ("call", call)) if why]
        return " ".join(words), reasons

    def function(self, module: str, node: Function) -> str | None:
        """Return why a function may not be named, if it may not: it has effects when a model calls it."""
        return self._frame(Frame(module, node, None, None), strict=False, depth=1)

    def _called(self, cls: Class) -> str | None:
        for keyword in cls.node.keywords:
            if keyword.arg == "metaclass":
                meta = self.library.resolve(cls.module, dotted(keyword.value) or "?")
                if isinstance(meta, Class) and any(
                    isinstance(base, Class) and base.method("__call__") for base in self.library.ancestry(meta)
                ):
                    return "its metaclass has a __call__"
        return None

    def _state_by_attributes(self, cls: Class) -> str | None:
        reason = self._any(cls, ("__getattr__", "__setattr__"), strict=False)
        for base in self.library.ancestry(cls):
            if reason is None and isinstance(base, Class):
                for setter in base.setters():
                    frame = Frame(base.module, setter, base, cls)
                    reason = reason or self._frame(frame, strict=False, depth=0)
        return reason

    def _any(self, cls: Class, names: tuple[str, ...], *, strict: bool) -> str | None:
        return next(filter(None, (self._first(cls, name, strict=strict) for name in names)), None)

    def _first(self, cls: Class, name: str, *, strict: bool, after: Class | None = None, depth: int = 0) -> str | None:
        """Review the method that Python finds under a name, in the class or behind one of its bases."""
        order = self.library.ancestry(cls)
        if after is not None:
            order = order[order.index(after) + 1 :] if after in order else []
        for base in order:
            if isinstance(base, Class) and (method := base.method(name)) is not None:
                return self._frame(Frame(base.module, method, base, cls), strict=strict, depth=depth + 1)
        return None

    def _frame(self, frame: Frame, *, strict: bool, depth: int) -> str | None:
        if f"{frame.module}:{frame.owner.name + '.' if frame.owner else ''}{frame.node.name}" in vocabulary.REVIEWED:
            return None
        key = (id(frame.node), frame.instance.key if frame.instance else "", strict, depth <= 1)
        if key in self.done:
            return self.done[key]
        self.done[key] = None  # A function that calls itself is as harmless as the rest of it.
        if depth > DEEPEST:
            return "calls too deep to follow" if strict else None
        reason = None
        for call in calls_of(frame.node):
            reason = self._call(call, frame, strict=strict, depth=depth)
            if reason:
                break
        self.done[key] = reason
        return reason

    def _call(self, call: ast.Call, frame: Frame, *, strict: bool, depth: int) -> str | None:
        func = call.func
        if isinstance(func, ast.Attribute) and is_super(func.value):
            if frame.instance is None or frame.owner is None:
                return None
            return self._first(frame.instance, func.attr, strict=strict, after=frame.owner, depth=depth)
        path = dotted(func)
        last = func.attr if isinstance(func, ast.Attribute) else path or ""
        if path is None or isinstance(func, ast.Subscript):
            return judged_by_name(last, strict=strict)
        return self._path(call, path, frame, strict=strict, depth=depth)

    def _path(self, call: ast.Call, path: str, frame: Frame, *, strict: bool, depth: int) -> str | None:
        """Judge a call of something that is named, by what the name is bound to."""
        head, *rest = path.split(".")
        parameters = frame.parameters()
        if is_bound(frame) and parameters and head == parameters[0]:
            return self._own(rest, frame, strict=strict, depth=depth)
        if not rest and head in defined_in(frame.node):
            return None  # Its body is read with the function around it.
        if head in parameters or head in bound_in(frame.node):
            if rest:
                return judged_by_name(rest[-1], strict=strict)
            is_risk = strict or (head in parameters and depth <= 1)
            return f"calls its argument or variable {head}" if is_risk else None
        return self._named(call, path, frame, strict=strict, depth=depth)

    def _own(self, rest: list[str], frame: Frame, *, strict: bool, depth: int) -> str | None:
        """Judge a call on self: a method of the class, or something of one of its attributes."""
        if not rest:
            return None if frame.node.name == "__new__" else "calls the object itself"
        if rest[:1] == ["__class__"]:
            return None if len(rest) == 1 or not strict else "calls its class"
        if len(rest) == 1 and frame.instance is not None:
            order = self.library.ancestry(frame.instance)
            if any(isinstance(base, Class) and base.method(rest[0]) for base in order):
                return self._first(frame.instance, rest[0], strict=strict, depth=depth)
        return judged_by_name(rest[-1], strict=strict)

    def _named(self, call: ast.Call, path: str, frame: Frame, *, strict: bool, depth: int) -> str | None:
        imports = imported_in(frame.node)
        head, _, rest = path.partition(".")
        if head in imports:
            found = self.library.find(imports[head] + (f".{rest}" if rest else ""))
        else:
            found = self.library.resolve(frame.module, path)
            if isinstance(found, str) and found.startswith("?") and "." in path:
                found = self._method_of(path, frame) or found
        if isinstance(found, Defined):
            return self._followed(Frame(found.module, found.node, None, None), strict=strict, depth=depth)
        if isinstance(found, Class):
            reason = self._first(found, "__new__", strict=strict, depth=depth)
            reason = reason or self._first(found, "__init__", strict=strict, depth=depth)
            return reason or self._first(found, "__post_init__", strict=strict, depth=depth)
        return judged_outside(found, call, strict=strict)

    def _followed(self, frame: Frame, *, strict: bool, depth: int) -> str | None:
        return judged_by_effect(frame.node.name) or self._frame(frame, strict=strict, depth=depth + 1)

    def _method_of(self, path: str, frame: Frame) -> Defined | None:
        """`Base.__init__(self, ...)`: a method named through its class."""
        owner, _, name = path.rpartition(".")
        found = self.library.resolve(frame.module, owner)
        if isinstance(found, Class):
            for base in self.library.ancestry(found):
                if isinstance(base, Class) and (method := base.method(name)) is not None:
                    return Defined(base.module, method)
        return None


@cache
def calls_of(node: Function) -> tuple[ast.Call, ...]:
    """Return the calls in a body, those in functions inside it too; decorators and annotations are not run by it."""
    return tuple(inner for item in node.body for inner in ast.walk(item) if isinstance(inner, ast.Call))


def is_super(node: ast.expr) -> bool:
    """Return whether an expression is `super()` or `super(Class, self)`."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"


def is_bound(frame: Frame) -> bool:
    """Return whether the first parameter is the object or its class."""
    marks = [mark.id for mark in frame.node.decorator_list if isinstance(mark, ast.Name)]
    return frame.owner is not None and "staticmethod" not in marks


@cache
def defined_in(node: Function) -> set[str]:
    """Return the functions defined inside a function."""
    return {inner.name for inner in ast.walk(node) if isinstance(inner, ast.FunctionDef) and inner is not node}


@cache
def bound_in(node: Function) -> set[str]:
    """Return the variables a function assigns."""
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)}


@cache
def imported_in(node: Function) -> dict[str, str]:
    """Return what a function imports, by the name it gives to it; relative imports are not followed."""
    found = {}
    for inner in ast.walk(node):
        if isinstance(inner, ast.Import):
            found.update({alias.asname or alias.name.split(".")[0]: alias.name for alias in inner.names})
        elif isinstance(inner, ast.ImportFrom):
            origin = f"{inner.module}." if not inner.level else f"?.{inner.module}."
            found.update({alias.asname or alias.name: origin + alias.name for alias in inner.names})
    return found


def is_data_base(base: str) -> bool:
    """Return whether a base outside the library holds data only."""
    return base in vocabulary.DATA_BASES or base.startswith(vocabulary.DATA_BASE_PACKAGES)


def judged_by_effect(name: str) -> str | None:
    """Return the reason against a callable whose name tells of an effect."""
    return f"calls {name}" if vocabulary.EFFECTS.match(name) else None


def judged_by_name(method: str, *, strict: bool) -> str | None:
    """Return the reason against a method of an object of unknown type."""
    if strict:
        return None if method in vocabulary.HARMLESS_METHODS else f"calls method {method or '(computed)'}"
    return judged_by_effect(method)


def judged_outside(path: str, call: ast.Call, *, strict: bool) -> str | None:
    """Return the reason against something defined outside the library."""
    name = path.rpartition(".")[2]
    if path.startswith("?.") and path.count(".") > 1:
        return judged_by_name(name, strict=strict)
    if path.startswith("builtins."):
        return judged_builtin(path, call, strict=strict)
    if vocabulary.HARMLESS_OUTSIDE.fullmatch(path):
        return None
    if path.partition(".")[0] in vocabulary.EFFECT_MODULES:
        return f"calls {path}"
    return judged_by_effect(name) or (f"calls {path}, which is not known" if strict else None)


def judged_builtin(path: str, call: ast.Call, *, strict: bool) -> str | None:
    """Return the reason against a builtin function or a method of a builtin type."""
    name = path.rpartition(".")[2]
    known = vocabulary.HARMLESS_METHODS if path.count(".") > 1 else vocabulary.HARMLESS_BUILTINS
    if name in ("map", "filter") and call.args and dotted(call.args[0]) in vocabulary.CONVERSIONS:
        return None
    if name == "type" and len(call.args) != 1:
        return "makes a class"
    if name in ("sorted", "max", "min") and any(keyword.arg == "key" for keyword in call.keywords) and strict:
        return f"calls {name} with a key"
    return None if name in known else f"calls {path}"
