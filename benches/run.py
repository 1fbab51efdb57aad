"""Measures whole runs of the command on seeded workloads: wall time, processor time, peak memory; prints a table.

Question: how long does a user wait, and how much memory does it take, from the start of the process to its end?
`import click` is run beside it as the floor of any command line in Python. BENCH_FULL=1 takes the full sizes.
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

import workloads  # noqa: E402 - a sibling, found by the line above

RUNS = 7


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


def main() -> None:
    """Make the workloads, run everything in turns, print the table."""
    full = os.environ.get("BENCH_FULL") == "1"
    folder = HERE / "work"
    folder.mkdir(exist_ok=True)
    modelaudit = str(Path(sys.executable).parent / "modelaudit")
    rows = [("floor: import click", [sys.executable, "-c", "import click"])]
    # Made in a process of its own: a child is charged with the memory that its parent had when it was forked.
    subprocess.run([sys.executable, str(HERE / "workloads.py"), str(folder), str(int(full))], check=True)
    rows += [(title, [modelaudit, "scan", str(path)]) for title, path in workloads.made(folder, full)]
    results: dict[str, list[Run]] = {title: [] for title, _ in rows}
    for _ in range(RUNS + 1):
        for title, command in rows:
            results[title].append(run(command))
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}"
    )
    print(f"median (smallest-largest) of {RUNS} runs after one that is not counted\n")
    print("| workload | wall s | processor s | peak MB |\n|---|---|---|---|")
    for title, runs in results.items():
        counted = runs[1:]
        walls, cpus = [r.wall for r in counted], [r.cpu for r in counted]
        print(f"| {title} | {spread(walls)} | {spread(cpus)} | {max(r.memory for r in counted):.0f} |")


if __name__ == "__main__":
    main()
