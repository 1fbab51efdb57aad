"""What Python source would run, and when: names are followed through imports and assignments, nothing is compiled."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, Union

from modelaudit import _native, python_syntax
from modelaudit.pythontext import looks_like_python

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: What is told of what the tables call dangerous, by the end of its dotted name: programs and code that are run, native
#: code, connections. Pickles name no decorators and no compilers; source does, and reads files and serialised objects.
_TOLD = re.compile(
    r"(?:^|\.)(?:(?:os|posix|nt)\.(?:system|popen\w*|exec[lv]\w*|spawn\w+|posix_spawnp?|startfile)"
    r"|(?:subprocess|commands|_posixsubprocess|pty|runpy|code|codeop|webbrowser|telnetlib|ftplib|smtplib|poplib|imaplib"
    r"|nntplib|paramiko|pexpect|fabric|invoke|sh|plumbum|asyncssh|xmlrpclib|httplib|urllib2|urllib3|httpx|aiohttp"
    r"|websockets?|http\.client|xmlrpc\.client|urllib\.request)\.\w+(?:\.\w+)*"
    r"|builtins\.(?:exec|eval|execfile)|ctypes\.(?:\w*DLL|\w*dll|\w*dll\.\w+|util\.\w+)|_ctypes\.\w+"
    r"|_?socket\.(?:socket|create_connection|create_server|socketpair|fromfd)"
    r"|urllib\.(?:urlopen|urlretrieve|URLopener|FancyURLopener)"
    r"|requests\.(?:get|post|put|patch|delete|head|options|request|[sS]ession)"
    r"|asyncio\.(?:create_subprocess_\w+|open_connection|start_server|open_unix_connection)"
    r"|pip\.main|pip\._internal\.\w+(?:\.\w+)*|(?:IPython|ipython)\.\w+(?:\.\w+)*\.system)$"
)

#: Where the source cannot be parsed: what is imported, under which name, and names in front of a bracket.
_IMPORT = re.compile(rb"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+)?import[ \t]+([^\n#;]+)", re.MULTILINE)
_ALIAS = re.compile(rb"([\w.]+)(?:[ \t]+as[ \t]+(\w+))?")
_CALL = re.compile(rb"(?<![\w.])([A-Za-z_]\w*(?:[ \t]*\.[ \t]*\w+)*)[ \t]*\(")

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)

Function = Union[ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda]


class Use(NamedTuple):
    """A call of something that is told."""

    #: Its dotted name, as the tables know it.
    callable: str
    line: int
    #: Whether it happens when the source is imported, rather than when one of its functions is called.
    at_import: bool


def uses(source: bytes) -> list[Use]:
    """Return what source calls that runs programs, code or native code, or opens connections, in order of lines.

    Raises `python_syntax.NotParsedError`.
    """
    tree = python_syntax.parse(source)
    names = dict(_bound(tree))
    bodies = _bodies(tree)
    reached = _reached(tree, bodies)
    found: dict[tuple[str, int], bool] = {}
    for node, at_import in _walk(tree, reached):
        for name in _called(node, names):
            if _is_told(name):
                key = (name, getattr(node, "lineno", 0))
                found[key] = found.get(key, False) or at_import
    return [Use(name, line, at) for (name, line), at in sorted(found.items(), key=lambda item: item[0][1])]


def first_use(text: bytes, prose: bool = False) -> str | None:
    """Return what a text calls first that is told, if it is Python source.

    What cannot be parsed is searched for its words, unless it may be `prose` that shows a piece of source.
    """
    if not looks_like_python(text):
        return None
    try:
        used = [use.callable for use in uses(text)]
    except python_syntax.NotParsedError:
        used = [] if prose else [name for name, _ in words(text)]
    return used[0] if used else None


def words(source: bytes) -> list[tuple[str, int]]:
    """Return what stands in front of a bracket and is told, with the first line of each, without parsing."""
    names: dict[bytes, bytes] = {}
    for module, imported in _IMPORT.findall(source):
        for name, alias in _ALIAS.findall(imported):
            first = name.partition(b".")[0]
            names[alias or (name if module else first)] = (
                b"%s.%s" % (module, name) if module else name if alias else first
            )
    found: dict[str, int] = {}
    for call in _CALL.finditer(source):
        first, dot, rest = b"".join(call[1].split()).partition(b".")
        meant = names.get(first, b"" if dot else b"builtins." + first)
        dotted = (meant + dot + rest).decode("ascii", "replace") if meant else ""
        if dotted not in found:
            found[dotted] = call.start() if _is_told(dotted) else -1
    return [(name, source.count(b"\n", 0, at) + 1) for name, at in found.items() if at >= 0]


def _bound(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield names with what they stand for: modules, what is imported from them, other names for these."""
    assigned = []
    names: dict[str, str] = {}
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                names[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                if alias.name == "*":
                    names.update((name, f"{node.module}.{name}") for name in used if _is_told(f"{node.module}.{name}"))
                else:
                    names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            assigned.append((node.targets[0].id, node.value))
    for target, value in assigned:
        meant = _dotted(value, names)
        if meant is not None and target not in names:
            names[target] = meant
    yield from names.items()


def _text(node: ast.expr) -> str | None:
    """Return the text that a constant, or a sum of constants, stands for."""
    parts: list[str] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        if not (isinstance(node.right, ast.Constant) and isinstance(node.right.value, str)):
            return None
        parts.append(node.right.value)
        node = node.left
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return "".join([node.value, *reversed(parts)])
    return None


def _dotted(node: ast.expr, names: dict[str, str]) -> str | None:
    """Return the dotted name of what an expression stands for, if it begins at a module or at a builtin function."""
    parts: list[str] = []
    while True:
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
            function = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            if function == "getattr" and len(node.args) > 1 and (attribute := _text(node.args[1])):
                parts.append(attribute)
                node = node.args[0]
            elif function in ("__import__", "import_module") and node.args and (module := _text(node.args[0])):
                return ".".join([module, *reversed(parts)])
            else:
                return None
        elif isinstance(node, ast.Subscript) and (key := _text(node.slice)):
            # What a namespace holds under a name.
            held = _namespace(node.value)
            if held == "modules":
                return ".".join([key, *reversed(parts)])
            if not isinstance(held, ast.expr):
                return None
            parts.append(key)
            node = held
        else:
            break
    if not isinstance(node, ast.Name):
        return None
    meant = names.get(node.id, "" if parts else f"builtins.{node.id}")
    if node.id in ("builtins", "__builtins__"):
        meant = "builtins"
    return ".".join([meant, *reversed(parts)]) if meant else None


def _namespace(node: ast.expr) -> ast.expr | str | None:
    """Return whose names an expression holds: "modules" for those of all modules."""
    if isinstance(node, ast.Attribute):
        return node.value if node.attr == "__dict__" else "modules" if node.attr == "modules" else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "vars" and node.args:
        return node.args[0]
    return None


def _called(node: ast.AST, names: dict[str, str]) -> Iterator[str]:
    """Yield the dotted names of what a node calls, or hands to something that may call it."""
    if isinstance(node, ast.Call):
        given = [node.func, *(each for each in node.args if not isinstance(each, ast.Name))]
        given += [word.value for word in node.keywords]
        for index, each in enumerate(given):
            name = _dotted(each, names)
            # Constants of modules are spelled in capitals, their exceptions and classes with one.
            if name is not None and (index == 0 or name.rpartition(".")[2].islower()):
                yield name
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        for each in node.decorator_list:
            name = _dotted(each, names)
            if name is not None:
                yield name


@lru_cache(maxsize=4096)
def _is_told(name: str) -> bool:
    module, _, function = name.rpartition(".")
    return _TOLD.search(name) is not None and _native.judge(module, function).verdict == "dangerous"


def _is_main(node: ast.AST) -> bool:
    """Return whether a condition asks if the source is run as a program: imports do not."""
    if not isinstance(node, ast.If) or not isinstance(node.test, ast.Compare):
        return False
    sides = [node.test.left, *node.test.comparators]
    return any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides) and isinstance(
        node.test.ops[0], ast.Eq
    )


def _bodies(tree: ast.Module) -> dict[str, list[Function]]:
    """Return functions by the names under which they may be called; some of a class by the name of the class."""
    bodies: dict[str, list[Function]] = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            bodies.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef) and inner.name in (
                    "__init__",
                    "__new__",
                    "__call__",
                    "__enter__",
                ):
                    bodies.setdefault(node.name, []).append(inner)
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    bodies.setdefault(target.id, []).append(node.value)
    return bodies


def _reached(tree: ast.Module, bodies: dict[str, list[Function]]) -> set[Function]:
    """Return the functions that run at import, because something that does calls them by name."""
    reached: set[Function] = set()
    seen: set[str] = set()
    open_: list[ast.AST] = [tree]
    while open_:
        for node, at_import in _walk(open_.pop(), set()):
            for name in _names_called(node) if at_import else ():
                if name not in seen:
                    seen.add(name)
                    fresh = [body for body in bodies.get(name, ()) if body not in reached]
                    reached.update(fresh)
                    open_ += fresh
    return reached


def _names_called(node: ast.AST) -> Iterable[str]:
    given: list[ast.expr] = []
    if isinstance(node, ast.Call):
        given = [node.func, *node.args, *(word.value for word in node.keywords)]
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        given = [each.func if isinstance(each, ast.Call) else each for each in node.decorator_list]
    for each in given:
        if isinstance(each, ast.Name):
            yield each.id
        elif isinstance(each, ast.Attribute):
            yield each.attr


def _walk(root: ast.AST, reached: set[Function]) -> Iterator[tuple[ast.AST, bool]]:
    """Yield all nodes with whether they run when the root does, which is at import; functions do so if `reached`."""
    open_: list[tuple[ast.AST, bool]] = [(root, True)]
    while open_:
        node, at_import = open_.pop()
        if node is not root and isinstance(node, _FUNCTIONS):
            # Defaults and decorators run where the function is defined.
            outside = [node.args, *getattr(node, "decorator_list", ())]
            open_ += [(each, at_import) for each in outside]
            yield node, at_import
            body = node.body if isinstance(node.body, list) else [node.body]
            open_ += [(each, node in reached) for each in body]
            continue
        yield node, at_import
        below = not _is_main(node) and at_import
        open_ += [(each, below) for each in ast.iter_child_nodes(node)]
