"""Classes and functions of a library as its sources define them, with names followed through imports."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Union

from tables.wheels import opened, tree

if TYPE_CHECKING:
    from collections.abc import Iterator

#: How far imports and bases are followed, which may lead in circles.
DEEPEST = 30

Function = Union[ast.FunctionDef, ast.AsyncFunctionDef]


@dataclass(frozen=True, eq=False)
class Class:
    """One class: where it is defined, under which module its pickles name it, and what it defines itself."""

    module: str
    name: str
    node: ast.ClassDef
    shown: str

    @property
    def key(self) -> str:
        """The name under which a pickle has it."""
        return f"{self.shown}:{self.name}"

    def method(self, name: str) -> Function | None:
        """Return a method that the class itself defines: the last definition, after those for type checkers."""
        found = None
        for item in self.node.body:
            if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)) and item.name == name:
                found = item
        return found

    def setters(self) -> Iterator[Function]:
        """Yield what assignments to its properties run."""
        for item in self.node.body:
            if isinstance(item, ast.FunctionDef):
                marks = [mark for mark in item.decorator_list if isinstance(mark, ast.Attribute)]
                if any(mark.attr == "setter" for mark in marks):
                    yield item


@dataclass(frozen=True, eq=False)
class Defined:
    """One function with the module whose names it sees."""

    module: str
    node: Function


@dataclass
class Names:
    """What the top level of a module binds."""

    classes: dict[str, Class] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    #: Named tuples and enumerations made by a call.
    records: list[str] = field(default_factory=list)


def dotted(node: ast.AST) -> str | None:
    """Return `a.b.c` for such an expression; subscripts of generic types are looked through."""
    if isinstance(node, ast.Subscript):
        return dotted(node.value)
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        value = dotted(node.value)
        return None if value is None or isinstance(node.value, ast.Subscript) else f"{value}.{node.attr}"
    return None


class Library:
    """Several wheels seen as one tree of modules, read as they are needed."""

    def __init__(self, pins: tuple[str, ...]) -> None:
        self.where = {module: pin for pin in reversed(pins) for module in opened(pin).sources}
        self.known: dict[str, Names] = {}
        self.lines: dict[Class, list[Class | str]] = {}

    def names(self, module: str) -> Names:
        """Return what a module defines."""
        if module not in self.known:
            self.known[module] = names = Names()
            pin = self.where[module]
            package = module if opened(pin).is_package(module) else module.rpartition(".")[0]
            self._read(tree(pin, module).body, module, package, names)
            # A class that stands in for an import which failed: where the import works, the name is something else.
            for name in names.classes.keys() & (names.imports.keys() | names.aliases.keys()):
                del names.classes[name]
        return self.known[module]

    def _read(self, body: list[ast.stmt], module: str, package: str, names: Names) -> None:
        for item in body:
            if isinstance(item, ast.ClassDef):
                self._read_class(item, item.name, module, names)
            elif isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)):
                names.functions.setdefault(item.name, item)
            elif isinstance(item, ast.Import):
                for alias in item.names:
                    names.imports[alias.asname or alias.name.split(".")[0]] = (
                        alias.name if alias.asname else alias.name.split(".")[0]
                    )
            elif isinstance(item, ast.ImportFrom):
                self._read_from(item, package, names)
            elif isinstance(item, ast.Assign):
                self._read_assignment(item, names)
            elif isinstance(item, ast.If) and ast.unparse(item.test) == "__name__ == '__main__'":
                # Only for the module as a program: `from gensim.models.word2vec import Word2Vec` stands there.
                self._read(item.orelse, module, package, names)
            else:
                for part in ("body", "orelse", "finalbody"):
                    self._read(getattr(item, part, []), module, package, names)
                for handler in getattr(item, "handlers", []):
                    self._read(handler.body, module, package, names)

    @staticmethod
    def _read_assignment(item: ast.Assign, names: Names) -> None:
        targets = [target.id for target in item.targets if isinstance(target, ast.Name)]
        value = dotted(item.value)
        if isinstance(item.value, ast.Call) and item.value.args and isinstance(item.value.args[0], ast.Constant):
            # X = namedtuple("X", ...) and X = Enum("X", ...) make classes, which are known by that name.
            value = dotted(item.value.func)
            if value is None or value.split(".")[-1] not in ("namedtuple", "NamedTuple", "Enum", "IntEnum", "ABCMeta"):
                return
            if "ABC" not in value and item.value.args[0].value in targets:
                names.records.append(str(item.value.args[0].value))
        if value is not None:
            for target in targets:
                # Where a library is optional, the first definition is the one with it.
                names.aliases.setdefault(target, value)

    def _read_class(self, node: ast.ClassDef, name: str, module: str, names: Names) -> None:
        shown = module
        for mark in node.decorator_list:
            # numpy and pandas show their classes under public modules this way.
            if isinstance(mark, ast.Call) and (dotted(mark.func) or "").split(".")[-1] == "set_module":
                shown = str(mark.args[0].value) if mark.args and isinstance(mark.args[0], ast.Constant) else module
        for item in node.body:
            if isinstance(item, ast.Assign) and isinstance(item.value, ast.Constant):
                target = item.targets[0]
                if isinstance(target, ast.Name) and target.id == "__module__":
                    shown = str(item.value.value)
            elif isinstance(item, ast.ClassDef):
                self._read_class(item, f"{name}.{item.name}", module, names)
        names.classes.setdefault(name, Class(module, name, node, shown))

    @staticmethod
    def _read_from(item: ast.ImportFrom, package: str, names: Names) -> None:
        origin = item.module or ""
        if item.level:
            parts = package.split(".")
            base = parts[: len(parts) - item.level + 1]
            origin = ".".join([*base, *([origin] if origin else [])])
        for alias in item.names:
            if alias.name == "*":
                names.stars.append(origin)
            else:
                names.imports.setdefault(alias.asname or alias.name, f"{origin}.{alias.name}")

    def resolve(self, module: str, path: str, depth: int = 0) -> Class | Defined | str:
        """Follow a dotted name as seen in a module to its definition, or to the name of something outside."""
        names = self.names(module)
        if path in names.classes or path in names.functions:
            return names.classes.get(path) or Defined(module, names.functions[path])
        head, _, rest = path.partition(".")
        further = f".{rest}" if rest else ""
        if depth < DEEPEST:
            if head in names.imports:
                return self.find(names.imports[head] + further, depth + 1)
            if names.aliases.get(head, head) != head:
                return self.resolve(module, names.aliases[head] + further, depth + 1)
            for star in names.stars:
                if star in self.where and star != module:
                    found = self.resolve(star, path, depth + 1)
                    if not isinstance(found, str) or not found.startswith(("?", "builtins.")):
                        return found
        return f"builtins.{path}" if hasattr(builtins, head) and not head.startswith("__") else f"?.{path}"

    def find(self, path: str, depth: int = 0) -> Class | Defined | str:
        """Follow a full dotted path."""
        module, rest = path, ""
        while module not in self.where:
            module, _, last = module.rpartition(".")
            rest = f"{last}.{rest}" if rest else last
            if not module:
                return path
        if not rest:
            return path
        found = self.resolve(module, rest, depth)
        return path if isinstance(found, str) and (found[0] == "?" or found == f"builtins.{rest}") else found

    def bases(self, cls: Class) -> list[Class | str]:
        """Return the bases of a class, each a class or the name of one outside."""
        found: list[Class | str] = []
        for base in cls.node.bases:
            path = dotted(base)
            if path is None and isinstance(base, ast.Call):
                path = dotted(base.func)
                # namedtuple("X", ...) and with_metaclass(Meta, Base) make bases.
                if path and path.split(".")[-1] in ("with_metaclass",):
                    found += [self._base(cls, dotted(part)) for part in base.args[1:]]
                    continue
            found.append(self._base(cls, path))
        return found

    def _base(self, cls: Class, path: str | None) -> Class | str:
        if path is None:
            return "?"
        # A nested class may name its neighbours.
        found = self.resolve(cls.module, path)
        return found if isinstance(found, (Class, str)) else f"?{path}"

    def ancestry(self, cls: Class) -> list[Class | str]:
        """Return the class and all it inherits from, nearest first, as Python would search them (nearly)."""
        if cls not in self.lines:
            self.lines[cls] = self._ancestry(cls)
        return self.lines[cls]

    def _ancestry(self, cls: Class) -> list[Class | str]:
        order: list[Class | str] = []

        def visit(item: Class | str, depth: int) -> None:
            if item in order:
                order.remove(item)
            order.append(item)
            if isinstance(item, Class) and depth < DEEPEST:
                for base in self.bases(item):
                    if base is not item:
                        visit(base, depth + 1)

        visit(cls, 0)
        return order
