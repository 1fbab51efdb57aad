"""Measures whole runs of the command on seeded workloads: wall time, processor time, peak memory; writes RESULTS.md.

Question: how long does a user wait, and how much memory does it take, from the start of the process to its end? How far
is that from what the machine can do, and from other scanners? Those run in turns with modelaudit where
`make bench-peers` has installed them. BENCH_FULL=1 takes the full sizes. Names of files, or parts of them, choose
rows, which are printed only.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import goals  # noqa: E402 - siblings, found by the line above
import models  # noqa: E402
import peers  # noqa: E402
import report  # noqa: E402
import workloads  # noqa: E402

RUNS = 7

#: Small files of five formats in one folder.
FILES = 2000

#: A first run of so many seconds counts, and is the only one: caches make no difference to it.
SLOW = 5.0

#: Bytes of an output, at its beginning and at its end, by which an answer is judged.
SAID = 256 << 10

#: Seconds that another scanner is given for a workload of the quick sizes, and of the full ones.
PATIENCE = {False: 30, True: 240}


@dataclass(frozen=True)
class Run:
    """One finished process: seconds of wall and processor time, megabytes at its peak, exit code."""

    wall: float
    cpu: float
    memory: float
    code: int


@dataclass
class Row:
    """A command on a workload, and its runs."""

    title: str
    name: str
    path: Path | None
    command: list[str]
    runs: list[Run] = field(default_factory=list)
    #: Whether it gave the right verdict, and on content that it looked at.
    answer: str = ""

    @property
    def workload(self) -> str:
        """The name of the workload's file without its size."""
        return self.path.name.partition("_")[2] if self.path else self.name

    @property
    def counted(self) -> list[Run]:
        """The runs that count."""
        return self.runs[1:] or self.runs

    @property
    def wall(self) -> float:
        """The median of the wall time."""
        return statistics.median(run.wall for run in self.counted)

    @property
    def memory(self) -> float:
        """The peak of all runs."""
        return max(run.memory for run in self.counted)


def run(command: list[str], output: int = subprocess.DEVNULL) -> Run:
    """Run a command once; its peak memory is its own, since each is waited for alone."""
    # As installed: the run that is not counted writes the bytecode, whatever the shell says.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=output, stderr=output, env={**environment, **peers.ENVIRONMENT})
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = code = os.waitstatus_to_exitcode(status)
    scale = 1e6 if sys.platform == "darwin" else 1e3
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / scale, code)


def inputs(folder: Path, full: bool) -> list[tuple[str, Path, list[str]]]:
    """Make the workloads that are not there yet; return title, path and further arguments of each."""
    # Made in a process of its own: a child is charged with the memory that its parent had when it was forked.
    subprocess.run([sys.executable, str(HERE / "workloads.py"), str(folder), str(int(full))], check=True)
    blacklist = folder / "patterns.txt"
    models.write_patterns(blacklist)
    rows = [
        (title, path, ["--blacklist-file", str(blacklist)] if path.name.endswith("texts.pkl") else [])
        for title, path in workloads.made(folder, full)
    ]
    files = folder / f"{FILES}_files"
    if not files.exists():
        models.small_files(files, FILES)
    return [*rows, (f"{FILES:,} small files, five formats", files, [])]


def rows_of(folder: Path, full: bool, chosen: list[str]) -> list[Row]:
    """Return what is to be run: imports, and each workload by each scanner that can be run here."""
    modelaudit = str(Path(sys.executable).parent / "modelaudit")
    rows = [Row(f"`import {name}`", name, None, [sys.executable, "-c", f"import {name}"]) for name in ("click", "h5py")]
    for title, path, more in inputs(folder, full):
        if chosen and not any(part in path.name for part in chosen):
            continue
        rows.append(Row(title, "modelaudit", path, [modelaudit, "scan", *more, str(path)]))
        # A blacklist is what no other scanner has.
        for peer in [] if more else peers.installed():
            command = ["timeout", str(PATIENCE[full]), str(peer.program), *peer.command[1:], str(path)]
            rows.append(Row(title, peer.name, path, command))
    return rows


def measure(rows: list[Row]) -> None:
    """Run everything in turns; the first run of each is not counted, but for the slow."""
    for row in rows:
        with tempfile.TemporaryFile() as output:
            row.runs.append(run(row.command, output.fileno()))
            row.answer = answer(row, said(output))
    for _ in range(RUNS):
        for row in rows:
            if row.runs[0].wall < SLOW:
                row.runs.append(run(row.command))


def said(output: IO[bytes]) -> str:
    """Return how an output begins and ends: all of one of a gigabyte would count as memory of every later process."""
    size = output.seek(0, os.SEEK_END)
    output.seek(0)
    text = output.read(SAID)
    output.seek(max(len(text), size - SAID))
    return (text + output.read(SAID)).decode("utf-8", "replace")


def answer(row: Row, output: str) -> str:
    """Return whether a scanner gave the right verdict."""
    if row.path is None:
        return ""
    code, expected = row.runs[0].code, goals.GOALS[row.workload].verdict
    peer = next((peer for peer in peers.PEERS if peer.name == row.name), None)
    if peer is None:
        return "yes" if code == expected else "wrong"
    # What `timeout` ends with.
    return "no end" if code == 124 else peer.answers(code, expected, output, FILES if row.path.is_dir() else 1)


def main() -> None:
    """Make the workloads, run everything in turns, print the table; if it is whole, write it down as well."""
    full, chosen = os.environ.get("BENCH_FULL") == "1", sys.argv[1:]
    folder = HERE / "work"
    folder.mkdir(exist_ok=True)
    rows = rows_of(folder, full, chosen)
    measure(rows)
    text = report.section(rows, full, RUNS, PATIENCE[full])
    print(text)
    if not chosen:
        report.write(HERE / "RESULTS.md", text, full)


if __name__ == "__main__":
    main()
