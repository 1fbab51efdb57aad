"""Bytes that no format claims: whether they are plain text, to their last byte, and what is said of them then."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from modelaudit import credentials, limits
from modelaudit.formats.base import Probe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from modelaudit._native import Deadline
    from modelaudit.formats.base import Context

#: What no text holds: control characters other than white space and ESC (logs are coloured with it).
_CONTROL = bytes(code for code in range(32) if code not in b"\t\n\v\f\r\x1b") + b"\x7f"

_NOT_ASCII = bytes(range(0x80, 0x100))

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class _NotReadError(Exception):
    """The rest was not looked at."""


def tell(ctx: Context) -> None:
    """Report content that no format claims: plain text, and the credentials in it, or something unknown."""
    if not is_text(Probe(ctx.source, ctx.head, ctx.name), ctx.deadline):
        ctx.incomplete("ENG101" if ctx.deadline.expired else "ENG103")
        return
    if not ctx.shared:
        # Another format that claims it has its say.
        ctx.report("ENG105")
    credentials.check_plain(ctx)


def is_text(probe: Probe, deadline: Deadline) -> bool:
    """Return whether all of a source reads as text without control characters other than white space.

    The encoding is UTF-8, UTF-16 with its mark, or an 8-bit one that is mostly ASCII. What could not be looked at to
    its end is not called text. Raises `OSError` for a file that cannot be read.
    """
    try:
        if probe.head.startswith(_UTF16_MARKS):
            return _is_utf16(_blocks(probe, deadline))
        return _is_ascii_based(_blocks(probe, deadline))
    except (_NotReadError, UnicodeDecodeError):
        return False


def _is_utf16(blocks: Iterable[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder("utf-16")()
    for block in blocks:
        if _has_control(decoder.decode(block).encode("utf-8", "replace")):
            return False
    decoder.decode(b"", True)
    return True


def _is_ascii_based(blocks: Iterable[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    utf8 = True
    size = high = 0
    for block in blocks:
        if _has_control(block):
            return False
        size += len(block)
        if block.isascii() and not decoder.getstate()[0]:
            continue
        high += len(block) - len(block.translate(None, _NOT_ASCII))
        try:
            utf8 = utf8 and decoder.decode(block) is not None
        except UnicodeDecodeError:
            utf8 = False
    return (utf8 and not decoder.getstate()[0]) or high * 2 < size


def _has_control(block: bytes) -> bool:
    return len(block.translate(None, _CONTROL)) < len(block)


def _blocks(probe: Probe, deadline: Deadline) -> Iterator[bytes]:
    """Yield all of the source. Raises `_NotReadError` where that takes too long or where a stream breaks."""
    yield probe.head
    size = probe.source.size
    offset = len(probe.head)
    if offset < limits.HEAD:
        return
    while offset != size:
        if deadline.expired or (size is None and offset > limits.TEXT_DECODED):
            raise _NotReadError
        try:
            block = probe.source.read(offset, limits.TEXT_BLOCK)
        except OSError:
            if size is None:
                raise _NotReadError from None
            raise
        if not block:
            return
        yield block
        offset += len(block)
