"""The text of a manifest: read within bounds, decoded as its loaders do; what is no manifest after all is told."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelaudit.formats.base import Context

#: Byte order marks and what they stand for; UTF-8 without one.
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))

_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]"

_UTF16 = (b"\xff\xfe", b"\xfe\xff")


#: The bytes that a text can begin with: white space, ASCII that prints, byte order marks, and letters in UTF-8.
FIRST = bytes((9, 10, 13, *range(0x20, 0x7F), *range(0xC2, 0xF5), 0xFE, 0xFF))


#: Characters without any that texts do not have, which other content does not begin with.
_FRONT = 24


@lru_cache(maxsize=2)
def beginning(head: bytes) -> str:
    """Return the first characters of what may be a text, without white space; empty for what is none."""
    encoding = next((name for mark, name in _MARKS if head.startswith(mark)), "utf-8")
    if encoding != "utf-16" and b"\0" in head[:_FRONT]:
        return ""
    text = head.decode(encoding, "replace").lstrip("\ufeff \t\r\n")
    odd = re.search(_CONTROL, text)
    if odd is None:
        return text
    # What follows a text may be anything, and readers may stop there.
    return text[: odd.start()] if odd.start() >= _FRONT else ""


@lru_cache(maxsize=2)
def lines(head: bytes) -> list[str]:
    """Return the lines of the front, but not the last of several, which may be cut or anything."""
    found = beginning(head).splitlines()
    return found[:-1] or found


def head(ctx: Context, limit: int) -> bytes:
    """Return all bytes, but one more than the limit at most; of a stream that breaks, those before the break."""
    from modelaudit import _native

    try:
        return ctx.source.read(0, limit + 1)
    except OSError:
        if ctx.source.size is not None:
            raise
        # Its container reports the break.
        end = _native.drain(ctx.source, ctx.deadline)
        return ctx.source.slice(0, end.size).read(0, limit + 1)


def read(ctx: Context, limit: int) -> bytes | None:
    """Return all bytes of a manifest; report one that is too large for this."""
    data = head(ctx, limit)
    if len(data) > limit:
        ctx.incomplete("MAN102", None, {"what": "bytes", "limit": limit})
        return None
    return data


def decode(data: bytes) -> str:
    """Return the text of bytes; what is not in the encoding that it should be in is taken for one of eight bits."""
    try:
        return data.decode(next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8"))
    except UnicodeDecodeError:
        return data.decode("latin-1")


def without_controls(text: str) -> str:
    """Return a text in which white space stands for what no text holds."""
    return re.sub(_CONTROL, " ", text)


def tell_text(ctx: Context) -> None:
    """Report content that only looked like a manifest: plain text, or something unknown."""
    from modelaudit import plaintext

    plaintext.tell(ctx)
