"""The text of a manifest: read within bounds, decoded as its loaders do; what is no manifest after all is told."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelaudit.formats.base import Context

#: Byte order marks and what they stand for; UTF-8 without one.
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))

_UTF16 = (b"\xff\xfe", b"\xfe\xff")


#: The bytes that a text can begin with: white space, ASCII that prints, byte order marks, and letters in UTF-8.
FIRST = bytes((9, 10, 13, *range(0x20, 0x7F), *range(0xC2, 0xF5), 0xFE, 0xFF))


@lru_cache(maxsize=2)
def beginning(head: bytes) -> str:
    """Return the first characters of what may be a text, without white space; empty for what is none."""
    if b"\0" in head and not head.startswith(_UTF16):
        return ""
    encoding = next((name for mark, name in _MARKS if head.startswith(mark)), "utf-8")
    text = head.decode(encoding, "replace").lstrip("\ufeff \t\r\n")
    return "" if "\0" in text else text


def read(ctx: Context, limit: int) -> bytes | None:
    """Return all bytes of a manifest; report one that is too large for this."""
    data = ctx.source.read(0, limit + 1)
    if len(data) > limit:
        ctx.incomplete("MAN102", None, {"what": "bytes", "limit": limit})
        return None
    return data


def decode(data: bytes) -> str | None:
    """Return the text of bytes, None for what is in no encoding that loaders try."""
    try:
        return data.decode(next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8"))
    except UnicodeDecodeError:
        return None


def tell_text(ctx: Context) -> None:
    """Report content that only looked like a manifest: plain text, or something unknown."""
    from modelaudit import plaintext
    from modelaudit.formats.base import Probe

    if ctx.shared:
        # The other format that claims it has its say.
        return
    if plaintext.is_text(Probe(ctx.source, ctx.head, ctx.name), ctx.deadline):
        ctx.report("ENG105")
    else:
        ctx.incomplete("ENG103")
