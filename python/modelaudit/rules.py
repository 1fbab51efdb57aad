"""The catalogue of rules, as the native core holds it, and the sentences made from it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from modelaudit import _native, limits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelaudit.model import Detail

#: Rules that tell of something which kept the scan from its work. They make the exit code 2.
OPERATIONAL = frozenset({"BLK103", "ENG101", "ENG112", "ENG115", "ENG201", "ENG202", "ENG203", "ENG204", "PAY106"})


@cache
def _catalogue() -> dict[str, _native.Rule]:
    return {entry.code: entry for entry in _native.catalogue()}


def rule(code: str) -> _native.Rule:
    """Return the rule of this code. Raises `KeyError` for a code that is not in the catalogue."""
    return _catalogue()[code]


def message(code: str, facts: Mapping[str, Detail]) -> str:
    """Return the sentence of a rule about these facts; texts from files are made printable and cut."""
    entry = rule(code)
    if not entry.facts:
        return entry.message
    # A fact that is missing is a defect, but not one that may cost the evidence.
    return entry.message.format_map({name: printable(facts.get(name, "?")) for name in entry.facts})


def printable(value: Detail) -> str:
    """Return a text that can be shown anywhere: control and format characters escaped, not endless."""
    text = str(value)
    return escaped(text if len(text) <= limits.TEXT else text[: limits.TEXT] + "...")


def escaped(text: str) -> str:
    """Return the text with all that is not printable spelled as in Python literals, also bytes that are no text."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else _spelled(ord(letter)) for letter in text)


def _spelled(code: int) -> str:
    if code <= 0xFF:  # noqa: PLR2004 - the shortest spelling that holds the code, as in Python's literals
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004
