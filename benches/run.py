"""Measures whole runs of the command on seeded workloads: wall time, processor time, peak memory; prints a table.

Question: how long does a user wait, and how much memory does it take, from the start of the process to its end?
`import click` is run beside it as the floor of any command line in Python. Other scanners run in turns with it where
`make bench-peers` has installed them. BENCH_FULL=1 takes the full sizes. Names of files, or parts of them, as arguments
choose rows.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import models  # noqa: E402 - siblings, found by the line above
import peers  # noqa: E402
import workloads  # noqa: E402

RUNS = 7

#: Small files of five formats in one folder.
FILES = 2000


@dataclass(frozen=True)
class Run:
    """One finished process: seconds of wall and processor time, megabytes at its peak."""

    wall: float
    cpu: float
    memory: float


def run(command: list[str]) -> Run:
    """Run a command once; its peak memory is its own, since each is waited for alone."""
    # As installed: the run that is not counted writes the bytecode, whatever the shell says.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    _, _, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = 0
    scale = 1e6 if sys.platform == "darwin" else 1e3
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / scale)


def spread(values: list[float]) -> str:
    """Return the median with the smallest and largest value."""
    return f"{statistics.median(values):.3f} ({min(values):.3f}-{max(values):.3f})"


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


def main() -> None:
    """Make the workloads, run everything in turns, print the table."""
    full = os.environ.get("BENCH_FULL") == "1"
    folder = HERE / "work"
    folder.mkdir(exist_ok=True)
    modelaudit = str(Path(sys.executable).parent / "modelaudit")
    chosen = sys.argv[1:]
    commands: dict[tuple[str, str], list[str]] = {}
    for title, path, more in inputs(folder, full):
        if not chosen or any(part in path.name for part in chosen):
            commands[title, "modelaudit"] = [modelaudit, "scan", *more, str(path)]
            commands.update({(title, name): command for name, command in peers.commands(path)})
    commands = {("import click", "floor"): [sys.executable, "-c", "import click"], **commands}
    results: dict[tuple[str, str], list[Run]] = {row: [] for row in commands}
    for turn in range(RUNS + 1):
        for row, command in commands.items():
            # What takes minutes is not run eight times.
            if turn < 2 or results[row][-1].wall * RUNS < peers.PATIENCE:
                results[row].append(run(command))
    _print(results)


def _print(results: dict[tuple[str, str], list[Run]]) -> None:
    machine = platform.processor() or platform.machine()
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout
    print(f"{machine}, {os.cpu_count()} processors, Python {platform.python_version()}, commit {commit.strip()}")
    print(f"median (smallest-largest) of up to {RUNS} runs after one that is not counted\n")
    print("| workload | command | wall s | processor s | peak MB | of floor | of modelaudit |")
    print("|---|---|---|---|---|---|---|")
    middle = {row: statistics.median(r.wall for r in runs[1:]) for row, runs in results.items()}
    floor = middle["import click", "floor"]
    for (title, name), runs in results.items():
        counted = runs[1:]
        walls, cpus = [r.wall for r in counted], [r.cpu for r in counted]
        wall, ours = middle[title, name], middle.get((title, "modelaudit"), floor)
        ratios = f"{wall / floor:.2f} | {wall / ours:.2f}"
        print(
            f"| {title} | {name} | {spread(walls)} | {spread(cpus)} | {max(r.memory for r in counted):.0f} | {ratios} |"
        )


if __name__ == "__main__":
    main()
