"""TFRecord: files of records, as datasets and as the events that TensorBoard shows.

What it is: for each record its length, a checksum of that, its bytes, and a checksum of them.
What can run: nothing: records are data of whoever reads them.
What is checked: that records follow each other to the end of the file.
What is not checked: the records.
References: `tensorflow/core/lib/io/record_writer.h`, https://www.tensorflow.org/tutorials/load_data/tfrecord.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit import _native
from modelaudit.formats.base import Format

if TYPE_CHECKING:
    from modelaudit.formats.base import Context, Probe

#: Bytes in front of a record, and behind it.
_HEADER, _TRAILER = 12, 4


def _checksum(data: bytes) -> int:
    """Return the CRC-32C of a length, masked as records have it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _length(header: bytes) -> int | None:
    """Return the length of a record; None where the checksum is not that of the length."""
    matches = len(header) == _HEADER and _checksum(header[:8]) == int.from_bytes(header[8:], "little")
    return int.from_bytes(header[:8], "little") if matches else None


def _sniff(probe: Probe) -> bool:
    """Return whether a length of less than 4 GiB comes first, and its checksum."""
    return probe.head[4:8] == bytes(4) and _length(probe.head[:_HEADER]) is not None


def _scan(ctx: Context) -> None:
    source, state = _native.spool(ctx.source, ctx.deadline)
    place, size = 0, source.size or 0
    while place < size:
        if ctx.deadline.expired:
            ctx.incomplete("ENG101")
            return
        length = _length(source.read(place, _HEADER))
        if length is None or place + _HEADER + length + _TRAILER > size:
            ctx.incomplete("TFG117", place)
            return
        place += _HEADER + length + _TRAILER
    if state != "whole":
        ctx.incomplete("TFG117", place)


FORMAT = Format(
    name="tfrecord",
    sniff=_sniff,
    scan=_scan,
    # Of files of events. Others have no mark, and need none: with zeros in a length they are no text.
    marks=((None, b"brain.Event:"),),
    proof=True,
)
