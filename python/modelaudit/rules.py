"""The catalogue of rules, as the native core holds it, and the sentences made from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit import _native, limits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelaudit.model import Detail

#: Rules that tell of something which kept the scan from its work. They make the exit code 2.
OPERATIONAL = frozenset({"ENG101", "ENG201", "ENG202", "ENG203", "ENG204"})

_rules: dict[str, _native.Rule] = {}


def rule(code: str) -> _native.Rule:
    """Return the rule of this code. Raises `KeyError` for a code that is not in the catalogue."""
    if not _rules:
        _rules.update((entry.code, entry) for entry in _native.catalogue())
    return _rules[code]


def message(code: str, facts: Mapping[str, Detail]) -> str:
    """Return the sentence of a rule about these facts; texts from files are made printable and cut."""
    entry = rule(code)
    if not entry.facts:
        return entry.message
    return entry.message.format_map({name: printable(facts[name]) for name in entry.facts})


def printable(value: Detail) -> str:
    """Return a text that can be shown anywhere: control and format characters escaped, not endless."""
    text = str(value)
    if len(text) > limits.TEXT:
        text = text[: limits.TEXT] + "…"
    if text.isascii() and text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else _escaped(letter) for letter in text)


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii") if ord(letter) > 0x1F else f"\\x{ord(letter):02x}"
