"""How processor time grows with the input: each workload at 1x, 2x and 4x, and the exponent fitted to the three.

Question: is the cost linear in opcodes, members, files, tensors, nodes, objects, patterns? An exponent above 1.15
fails. Each size is scanned in this process several times, and the least time counts: the start of the interpreter is
no part of it.
"""

from __future__ import annotations

import io
import json
import math
import sys
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path
from typing import IO, Callable

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import containers  # noqa: E402 - siblings, found by the line above
import models  # noqa: E402
import workloads  # noqa: E402

import modelaudit  # noqa: E402

#: The largest exponent that counts as linear: caches make larger inputs a little slower.
LIMIT = 1.15

ROUNDS = 5

STEPS = (1, 2, 4)

Scan = Callable[[], object]


def of_bytes(writer: containers.Writer, size: int) -> Scan:
    """Return a scan of what a writer makes."""
    out = io.BytesIO()
    writer(out, size)
    data = out.getvalue()
    return lambda: modelaudit.scan_bytes(data, "workload")


def of_texts(pack: Callable[[dict[str, bytes]], bytes], count: int, blacklist: list[str]) -> Scan:
    """Return a scan of an archive of small texts."""
    data = pack({f"folder/{number}.txt": b"some text %d\n" % number * 20 for number in range(count)})
    return lambda: modelaudit.scan_bytes(data, "workload", blacklist=blacklist)


def zipped(members: dict[str, bytes]) -> bytes:
    """Return a zip archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def empty_members(file: IO[bytes], count: int) -> None:
    """Write a zip archive of nothing."""
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(count):
            archive.writestr(f"folder/{number}", b"")


def taped(members: dict[str, bytes]) -> bytes:
    """Return a tape archive."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def of_objects(count: int) -> Scan:
    """Return a scan of a manifest of many objects."""
    data = json.dumps([{"name": f"n{number}", "value": number} for number in range(count)]).encode()
    return lambda: modelaudit.scan_bytes(data, "workload.json")


def of_folder(folder: Path, count: int) -> Scan:
    """Return a scan of a folder of small files."""
    where = folder / str(count)
    models.small_files(where, count)
    return lambda: modelaudit.scan(where)


def of_patterns(data: bytes, count: int) -> Scan:
    """Return a search for so many patterns."""
    wanted = models.patterns()[:count]
    return lambda: modelaudit.scan_bytes(data, "workload", blacklist=wanted)


def seconds(scan: Scan) -> float:
    """Return the least processor time of several scans."""
    best = math.inf
    for _ in range(ROUNDS):
        start = time.process_time()
        scan()
        best = min(best, time.process_time() - start)
    return best


def exponent(times: list[float]) -> float:
    """Return the slope of the times against the sizes, both as logarithms, by least squares."""
    xs, ys = [math.log(step) for step in STEPS], [math.log(each) for each in times]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys)) / sum((a - x) ** 2 for a in xs)


def rows(folder: Path) -> dict[str, list[Scan]]:
    """Return the scans of each workload, one a size."""
    out = io.BytesIO()
    models.texts(out, 4_000_000)
    text = out.getvalue()
    return {
        "opcodes, protocol 4": [of_bytes(workloads.dense(4), 5_000_000 * step) for step in STEPS],
        "opcodes, protocol 0": [of_bytes(workloads.dense(0), 5_000_000 * step) for step in STEPS],
        "members of a zip": [of_bytes(containers.many_entries, 5_000 * step) for step in STEPS],
        "empty members of a zip": [of_bytes(empty_members, 5_000 * step) for step in STEPS],
        "members of a tar": [of_texts(taped, 5_000 * step, []) for step in STEPS],
        "members, with a blacklist": [of_texts(zipped, 5_000 * step, ["evil-model"]) for step in STEPS],
        "objects of a manifest": [of_objects(20_000 * step) for step in STEPS],
        "deflated bytes": [of_bytes(containers.deflated_member, 20_000_000 * step) for step in STEPS],
        "tensors of a header": [of_bytes(models.tensor_header, 10_000 * step) for step in STEPS],
        "nodes of a graph": [of_bytes(models.saved_model, 5_000 * step) for step in STEPS],
        "files": [of_folder(folder, 500 * step) for step in STEPS],
        "patterns": [of_patterns(text, 250 * step) for step in STEPS],
    }


def main() -> int:
    """Print the times and the exponent of each workload; return 1 if one grows too fast."""
    failed = False
    print("| workload | 1x s | 2x s | 4x s | exponent |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for title, scans in rows(Path(folder)).items():
            times = [seconds(scan) for scan in scans]
            slope = exponent(times)
            failed |= slope > LIMIT
            print(f"| {title} | {' | '.join(f'{each:.4f}' for each in times)} | {slope:.2f} |")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
