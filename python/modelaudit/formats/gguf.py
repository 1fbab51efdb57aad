"""GGUF models, format versions 1 to 3, of either byte order.

What it is: keys with values, among them the vocabulary and the chat templates, a directory of tensors, and their data.
What can run: chat templates are Jinja, which several loaders have rendered without a sandbox; counts, lengths and sizes
go to native code, so that wrong ones are a danger to its memory.
What is checked: every count, length and size with wide integers and against the end of the file; types and blocks of
tensors; alignment, overlap and holes of their data; keys and tensors of one name; what follows the data; every chat
template as code; text of the metadata for credentials and encoded code.
What is not checked: the numbers of tensors but for how each begins, the strings of the vocabulary, bytes that pad to
the alignment.
References: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, `ggml/src/gguf.cpp`, `gguf-py/gguf/constants.py`;
CVE-2024-34359, CVE-2024-21802, CVE-2025-53630, CVE-2026-7482, CVE-2026-27940, CVE-2026-33298.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit.formats.base import Format

if TYPE_CHECKING:
    from modelaudit.formats.base import Context, Probe

_MAGIC = b"GGUF"

#: `tokenizer.chat_template`, those with the name of a purpose below it, and what converters call alike.
_TEMPLATE = "chat_template"

#: Rules that say that something was not looked at.
_UNSEEN = frozenset({"GGU101", "GGU109", "GGU110"})


def _sniff(probe: Probe) -> bool:
    return probe.head.startswith(_MAGIC)


def _scan(ctx: Context) -> None:
    from modelaudit import _native, corewalk, credentials, encoded_payload, jinja_template

    walk = _native.scan_gguf(ctx.source, ctx.deadline)
    corewalk.hand_on(ctx, walk, _UNSEEN)
    for name, text, position in walk.texts:
        if ctx.deadline.expired:
            ctx.incomplete("ENG101")
            return
        if _TEMPLATE in name.lower():
            jinja_template.check(ctx, text, position, name)
        credentials.check(ctx, text, position)
        encoded_payload.check(ctx, text, name, position)


FORMAT = Format(
    name="gguf", sniff=_sniff, scan=_scan, suffixes=(".gguf",), first=_MAGIC[:1], marks=((0, _MAGIC),), proof=True
)
