"""Reads manifests of tables and keys: TOML by its parser, INI line by line."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

from modelaudit import credentials, limits, loaderkeys, manifesttext, namedcode
from modelaudit.patience import ensure, paced

if TYPE_CHECKING:
    from modelaudit._native import Deadline
    from modelaudit.formats.base import Context

_SECTION = re.compile(r"\[([^\]\n]+)\]")

_ASSIGN = re.compile(r"[=:]")

#: Names called in an expression.
_CALLED = re.compile(r"(?<![\w.])([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*\(")

#: Characters of TOML that are parsed in a second.
_PARSED = 1e6

#: Brackets inside each other: the parser calls itself for each.
_DEPTH = 100


def scan_toml(ctx: Context) -> None:
    """Report what loaders would do with a manifest in TOML."""
    text = _text(ctx, limits.TOML)
    if text is None:
        return
    if _deep(text):
        ctx.incomplete("MAN104", None, {"limit": _DEPTH})
        return
    ensure(ctx.deadline, len(text), _PARSED)
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib  # type: ignore[import-not-found,unused-ignore]
    try:
        found: Any = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # What reads like sections and keys to a person is looked at as such.
        _examine(ctx, _sections(text, ctx.deadline), text)
        if ctx.name.lower().endswith(".toml"):
            ctx.incomplete("MAN101", None, {"reason": str(error)})
        return
    _examine(ctx, found, text)


def scan_ini(ctx: Context) -> None:
    """Report what loaders would do with a manifest of sections."""
    text = _text(ctx, limits.INI)
    if text is None:
        return
    sections = _sections(text, ctx.deadline)
    for name, section in paced(sections.items(), ctx.deadline):
        value = section.get("args")
        if name.startswith("handler_") and isinstance(value, str):
            rules = [namedcode.judge(called).rule for called in _CALLED.findall(value)]
            if any(rule not in ("", "PKL121", "PKL112") for rule in rules):
                ctx.report("MAN114", None, {"key": "args", "value": value}, {"path": name})
    _examine(ctx, sections, text)


def _text(ctx: Context, limit: int) -> str | None:
    data = manifesttext.read(ctx, limit)
    if data is None:
        return None
    text = manifesttext.decode(data)
    plain = manifesttext.without_controls(text)
    if plain != text:
        manifesttext.tell_text(ctx)
    return plain


def _examine(ctx: Context, root: Any, text: str) -> None:
    loaderkeys.check(ctx, (root,), text)
    credentials.check(ctx, text)


def _deep(text: str) -> bool:
    """Return whether brackets may be nested deeper than the parser can go; those in texts count as well."""
    depth = 0
    for mark in re.findall(r"[\[{]+|[\]}]+|\n(?=\s*\[)", text):
        depth = 0 if mark == "\n" else max(0, depth + (len(mark) if mark[0] in "[{" else -len(mark)))
        if depth > _DEPTH:
            return True
    return False


def _sections(text: str, deadline: Deadline) -> dict[str, dict[str, Any]]:
    """Return keys and values by section; of a key with dots, the last part names it."""
    found: dict[str, dict[str, Any]] = {}
    section = found.setdefault("", {})
    key = ""
    for line in paced(text.splitlines(), deadline):
        stripped = line.strip()
        if not stripped or stripped[0] in "#;":
            continue
        heading = _SECTION.match(stripped)
        if heading:
            section, key = found.setdefault(heading.group(1).strip(), {}), ""
            continue
        assign = None if line[0].isspace() and key else _ASSIGN.search(stripped)
        if assign:
            key = stripped[: assign.start()].strip("\"'@ \t").rpartition(".")[2]
            section[key] = _value(stripped[assign.end() :].strip())
        elif key and isinstance(section[key], str):
            section[key] = f"{section[key]}\n{stripped}"
    return found


def _value(text: str) -> Any:
    """Return what a value means where it is JSON, as spaCy writes it, or a text in quotes; otherwise itself."""
    if text[:1] in ('"', "[", "{") and len(text) < limits.TEXT * 100:
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pass
    return True if text.lower() in ("true", "yes", "on") else text.strip("\"'")
