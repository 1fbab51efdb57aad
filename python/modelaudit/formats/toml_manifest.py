"""Manifests in TOML.

What it is: configurations of projects, trainers and servers.
What can run: what a key names (`_target_`, `class_path`), templates and commands, as in JSON.
What is checked: the whole text, by the keys in `loadertables`; credentials.
What is not checked: keys that only one program knows. Keys that stand twice are an error to every reader.
References: https://toml.io/en/v1.0.0.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from modelaudit import manifesttext
from modelaudit.formats.base import Format
from modelaudit.manifestwords import WORDS

if TYPE_CHECKING:
    from modelaudit.formats.base import Context, Probe

#: A line at the margin as TOML has it: a table, a comment, the end of a value, or a key with a value in TOML's form.
_LINE = (
    r"\s|$|#|\[\[?[^\[\]\n]+\]\]?\s*(?:#|$)|[\]}\"']"
    r"|[\w.\"'-]+[ \t]*=[ \t]*(?:[\"'\[{]|[+-]?[\d.]|true\b|false\b|[+-]?inf\b|[+-]?nan\b)"
)

_ASSIGNS = r"[\w.\"'-]+[ \t]*=[ \t]*[\"'\[{]"


def _sniff(probe: Probe) -> bool:
    text = manifesttext.beginning(probe.head)
    if probe.name.lower().endswith(".toml"):
        return bool(text)
    lines = manifesttext.lines(probe.head)
    return all(map(re.compile(_LINE).match, lines)) and any(map(re.compile(_ASSIGNS).match, text.splitlines()))


def _scan(ctx: Context) -> None:
    from modelaudit.sectionmanifest import scan_toml

    scan_toml(ctx)


FORMAT = Format(name="toml-manifest", sniff=_sniff, scan=_scan, first=manifesttext.FIRST, words=WORDS, named=(".toml",))
