"""Checkpoints of Flax and of other JAX libraries, `.msgpack`: one map in MessagePack.

What it is: maps with text as keys, nested like the model, and arrays, which Flax packs into extensions of its own.
What can run: nothing that Flax reads; lengths and shapes go to native code, values of bytes can be files of any kind.
What is checked: the file to its last byte, every count and length against what is there, the bytes of arrays against
shape and type, extensions of unknown types, keys that stand there twice, values of bytes as files of their own, texts
for credentials and encoded code.
What is not checked: the numbers of arrays but for how each begins; how arrays that were stored in chunks are put
together.
References: https://github.com/msgpack/msgpack/blob/master/spec.md, `flax/serialization.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit.formats.base import Format

if TYPE_CHECKING:
    from modelaudit.formats.base import Context, Probe

#: Maps of one entry or more.
_FIRST = bytes([*range(0x81, 0x90), 0xDE, 0xDF])

#: Bytes of the outermost count, by the marker of the map.
_COUNT = {0xDE: 2, 0xDF: 4}

#: Bytes of a number, by its marker.
_NUMBERS = {0xCC: 1, 0xD0: 1, 0xCD: 2, 0xD1: 2, 0xCA: 4, 0xCE: 4, 0xD2: 4, 0xCB: 8, 0xCF: 8, 0xD3: 8}

#: Rules that say that something was not looked at.
_UNSEEN = frozenset({"MSG101", "MSG108"})


def _key(head: bytes, at: int) -> tuple[str, int] | None:
    """Return the text that stands at a place as a key, and where it ends; None if there is no such text."""
    marker = head[at : at + 1]
    if not marker:
        return None
    length, start = marker[0] & 0x1F, at + 1
    if marker == b"\xd9":
        length, start = int.from_bytes(head[at + 1 : at + 2], "big"), at + 2
    elif not 0xA1 <= marker[0] <= 0xBF:  # noqa: PLR2004
        return None
    data = head[start : start + length]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return (text, start + length) if len(data) == length and text.isprintable() else None


def _sniff(probe: Probe) -> bool:
    """Follow the first entries down to the first array or number: keys must be text, all the way."""
    head, at, keys = probe.head, 0, ""
    while head[at : at + 1] and head[at] in _FIRST:
        found = _key(head, at + 1 + _COUNT.get(head[at], 0))
        if found is None:
            return False
        keys, at = keys + found[0], found[1]
    if not keys or at >= len(head) or head[at] == 0xC1:  # noqa: PLR2004
        return False
    # An array's extension begins with three values, the first of them its shape.
    width = {0xC7: 2, 0xC8: 3, 0xC9: 5}.get(head[at])
    if width is not None and head[at + width : at + width + 2] in (b"\x01\x93", b"\x03\x93"):
        return True
    end = _past(head, at)
    if end is None:
        return len(keys) >= 8  # noqa: PLR2004
    return len(keys) >= 4 and (end == probe.source.size or _key(head, end) is not None)  # noqa: PLR2004


def _past(head: bytes, at: int) -> int | None:
    """Return where a number, a text or something empty ends; None for other values."""
    marker = head[at]
    if marker <= 0x80 or marker in b"\x90\xc0\xc2\xc3" or marker >= 0xE0:  # noqa: PLR2004
        return at + 1
    if 0xA0 <= marker <= 0xBF:  # noqa: PLR2004
        return at + 1 + (marker & 0x1F)
    if marker == 0xD9:  # noqa: PLR2004
        return at + 2 + int.from_bytes(head[at + 1 : at + 2], "big")
    return at + 1 + _NUMBERS[marker] if marker in _NUMBERS else None


def _scan(ctx: Context) -> None:
    from modelaudit import _native, corewalk, credentials, encoded_payload

    walk = _native.scan_msgpack(ctx.source, ctx.deadline)
    corewalk.hand_on(ctx, walk, _UNSEEN)
    for name, text, position in walk.texts:
        if ctx.deadline.expired:
            ctx.incomplete("ENG101")
            return
        credentials.check(ctx, text, position)
        encoded_payload.check(ctx, text, name, position)


FORMAT = Format(name="flax-msgpack", sniff=_sniff, scan=_scan, suffixes=(".msgpack",), first=_FIRST)
