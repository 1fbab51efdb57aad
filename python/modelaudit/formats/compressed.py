"""Single compressed streams: gzip, zlib, bz2, xz, lzma, Zstandard, LZ4.

What it is: one file's bytes, compressed, without a directory.
What can run: nothing by itself; whatever is inside is scanned as a file of its own, decompressed as it is read.
What is checked: the content; broken data, data beyond the budget, bytes behind the end.
What is not checked: checksums of codecs whose decoder does not compare them.
References: RFC 1950, 1952, 8878; the specifications of bzip2, xz and LZ4 frames.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from modelaudit import _native, limits
from modelaudit.formats.base import Format

if TYPE_CHECKING:
    from modelaudit._native import Source
    from modelaudit.formats.base import Context, Probe

#: RFC 1950: the method is 8 (deflate), the window at most 32 KiB, and the first two bytes a multiple of 31.
_DEFLATE = 8
_LARGEST_WINDOW = 7
_CHECK = 31

#: The .lzma header: one byte of properties below 225 (9 * 5 * 5), a dictionary size, an uncompressed size or all ones.
_PROPERTIES = 225
_UNKNOWN_SIZE = b"\xff" * 8


def _starts_zlib(head: bytes) -> bool:
    if len(head) < 2 or head[0] & 0x0F != _DEFLATE or head[0] >> 4 > _LARGEST_WINDOW:  # noqa: PLR2004
        return False
    return (head[0] << 8 | head[1]) % _CHECK == 0 and not head[1] & 0x20


def _starts_lzma(head: bytes) -> bool:
    if len(head) < 13 or head[0] >= _PROPERTIES:  # noqa: PLR2004
        return False
    dictionary = int.from_bytes(head[1:5], "little")
    # Encoders use powers of two, or the sum of two neighbouring ones.
    plausible = dictionary >= 4096 and (dictionary & (dictionary - 1) == 0 or bin(dictionary).count("1") == 2)  # noqa: PLR2004
    return plausible and (head[5:13] == _UNKNOWN_SIZE or head[10:13] == b"\0\0\0")


def _starts_bz2(head: bytes) -> bool:
    return head[:3] == b"BZh" and head[3:4] in (b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"8", b"9")


def _starts(magic: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(magic)


def _decodes(probe: Probe, codec: str) -> bool:
    """Return whether at least one byte comes out: headers of two or five plausible bytes prove too little."""
    try:
        return bool(probe.source.decode(codec, limits.DECODED).head(1))
    except OSError:
        return False


def say_how_it_ended(ctx: Context, codec: str, decoded: Source) -> int | None:
    """Report what kept a stream from being read to its end, or follows it; return its size if it is whole."""
    end = _native.drain(decoded, ctx.deadline)
    if end.status == "broken":
        ctx.incomplete("CMP101", None, {"codec": codec, "size": end.size})
    elif end.status == "limit":
        ctx.incomplete("CMP102", None, {"codec": codec, "limit": limits.DECODED})
    elif end.status == "deadline":
        ctx.incomplete("ENG101")
    elif end.trailing:
        ctx.incomplete("CMP103", None, {"codec": codec, "size": end.trailing})
    return end.size if end.status == "complete" else None


def _format(
    codec: str,
    suffix: str,
    first: bytes | None,
    starts: Callable[[bytes], bool],
    *,
    weak: bool = False,
    marks: tuple[tuple[int | None, bytes], ...] = (),
) -> Format:
    def sniff(probe: Probe) -> bool:
        return starts(probe.head) and (not weak or _decodes(probe, codec))

    def scan(ctx: Context) -> None:
        decoded = ctx.source.decode(codec, limits.DECODED)
        name = ctx.name[: -len(suffix)] if ctx.name.lower().endswith(suffix) else f"{codec} content"

        def finish(after: Context) -> None:
            say_how_it_ended(after, codec, decoded)
            end, size = _native.drain(decoded, after.deadline), ctx.source.size
            if end.trailing and size is not None:
                rest = ctx.source.slice(size - end.trailing, end.trailing)
                after.descend(rest, "bytes behind the stream", raw=True, searched=True)

        ctx.descend(decoded, name, finish)

    return Format(name=codec, sniff=sniff, scan=scan, suffixes=(suffix,), first=first, marks=marks)


#: All pairs of bytes that `_starts_zlib` takes.
_ZLIB = tuple(
    (0, bytes((method, flags)))
    for method in b"\x08\x18\x28\x38\x48\x58\x68\x78"
    for flags in range(-(method << 8) % _CHECK, 256, _CHECK)
    if not flags & 0x20
)

FORMATS = (
    _format("bz2", ".bz2", b"B", _starts_bz2, marks=((0, b"BZh"),)),
    _format("gzip", ".gz", b"\x1f", _starts(b"\x1f\x8b\x08")),
    _format("lz4", ".lz4", b"\x04", _starts(b"\x04\x22\x4d\x18")),
    _format("lzma", ".lzma", None, _starts_lzma, weak=True, marks=((5, _UNKNOWN_SIZE), (10, b"\0\0\0"))),
    _format("xz", ".xz", b"\xfd", _starts(b"\xfd7zXZ\0")),
    _format("zlib", ".zlib", b"\x08\x18\x28\x38\x48\x58\x68\x78", _starts_zlib, weak=True, marks=_ZLIB),
    _format("zstd", ".zst", b"\x28", _starts(b"\x28\xb5\x2f\xfd"), marks=((0, b"\x28\xb5\x2f\xfd"),)),
)

#: Codecs whose streams begin with enough to know them by.
_KNOWN = (
    ("bz2", _starts_bz2),
    ("gzip", _starts(b"\x1f\x8b\x08")),
    ("xz", _starts(b"\xfd7zXZ\0")),
    ("zlib", _starts_zlib),
    ("zstd", _starts(b"\x28\xb5\x2f\xfd")),
)


def codec_of(front: bytes) -> str | None:
    """Return the codec whose streams begin like this; decoding shows whether it is one."""
    return next((codec for codec, starts in _KNOWN if starts(front)), None)
