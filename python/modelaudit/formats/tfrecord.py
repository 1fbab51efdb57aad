"""TFRecord: files of records, as datasets and as the events that TensorBoard shows.

What it is: for each record its length, a checksum of that, its bytes, and a checksum of them.
What can run: nothing: records are data of whoever reads them.
What is checked: that records follow each other to the end of the file.
What is not checked: the records.
References: `tensorflow/core/lib/io/record_writer.h`, https://www.tensorflow.org/tutorials/load_data/tfrecord.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from modelaudit import _native
from modelaudit.formats.base import Format

if TYPE_CHECKING:
    from modelaudit.formats.base import Context, Probe

#: Bytes in front of a record, and behind it.
_HEADER, _TRAILER = 12, 4


@cache
def _remainders() -> tuple[int, ...]:
    """Return what each byte adds to a CRC-32C (RFC 3720); the bits of its polynomial, 0x1EDC6F41, are reversed here."""
    found = []
    for remainder in range(256):
        for _ in range(8):
            remainder = remainder >> 1 ^ (0x82F63B78 if remainder & 1 else 0)  # noqa: PLW2901
        found.append(remainder)
    return tuple(found)


def _checksum(data: bytes) -> int:
    """Return the CRC-32C of a length, masked as records have it."""
    crc, remainders = 0xFFFFFFFF, _remainders()
    for byte in data:
        crc = crc >> 8 ^ remainders[crc & 0xFF ^ byte]
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


# Text is no record, and a pickle that is harmless to its end stays so if it is one as well.
FORMAT = Format(name="tfrecord", sniff=_sniff, scan=_scan, sifted=True, proof=True)
