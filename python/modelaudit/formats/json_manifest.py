"""Manifests in JSON, and JSON lines.

What it is: configurations of models, tokenizers, pipelines and training runs, indexes, records of data.
What can run: what a loader imports because a key names it (`auto_map`, `_target_`, `py/object`, pairs of library and
  class), what it renders (`chat_template`), evaluates, or hands to a shell. Never because of a word in a text.
What is checked: the whole text, by the keys in `loadertables`; names by the policy for pickles; keys that stand twice,
  with both of their values; nesting; credentials. Ordinary JSON without any word that such a key, a template, an escape
  or a credential needs is settled in the core.
What is not checked: keys that only one program knows; the numbers of tables; the code that a name stands for.
References: https://huggingface.co/docs/transformers/custom_models, https://hydra.cc/docs/advanced/instantiate_objects/overview/,
  https://jsonpickle.readthedocs.io, CVE-2026-4372, CVE-2025-23304, CVE-2025-51427.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from modelaudit import limits, manifesttext
from modelaudit.formats.base import Format
from modelaudit.manifestwords import WORDS

if TYPE_CHECKING:
    from modelaudit.formats.base import Context, Probe

#: What an object or a list begins with; prose begins with brackets as well, but not so.
_BEGINNING = rb"\s*(?:\{\s*[\"}]|\[\s*(?:[\[{\"\]]|-?\d|true\b|false\b|null\b))"

#: A front of white space: what follows is not known yet.
_BLANK = rb"\s*[{\[]?\s*"

#: Names of files that are JSON if they begin with a bracket.
NAMES = (".json", ".jsonl", ".ndjson", ".ipynb")

_BYTE_ORDER = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def _sniff(probe: Probe) -> bool:
    head = probe.head
    if head.startswith(_BYTE_ORDER):
        head = manifesttext.beginning(head).encode()
    elif b"\0" in head[:4] and not set(head[:4]).isdisjoint(b"{[ \t\r\n"):
        # UTF-16 and UTF-32 without a mark, which readers of bytes tell by their zeros.
        head = head.replace(b"\0", b"")
    elif head[:1] == b"\0":
        return False
    if re.match(_BEGINNING, head) is not None:
        return True
    named = probe.name.lower().endswith(NAMES)
    return (named and head.lstrip()[:1] in (b"{", b"[")) or (
        len(head) >= limits.HEAD and re.fullmatch(_BLANK, head) is not None
    )


def _scan(ctx: Context) -> None:
    from modelaudit.marks import sought

    data = manifesttext.read(ctx, limits.JSON)
    if data is None or sought().settles_json(data):
        return
    from modelaudit.jsonmanifest import scan

    scan(ctx, data)


FORMAT = Format(name="json-manifest", sniff=_sniff, scan=_scan, first=b"{[ \t\r\n\0\xef\xff\xfe", words=WORDS)
