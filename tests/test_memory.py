"""Memory stays flat: huge inputs are scanned by a process that may not have more than a little address space."""

from __future__ import annotations

import gzip
import io
import json
import os
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

import archives
from assembly import PAYLOAD
from checkpoints import state_dict, tensor

#: Bytes of address space, with the libraries and the stacks of all threads in it. What is resident is a part of that.
ADDRESS_SPACE = 1 << 30

#: Megabytes that may be resident at the peak: the interpreter has about 15.
RESIDENT = 64

SCAN = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]),) * 2)
import modelaudit
report = modelaudit.scan(sys.argv[1], timeout=0)
sys.stdout.write(report.to_json())
status = open("/proc/self/status").read()
sys.stderr.write(status.partition("VmHWM:")[2].split()[0])
"""


def scan(path: Path) -> set[str]:
    """Scan in a process of its own, within the limits, and return the rules of what was found."""
    # The peak that `getrusage` tells may be that of the process which made this one.
    command = [sys.executable, "-c", SCAN, str(path), str(ADDRESS_SPACE)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    found = json.loads(done.stdout)
    assert not found["has_errors"]
    assert int(done.stderr) // 1024 < RESIDENT
    return {issue["rule"] for issue in found["issues"]}


def add(file: BinaryIO, name: bytes, content: bytes, hole: int = 0) -> bytes:
    """Write a stored member, behind its content a hole of so many bytes; return its entry in the directory."""
    at, size = file.tell(), len(content) + hole
    # Nobody reads a gigabyte for its checksum.
    member = archives.Member(name, content, size=size, crc=None if not hole else 0, local={"packed": size})
    file.write(member.local_header() + content)
    file.seek(hole, os.SEEK_CUR)
    wide = struct.pack("<HHQ", 1, 8, at)
    central: dict[str, int | bytes] = {"packed": size, "offset": 0xFFFFFFFF, "extra": wide}
    return member._replace(central=central).entry(at)


def test_a_sparse_checkpoint_of_20_gigabytes(tmp_path: Path) -> None:
    count, size = 20, 1 << 30
    path = tmp_path / "sparse.pt"
    with path.open("wb") as file:
        data = state_dict(*(tensor(str(key), (size // 4,), size // 4) for key in range(count)))
        entries = [add(file, b"m/data.pkl", data)]
        entries += [add(file, b"m/data/%d" % key, b"", size) for key in range(count)]
        entries.append(add(file, b"m/version", b"3\n"))
        at, directory = file.tell(), b"".join(entries)
        record = archives.end64(len(entries), len(directory), at)
        file.write(directory + record + archives.locator(at + len(directory)))
        file.write(archives.end(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF))
    assert path.stat().st_size > 20 << 30
    assert scan(path) == set()


def repeated(block: bytes, count: int, head: bytes, tail: bytes) -> bytes:
    """Return a gzip stream of a block that stands in it many times; its checksum is wrong, for the sake of time."""
    encoder = zlib.compressobj(9, wbits=31)
    first = encoder.compress(head) + encoder.flush(zlib.Z_FULL_FLUSH)
    # What follows a full flush refers to nothing before it.
    packed = encoder.compress(block) + encoder.flush(zlib.Z_FULL_FLUSH)
    return first + packed * count + encoder.compress(tail) + encoder.flush()


def test_a_bomb_of_5_gigabytes_with_a_payload_behind_it(tmp_path: Path) -> None:
    # The innermost stream is a thousandth of its content and compresses as well again.
    block, count = bytes(64 << 20), 80
    head = b"\x80\x04\x8e" + struct.pack("<Q", len(block) * count)
    bomb = gzip.compress(repeated(block, count, head, b"0" + PAYLOAD + b"."))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("model.pkl.gz.gz", bomb)
    assert len(out.getvalue()) < 1 << 20
    path = tmp_path / "bomb.zip"
    path.write_bytes(out.getvalue())
    assert "PKL101" in scan(path)


def test_a_stream_of_500_million_opcodes_with_a_payload_behind_it(tmp_path: Path) -> None:
    # Lists in lists, and numbers in them, each dropped again: the machine has to follow all of it.
    step = b"](K\x01K\x02e0"
    opcodes = 6
    block = step * (1 << 20)
    count = 500_000_000 // (opcodes << 20) + 1
    path = tmp_path / "flood.pkl.gz"
    path.write_bytes(repeated(block, count, b"\x80\x04", PAYLOAD + b"."))
    assert "PKL101" in scan(path)
