"""Jinja templates as code: parsed to a syntax tree, never rendered, and held against what honest templates do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from modelaudit.patience import ensure

if TYPE_CHECKING:
    from modelaudit.formats.base import Context
    from modelaudit.jinja.syntax import Refused
    from modelaudit.model import Detail

#: Characters that are parsed in a second.
_PARSED = 250e3

#: Issues of one template: names that are used again are told once.
_ISSUES = 100

#: Characters of a line that are shown.
_SHOWN = 200

#: What other languages of templates write between the same braces: Go's, as Ollama uses them, name fields with a dot.
_GO = re.compile(r"\{\{-?\s*(?:(?:if|range|with|else if|and|or|not|eq|ne)\s+(?:\(?\s*\w+\s+)*)?[.$]\w*")


def check(ctx: Context, text: str, position: int | None = None, where: str = "") -> None:
    """Report what rendering a template would do beyond putting text together.

    `where` names the place in the file, such as `tokenizer.chat_template`.
    """
    if "{{" not in text and "{%" not in text:
        return
    from modelaudit.jinja import syntax
    from modelaudit.jinja.statements import findings

    ensure(ctx.deadline, len(text), _PARSED)
    tree = syntax.parse(text)
    told = _Told(ctx, text, position, where)
    if isinstance(tree, syntax.Refused):
        _refused(told, tree)
        return
    try:
        found = findings(tree, bool(where), lambda: ctx.deadline.expired)
    except RecursionError:
        # Of a caller that is far down already: the depth of the tree is bounded.
        _refused(told, syntax.Refused("TPL111", 1))
        return
    if found is None:
        told.incomplete("TPL112", 1)
        return
    for rule, line, name in found:
        told.report(rule, line, name)


def _refused(told: _Told, refused: Refused) -> None:
    """Tell why there is no syntax tree, and what the words of the template say by themselves."""
    from modelaudit.jinja import names, syntax

    if refused.rule == "TPL110" and _GO.search(told.text):
        told.report("TPL116", 1)
    else:
        told.incomplete(refused.rule, refused.line, refused.reason)
    for line, kind, value in syntax.tokens(told.text):
        name = value.strip("'\"") if kind in ("name", "string") else ""
        if names.internal(name):
            told.report("TPL101", line, name)


class _Told:
    """What was reported of one template."""

    def __init__(self, ctx: Context, text: str, position: int | None, where: str) -> None:
        self.text = text
        self._ctx = ctx
        self._position = position
        self._where = where or "the template"
        self._known: set[tuple[str, str]] = set()
        self._lines: list[str] = []

    def report(self, rule: str, line: int, name: str = "") -> None:
        """Report a finding, once for each name."""
        if (rule, name) in self._known or len(self._known) >= _ISSUES:
            return
        self._known.add((rule, name))
        details: dict[str, Detail] = {"line": line, "code": self._line(line), "where": self._where}
        self._ctx.report(rule, self._offset(line), {"where": self._where, "name": name}, details)

    def incomplete(self, rule: str, line: int, reason: str = "") -> None:
        """Report what was not looked at."""
        details: dict[str, Detail] = {"line": line, "where": self._where}
        self._ctx.incomplete(rule, self._offset(line), {"where": self._where, "reason": reason}, details)

    def _line(self, line: int) -> str:
        self._lines = self._lines or re.split(r"\r\n|\r|\n", self.text)
        shown = self._lines[line - 1].strip() if line <= len(self._lines) else ""
        return shown[:_SHOWN]

    def _offset(self, line: int) -> int | None:
        """Return where a line begins, if the template stands in the source as it is."""
        if self._position is None:
            return None
        ends = [found.end() for found in re.finditer(r"\r\n|\r|\n", self.text)][: line - 1]
        return self._position + len(self.text[: ends[-1] if ends else 0].encode("utf-8", "surrogatepass"))
