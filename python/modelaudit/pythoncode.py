"""Python source in texts that should be data: parsed, never compiled, for calls of what is known to be dangerous."""

from __future__ import annotations

import ast
import re
import warnings
from typing import TYPE_CHECKING

from modelaudit import _native
from modelaudit.pythontext import looks_like_python

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Characters of a text that are parsed: a program of 20,000 lines.
_TEXT = 1 << 20

#: Brackets inside each other: Python's own tokenizer takes 200.
_BRACKETS = 90

#: Operators, brackets and keywords between two commas or line ends. Parsers recurse for each of them, and those of
#: Python 3.9 and 3.10 crash the process at some ten thousand.
_NESTED = 500

_STEP = re.compile(r"[\n,]|[-+*/%@&|^~<>=!.(\[{:]|\b(?:not|if|else|lambda|await|and|or|in|is|for|elif)\b")


def dangerous_call(text: str) -> str | None:
    """Return the dotted name of the first call of something dangerous in a text that is Python source, if any."""
    for name in called(text):
        module, _, function = name.rpartition(".")
        if _native.judge(module or "builtins", function).verdict == "dangerous":
            return name
    return None


def called(text: str) -> Iterator[str]:
    """Yield the dotted names of what Python source calls, by the names under which it was imported."""
    tree = parsed(text)
    if tree is None:
        return
    names = dict(_imported(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            dotted = _dotted(node.func)
            if dotted is not None:
                first, dot, rest = dotted.partition(".")
                yield f"{names.get(first, first)}{dot}{rest}"


def parsed(text: str) -> ast.Module | None:
    """Return the syntax tree of a text, None if it is no Python source or too much of it."""
    if len(text) > _TEXT or not looks_like_python(text.encode("utf-8", "replace")) or _is_deep(text):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _is_deep(text: str) -> bool:
    """Return whether some expression may be nested too deeply to be parsed."""
    run = 0
    for step in _STEP.finditer(text):
        run = 0 if step.group() in "\n," else run + 1
        if run > _NESTED:
            return True
    # Brackets keep line ends and commas inside them from ending anything.
    return _depth(text) > _BRACKETS


def _depth(text: str) -> int:
    depth = deepest = 0
    for bracket in re.findall(r"[()\[\]{}]", text):
        depth += 1 if bracket in "([{" else -1
        deepest = max(deepest, depth)
    return deepest


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield (alias.asname, alias.name) if alias.asname else (alias.name.partition(".")[0],) * 2
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _dotted(node: ast.expr) -> str | None:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        return ".".join([node.id, *reversed(parts)])
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "__import__" and node.args:
        module = node.args[0]
        if isinstance(module, ast.Constant) and isinstance(module.value, str):
            return ".".join([module.value, *reversed(parts)])
    return None
