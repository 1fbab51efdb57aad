"""Manifests of sections, keys and values: INI, CFG, and spaCy's configurations.

What it is: lines of `key = value` below `[section]`; values of spaCy's are JSON.
What can run: what a key names (`class_path`, `_target_`, the `class` of a handler), commands. `logging.config`
  evaluates the `args` of its handlers.
What is checked: all lines, by the keys in `loadertables`; `args` of handlers; credentials.
What is not checked: names that a registry resolves (`@architectures`), which import nothing; keys that stand twice,
  which some readers refuse and others collect.
References: https://docs.python.org/3/library/configparser.html, https://spacy.io/usage/training#config,
  https://docs.python.org/3/library/logging.config.html#configuration-file-format.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from modelaudit import manifesttext
from modelaudit.formats.base import Format
from modelaudit.manifestwords import WORDS

if TYPE_CHECKING:
    from modelaudit.formats.base import Context, Probe

#: A line at the margin: a section, a comment, or a key with a value.
_LINE = r"\s|$|[#;]|\[[^\[\]\n]+\]\s*(?:[#;].*)?$|[@\w.%*/-][\w .@%*/:-]*?\s*[=:]"

_SECTION = r"\[[@\w][^\[\]\n\"']*\]\s*(?:[#;].*)?$"

_NAMES = (".ini", ".cfg")


def _sniff(probe: Probe) -> bool:
    lines = manifesttext.lines(probe.head)
    first = next((line for line in lines if line.strip() and line[0] not in "#;"), "")
    section = re.match(_SECTION, first) is not None
    if probe.name.lower().endswith(_NAMES):
        fits = section or any("=" in line for line in lines)
    else:
        fits = section and all(map(re.compile(_LINE).match, lines))
    from modelaudit.formats import json_manifest, toml_manifest

    return fits and not json_manifest.FORMAT.sniff(probe) and not toml_manifest.FORMAT.sniff(probe)


def _scan(ctx: Context) -> None:
    from modelaudit.sectionmanifest import scan_ini

    scan_ini(ctx)


FORMAT = Format(name="ini-manifest", sniff=_sniff, scan=_scan, first=manifesttext.FIRST, words=WORDS)
