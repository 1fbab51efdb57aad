"""Reads Python literals of the kinds that `repr` writes, bounded in depth and length; nothing is ever evaluated."""

from __future__ import annotations

import re
from typing import Any

#: Containers inside each other. The deepest honest array header known (records in records) has eight.
_DEPTH = 64

#: One piece of a literal. Numbers may end in "L", as Python 2 wrote long ones.
_TOKEN = re.compile(
    r"""\s*(?:(?P<mark>[()\[\]{},:])
    |(?P<number>-?(?:0|[1-9][0-9]{0,24})L?)(?![0-9A-Za-z_.])
    |(?P<word>True|False|None)\b
    |[uU]?(?P<text>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"))""",
    re.VERBOSE,
)

_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)

_PLAIN = {"\\": "\\", "'": "'", '"': '"', "n": "\n", "t": "\t", "r": "\r"}

_WORDS = {"True": True, "False": False, "None": None}

_CLOSING = {"(": ")", "[": "]", "{": "}"}


class NotLiteralError(ValueError):
    """The text is something else, or goes too deep; the argument says what."""


class Pairs(tuple[tuple[Any, Any], ...]):
    """A dict as it was written: in order, with every key that stands there twice."""

    __slots__ = ()


def parse(text: str) -> Any:
    """Return the value of a literal: str, int, bool, None, tuple, list, or `Pairs` for a dict.

    Raises `NotLiteralError` for everything else.
    """
    return _Parser(text).parse()


class _Parser:
    """Reads one literal without recursion: what is open lies on a stack."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        #: The opening mark of each open container, and what it holds so far.
        self.open: list[tuple[str, list[Any]]] = []

    def parse(self) -> Any:
        done, value = self._step()
        while not done:
            done, value = self._step()
        if self.text[self.at :].strip():
            raise NotLiteralError("something follows the literal")
        return value

    def _step(self) -> tuple[bool, Any]:
        """Read one value or mark; return whether the outermost value is complete, and that value."""
        kind, text = self._token()
        if kind == "mark" and text in _CLOSING:
            if len(self.open) >= _DEPTH:
                raise NotLiteralError("too deeply nested")
            self.open.append((text, []))
            return False, None
        if kind == "mark":
            value = self._closed(text)
        elif kind == "number":
            value = int(text.rstrip("L"))
        else:
            value = _WORDS[text] if kind == "word" else _unescaped(text)
        return self._put(value)

    def _put(self, value: Any) -> tuple[bool, Any]:
        if not self.open:
            return True, value
        opening, items = self.open[-1]
        items.append(value)
        expected = ":" if opening == "{" and len(items) % 2 else ","
        kind, text = self._token(peek=True)
        if (kind, text) == ("mark", expected):
            self._token()
            if opening == "(" and len(items) == 1:
                # The comma is what makes a tuple of one.
                self.open[-1] = ("(,", items)
        elif (kind, text) != ("mark", _CLOSING[opening[0]]) or expected == ":":
            raise NotLiteralError("a comma or bracket is missing")
        return False, None

    def _closed(self, mark: str) -> Any:
        if not self.open or _CLOSING[self.open[-1][0][0]] != mark:
            raise NotLiteralError("brackets that do not match")
        opening, items = self.open.pop()
        if opening == "[":
            return items
        if opening == "{":
            if len(items) % 2:
                raise NotLiteralError("a key without a value")
            return Pairs(zip(items[::2], items[1::2]))
        if opening == "(" and len(items) == 1:
            return items[0]
        return tuple(items)

    def _token(self, peek: bool = False) -> tuple[str, str]:
        found = _TOKEN.match(self.text, self.at)
        if found is None or found.lastgroup is None:
            raise NotLiteralError("something that is no literal")
        if not peek:
            self.at = found.end()
        return found.lastgroup, found.group(found.lastgroup)


def _unescaped(quoted: str) -> str:
    inner = quoted[1:-1]
    return _ESCAPE.sub(_character, inner) if "\\" in inner else inner


def _character(found: re.Match[str]) -> str:
    digits = found.group(1) or found.group(2) or found.group(3)
    if digits is None:
        plain = _PLAIN.get(found.group(4))
        if plain is None:
            raise NotLiteralError("an escape that is not read")
        return plain
    code = int(digits, 16)
    if code > 0x10FFFF:  # noqa: PLR2004 - the last code point there is
        raise NotLiteralError("a character that does not exist")
    return chr(code)
