"""Formats that are recognised by their magic numbers but not looked into by this version: said, never passed over.

What it is: a table of magic numbers.
What can run: depends on the format; that is why each is reported.
What is checked: nothing but the magic number.
What is not checked: the content.
References: the specifications of the formats named in the table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit.formats.base import Format

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelaudit.formats.base import Context, Probe

_MAGIC = (
    ("7z", "a 7z archive", 0, b"7z\xbc\xaf\x27\x1c"),
    ("rar", "a RAR archive", 0, b"Rar!\x1a\x07"),
    ("cab", "a cabinet archive", 0, b"MSCF\0\0\0\0"),
    ("ar", "an ar archive", 0, b"!<arch>\n"),
    ("compress", "a stream compressed with LZW", 0, b"\x1f\x9d"),
    ("pack", "a stream compressed with pack", 0, b"\x1f\x1e"),
    ("lzip", "a stream compressed with lzip", 0, b"LZIP\x01"),
    ("lzop", "a stream compressed with LZO", 0, b"\x89LZO\0\r\n\x1a\n"),
    ("lrzip", "a stream compressed with lrzip", 0, b"LRZI\0"),
    ("lz4-legacy", "a stream compressed with LZ4 in its legacy form", 0, b"\x02\x21\x4c\x18"),
    ("snappy", "a stream compressed with Snappy", 0, b"\xff\x06\0\0sNaPpY"),
    ("ggml", "a GGML model without versions", 0, b"lmgg"),
    ("ggmf", "a GGMF model, which came before GGUF", 0, b"fmgg"),
    ("ggjt", "a GGJT model, which came before GGUF", 0, b"tjgg"),
    ("ggla", "a GGLA adapter, which came before GGUF", 0, b"algg"),
    ("ort", "a model in the format of ONNX Runtime", 4, b"ORTM"),
    ("tflite", "a TensorFlow Lite model", 4, b"TFL3"),
)


def _format(
    name: str,
    words: str,
    first: bytes | None,
    sniff: Callable[[Probe], bool],
    *,
    proof: bool = False,
    marks: tuple[tuple[int | None, bytes], ...] = (),
) -> Format:
    def scan(ctx: Context) -> None:
        ctx.incomplete("ENG104", None, {"format": words})

    return Format(name=name, sniff=sniff, scan=scan, first=first, supported=False, proof=proof, marks=marks)


def _by_magic(name: str, words: str, offset: int, magic: bytes) -> Format:
    def sniff(probe: Probe) -> bool:
        return probe.head.startswith(magic, offset)

    first = None if offset else magic[:1]
    return _format(name, words, first, sniff, proof=len(magic) > 3, marks=((offset, magic),))  # noqa: PLR2004


def _is_cpio(probe: Probe) -> bool:
    """Return whether a header of nothing but digits follows the magic number, which is digits itself."""
    width = {b"070701": 110, b"070702": 110, b"070707": 76}.get(probe.head[:6])
    return width is not None and len(probe.head) >= width and set(probe.head[:width]) <= set(b"0123456789abcdefABCDEF")


FORMATS = (
    *(_by_magic(*row) for row in _MAGIC),
    _format("cpio", "a cpio archive", b"0", _is_cpio, marks=((0, b"0707"),)),
)
