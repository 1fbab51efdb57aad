"""Workloads in containers: archives and compressed streams, seeded, written with the standard library alone."""

from __future__ import annotations

import io
import json
import pickle
import random
import struct
import tarfile
import zipfile
import zlib
from array import array
from typing import IO, Callable

from workloads import evil_opcodes

#: The date of all members, so that the same arguments give the same bytes.
_DATE = (1980, 1, 1, 0, 0, 0)

#: Tensors of the checkpoint.
_TENSORS = 400
_COLUMNS = 1024


def weights(size: int, seed: int = 6) -> bytes:
    """Return float32 numbers with eight bits of mantissa: deflate makes about half of them."""
    generator = random.Random(seed)
    numbers = array("f", (generator.gauss(0, 1) for _ in range(size // 4)))
    words = array("I", numbers.tobytes())
    return array("I", (word & 0xFFFF8000 for word in words)).tobytes()


def _add(archive: zipfile.ZipFile, name: str, content: bytes, aligned: bool = False) -> None:
    entry = zipfile.ZipInfo(name, _DATE)
    if aligned and archive.fp is not None:
        # torch puts the data of each record at a multiple of 64, with an extra field of its own.
        padding = -(archive.fp.tell() + 30 + len(name) + 4) % 64
        entry.extra = b"FB" + struct.pack("<H", padding) + b"Z" * padding
    archive.writestr(entry, content)


def torch_checkpoint(file: IO[bytes], size: int) -> None:
    """Write a zip checkpoint of 400 tensors in stored records."""
    rows = max(1, size // _TENSORS // 4 // _COLUMNS)
    record = weights(1 << 20) * (rows * _COLUMNS * 4 // (1 << 20) + 1)
    record = record[: rows * _COLUMNS * 4]
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        _add(archive, "archive/data.pkl", _state_dict(rows), aligned=True)
        _add(archive, "archive/byteorder", b"little", aligned=True)
        for number in range(_TENSORS):
            _add(archive, f"archive/data/{number}", record, aligned=True)
        _add(archive, "archive/version", b"3\n", aligned=True)


def _state_dict(rows: int) -> bytes:
    """Return the pickle that torch writes for a dict of tensors, without its memo."""

    def text(value: str) -> bytes:
        return b"X" + struct.pack("<I", len(value)) + value.encode()

    def number(value: int) -> bytes:
        return b"J" + struct.pack("<i", value)

    out = [b"\x80\x02}("]
    for index in range(_TENSORS):
        storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text(str(index)) + text("cpu")
        out += [text(f"layers.{index}.weight"), b"ctorch._utils\n_rebuild_tensor_v2\n(", storage]
        out += [number(rows * _COLUMNS), b"tQK\0", number(rows), number(_COLUMNS), b"\x86", number(_COLUMNS)]
        out += [b"K\x01\x86\x89ccollections\nOrderedDict\n)RtR"]
    return b"".join(out) + b"u."


def many_entries(file: IO[bytes], size: int) -> None:
    """Write a zip of as many small members as `size` says: pickles and JSON, and one payload at the end."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for index in range(size):
            kind = "pkl" if index % 2 else "json"
            record = {"i": index, "w": [index * 0.5, index * 0.25]}
            content = pickle.dumps(record, 4) if index % 2 else json.dumps(record).encode()
            _add(archive, f"d{index // 1000}/e{index}.{kind}", content)
        _add(archive, "d99/last.pkl", b"\x80\x04" + evil_opcodes() + b".")


def _deflated(file: IO[bytes], size: int, window: int) -> tuple[int, int, int]:
    """Write a deflated pickle: one long bytes constant, then a payload. Returns CRC-32, plain and compressed size."""
    block = weights(1 << 20)
    copies = max(1, size // len(block))
    parts = [b"\x80\x04\x8e" + struct.pack("<Q", copies * len(block)), b"0" + evil_opcodes() + b"."]

    def packed(data: bytes, end: int) -> bytes:
        # Each part is packed on its own, so that the block need not be packed again and again.
        encoder = zlib.compressobj(6, zlib.DEFLATED, -15)
        return encoder.compress(data) + encoder.flush(end)

    start = file.tell()
    once = packed(block, zlib.Z_FULL_FLUSH)
    if window > 0:
        file.write(b"\x78\x9c")
    crc, adler, plain = 0, 1, 0
    pieces = [(parts[0], packed(parts[0], zlib.Z_FULL_FLUSH)), *([(block, once)] * copies)]
    for data, code in [*pieces, (parts[1], packed(parts[1], zlib.Z_FINISH))]:
        file.write(code)
        crc, plain = zlib.crc32(data, crc), plain + len(data)
        adler = zlib.adler32(data, adler) if window > 0 else adler
    if window > 0:
        file.write(struct.pack(">I", adler))
    return crc, plain, file.tell() - start


def deflated_member(file: IO[bytes], size: int) -> None:
    """Write a zip with one deflated member of `size` bytes."""
    name = b"model.pkl"
    start = 30 + len(name)
    file.write(b"\0" * start)
    crc, plain, packed = _deflated(file, size, -15)
    fixed = struct.pack("<HHHHHIIIH", 20, 0, 8, 0, 0x21, crc, packed, plain, len(name))
    directory = file.tell()
    file.write(b"PK\x01\x02" + struct.pack("<H", 20) + fixed + bytes(16) + name)
    end = file.tell()
    file.write(b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, end - directory, directory, 0))
    file.seek(0)
    file.write(b"PK\x03\x04" + fixed + bytes(2) + name)


def nested(file: IO[bytes], size: int) -> None:
    """Write zips three deep, each with `size` bytes of weights beside the next."""
    inner, name = b"\x80\x04" + evil_opcodes() + b".", "model.pkl"
    block = weights(1 << 20) * max(1, size >> 20)
    for level in range(3):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
            _add(archive, "weights.bin", block)
            _add(archive, name, inner)
        inner, name = out.getvalue(), f"level{level}.zip"
    file.write(inner)


def zlib_pickle(file: IO[bytes], size: int) -> None:
    """Write what joblib writes with its default compression: a zlib stream of a pickle."""
    _deflated(file, size, 15)


def taped(file: IO[bytes], size: int) -> None:
    """Write a gzipped tape archive of four pickles."""
    content = b"\x80\x04\x8e" + struct.pack("<Q", size // 4) + weights(1 << 20) * (size // 4 >> 20) + b"."
    with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as tape:
        for number in range(4):
            entry = tarfile.TarInfo(f"weights{number}.pkl")
            entry.size = len(content)
            tape.addfile(entry, io.BytesIO(content))


Writer = Callable[[IO[bytes], int], None]

#: Name, writer, size of the quick run, size of the full run: bytes, or members.
WORKLOADS: tuple[tuple[str, str, Writer, int, int], ...] = (
    ("torch zip, 400 tensors", "torch.pt", torch_checkpoint, 400 << 20, 4 << 30),
    ("zip of small members", "entries.zip", many_entries, 100_000, 100_000),
    ("zip, one deflated member", "deflated.zip", deflated_member, 100 << 20, 1000 << 20),
    ("zips three deep", "nested.zip", nested, 20 << 20, 100 << 20),
    ("joblib, zlib", "zlib.joblib", zlib_pickle, 100 << 20, 503 << 20),
    ("tape archive in gzip", "tape.tar.gz", taped, 100 << 20, 1000 << 20),
)
