"""Zip archives assembled header by header, so that each can lie in one place."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from typing import NamedTuple

from assembly import EVIL

DEFLATED = 8


def deflated(data: bytes) -> bytes:
    """Return raw deflate data."""
    encoder = zlib.compressobj(wbits=-15)
    return encoder.compress(data) + encoder.flush()


class Member(NamedTuple):
    """One member; `local` and `central` replace fields of one header only."""

    name: bytes = b"archive/data.pkl"
    data: bytes = EVIL
    method: int = 0
    flags: int = 0
    size: int | None = None
    crc: int | None = None
    external: int = 0
    made_by: int = 20
    extra: bytes = b""
    comment: bytes = b""
    local: Mapping[str, int | bytes] = {}
    central: Mapping[str, int | bytes] = {}
    #: Whether the directory lists it.
    listed: bool = True
    #: Bytes between this member and the next.
    behind: bytes = b""

    def stored(self) -> bytes:
        """Return the bytes as they lie in the archive."""
        return deflated(self.data) if self.method == DEFLATED else self.data

    def fields(self, over: Mapping[str, int | bytes]) -> dict[str, int | bytes]:
        """Return the fields of a header."""
        fields: dict[str, int | bytes] = {
            "name": self.name,
            "flags": self.flags,
            "method": self.method,
            "crc": zlib.crc32(self.data) if self.crc is None else self.crc,
            "packed": len(self.stored()),
            "size": len(self.data) if self.size is None else self.size,
            "extra": self.extra,
        }
        return {**fields, **over}

    def local_header(self) -> bytes:
        """Return the local header."""
        f = self.fields(self.local)
        name, extra = f["name"], f["extra"]
        assert isinstance(name, bytes)
        assert isinstance(extra, bytes)
        numbers = (20, f["flags"], f["method"], 0, 0x21, f["crc"], f["packed"], f["size"], len(name), len(extra))
        return b"PK\3\4" + struct.pack("<HHHHHIIIHH", *numbers) + name + extra

    def entry(self, offset: int) -> bytes:
        """Return the entry of the directory."""
        f = self.fields(self.central)
        name, extra = f["name"], f["extra"]
        assert isinstance(name, bytes)
        assert isinstance(extra, bytes)
        numbers = (self.made_by, 20, f["flags"], f["method"], 0, 0x21, f["crc"], f["packed"], f["size"])
        lengths = (len(name), len(extra), len(self.comment), 0, 0, self.external, f.get("offset", offset))
        return b"PK\1\2" + struct.pack("<HHHHHHIIIHHHHHII", *numbers, *lengths) + name + extra + self.comment


def end(count: int, size: int, offset: int, comment: bytes = b"") -> bytes:
    """Return an end record."""
    return b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, count, count, size, offset, len(comment)) + comment


def end64(count: int, size: int, offset: int) -> bytes:
    """Return a Zip64 end record."""
    return b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, size, offset)


def locator(offset: int) -> bytes:
    """Return the locator of a Zip64 end record."""
    return b"PK\6\7" + struct.pack("<IQI", 0, offset, 1)


def body(*members: Member, base: int = 0) -> tuple[bytes, bytes]:
    """Return members and the directory of them; offsets count from `base`."""
    data, directory = bytearray(), bytearray()
    for member in members:
        if member.listed:
            directory += member.entry(base + len(data))
        data += member.local_header() + member.stored() + member.behind
    return bytes(data), bytes(directory)


def archive(
    *members: Member, front: bytes = b"", adjusted: bool = True, comment: bytes = b"", count: int | None = None
) -> bytes:
    """Return an archive; `adjusted` if its offsets count the bytes in front of it."""
    base = len(front) if adjusted else 0
    data, directory = body(*members, base=base)
    listed = sum(member.listed for member in members) if count is None else count
    return front + data + directory + end(listed, len(directory), base + len(data), comment)


#: A member in which there is nothing to find.
PLAIN = Member(b"archive/version", b"3\n")
