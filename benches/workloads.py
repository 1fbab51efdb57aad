"""Workloads of the benchmark: the same arguments give the same bytes; no library but the standard one is needed."""

from __future__ import annotations

import pickle
import random
import struct
import sys
from pathlib import Path
from typing import IO, Callable

#: Bytes of a record of `dense_records` in protocols 4 and 0, measured at a million records.
_RECORD = {4: 79.7, 0: 183.1}


def _text(value: str) -> bytes:
    data = value.encode()
    return b"\x8c" + bytes([len(data)]) + data


def evil_opcodes(command: str = "echo a benchmark payload that does nothing") -> bytes:
    """Opcodes that leave the result of os.system(command) on the stack."""
    data = command.encode()
    return _text("os") + _text("system") + b"\x93X" + struct.pack("<I", len(data)) + data + b"\x85R"


def tiny(file: IO[bytes], _size: int) -> None:
    """Write a pickle of 156 bytes that calls os.system."""
    padding = 156 - len(evil_opcodes("")) - 3
    file.write(b"\x80\x04" + evil_opcodes("echo ".ljust(padding, "a")) + b".")


def dense_records(count: int) -> list[object]:
    """Return records of small numbers, short texts, tuples and dicts: many opcodes in few bytes."""
    generator = random.Random(4)
    number, bits = generator.random, generator.getrandbits
    items: list[object] = []
    for index in range(count):
        items += [bits(7), bits(14), bits(30), number(), f"tok{index}", (bits(6), bits(6), True)]
        items += [{"id": index, "w": number(), "t": f"v{bits(20)}"}, [bits(6), None, False]]
    return items


def dense(protocol: int) -> Callable[[IO[bytes], int], None]:
    """Return a writer of an opcode-dense pickle of about `size` bytes in this protocol."""

    def write(file: IO[bytes], size: int) -> None:
        pickle.dump(dense_records(round(size / _RECORD[protocol])), file, protocol=protocol)

    return write


def arrays(file: IO[bytes], size: int) -> None:
    """Write one protocol-4 pickle, a dict of 64 float32 arrays with random bytes."""
    count, columns = 64, 1024
    rows = max(1, size // count // 4 // columns)
    length = rows * columns * 4
    block = random.Random(3).randbytes(1 << 20)
    file.write(b"\x80\x04}(")
    for index in range(count):
        file.write(_text(f"layer{index}/kernel") + _array_head(rows, columns, length))
        for start in range(0, length, len(block)):
            file.write(block[: min(len(block), length - start)])
        file.write(b"tb")
    file.write(b"u.")


def _array_head(rows: int, columns: int, length: int) -> bytes:
    """Return the opcodes of numpy's array reduction up to the length of the data."""
    shape = b"J" + struct.pack("<i", rows) + b"J" + struct.pack("<i", columns) + b"\x86"
    reconstruct = _text("numpy.core.multiarray") + _text("_reconstruct") + b"\x93"
    empty = _text("numpy") + _text("ndarray") + b"\x93K\x00\x85C\x01b\x87R"
    dtype = _text("numpy") + _text("dtype") + b"\x93" + _text("f4") + b"\x89\x88\x87R"
    state = b"(K\x03" + _text("<") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    return reconstruct + empty + b"(K\x01" + shape + dtype + state + b"\x89\x8e" + struct.pack("<Q", length)


#: Name, writer, bytes of the quick run, bytes of the full run.
WORKLOADS = (
    ("tiny pickle, 156 bytes", "tiny.pkl", tiny, 156, 156),
    ("pickle of arrays", "arrays.pkl", arrays, 268_435_456, 1_073_741_824),
    ("dense pickle, protocol 4", "dense_p4.pkl", dense(4), 50_000_000, 200_000_000),
    ("dense pickle, protocol 0", "dense_p0.pkl", dense(0), 25_000_000, 100_000_000),
)


def all_workloads() -> tuple[tuple[str, str, Callable[[IO[bytes], int], None], int, int], ...]:
    """Return the workloads of this file, of containers and of single formats."""
    from containers import WORKLOADS as CONTAINERS
    from models import WORKLOADS as MODELS

    return (*WORKLOADS, *CONTAINERS, *MODELS)


def made(folder: Path, full: bool) -> list[tuple[str, Path]]:
    """Return titles and paths of the workloads in `folder`."""
    rows = []
    for title, name, _, quick_size, full_size in all_workloads():
        size = full_size if full else quick_size
        amount = f"{size / 1e6:,.0f} MB" if size >= 1_000_000 else f"{size:,}"
        sized = title if quick_size == full_size else f"{title}, {amount}"
        rows.append((sized, folder / f"{size}_{name}"))
    return rows


def make(folder: Path, full: bool) -> None:
    """Write all workloads that are not there yet."""
    for (_, _, writer, quick_size, full_size), (_, path) in zip(all_workloads(), made(folder, full)):
        if not path.exists():
            partial = path.with_suffix(".partial")
            with partial.open("wb+") as file:
                writer(file, full_size if full else quick_size)
            partial.rename(path)


if __name__ == "__main__":
    make(Path(sys.argv[1]), sys.argv[2] == "1")
