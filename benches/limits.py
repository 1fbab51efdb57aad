"""What the machine can do at best for a workload: the limits that the rows are held against.

`limits.py KIND PATH` does one of these some times and prints the seconds of the fastest, without the interpreter's
start. Imports are run as commands of their own.
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable

BLOCK = 1 << 20

#: Rounds of each limit, of which the fastest counts.
ROUNDS = 3

#: What the limits are called in the table.
TITLES = {
    "click": "`import click`",
    "start": "the tiny pickle's run",
    "walk": "walk over the opcodes",
    "read": "warm read",
    "isal": "inflate by isal",
    "json": "`json.loads`",
    "h5py": "`import h5py`",
    "files": "list and read the files",
}


def read(path: str) -> None:
    """Read a file once, block by block."""
    block = bytearray(BLOCK)
    with open(path, "rb", buffering=0) as file:
        while file.readinto(block):
            pass


def files(path: str) -> None:
    """List a folder and read every file in it."""
    for folder, _, names in os.walk(path):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                file.read()


def isal(path: str) -> None:
    """Inflate what a zip's first member, a gzip or a zlib stream holds."""
    # Not in the environment of the tests.
    isal_zlib = importlib.import_module("isal.isal_zlib")
    with open(path, "rb") as file:
        front = file.read(30)
        window = -15 if front.startswith(b"PK") else 31 if front.startswith(b"\x1f\x8b") else 15
        name, extra = int.from_bytes(front[26:28], "little"), int.from_bytes(front[28:30], "little")
        file.seek(30 + name + extra if window < 0 else 0)
        inflate = isal_zlib.decompressobj(window)
        while not inflate.eof and (data := file.read(BLOCK)):
            inflate.decompress(data)


def parse(path: str) -> None:
    """Parse the header of a SafeTensors file."""
    with open(path, "rb") as file:
        json.loads(file.read(int.from_bytes(file.read(8), "little")))


KINDS: dict[str, Callable[[str], None]] = {"read": read, "files": files, "isal": isal, "json": parse}


@functools.cache
def seconds(kind: str, path: str) -> float | None:
    """Return the best time of a limit, measured in a process of its own; None where it cannot be measured here."""
    import peers

    python = peers.FOLDER / "limits" / "bin" / "python"
    if kind == "walk":
        command = ["cargo", "bench", "--quiet", "--bench", "walk", "--", path]
    else:
        command = [str(python if kind == "isal" else sys.executable), __file__, kind, path]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parent.parent)
        return float(done.stdout.split()[-1])
    except (OSError, subprocess.CalledProcessError, ValueError, IndexError):
        return None


def main() -> None:
    """Print the best of some rounds."""
    work, path = KINDS[sys.argv[1]], sys.argv[2]
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work(path)
        best = min(best, time.perf_counter() - started)
    print(f"{best:.4f}")


if __name__ == "__main__":
    main()
