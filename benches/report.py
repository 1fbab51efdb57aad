"""Writes down what was measured: the table, what limits each row, and other scanners beside it."""

from __future__ import annotations

import os
import platform
import re
import statistics
import subprocess
from typing import TYPE_CHECKING

import limits
from goals import GOALS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from run import Row

#: The headings of the two parts of the file, by whether the sizes are the full ones.
_HEADINGS = {True: "## Full sizes", False: "## Quick sizes"}


def section(rows: list[Row], full: bool, runs: int, patience: int) -> str:
    """Return the part of the file that these runs are about."""
    ours = [row for row in rows if row.name == "modelaudit"]
    measured = {row.name: row.wall for row in rows if row.path is None}
    measured.update(("start", row.wall) for row in ours if row.workload == "tiny.pkl")
    lines = [
        _HEADINGS[full],
        "",
        _machine(),
        f"Whole processes, in turns: median of up to {runs} runs after one that is not counted (smallest-largest); what"
        " takes 5 s and more is run once. Memory is the peak of the whole process.",
        "",
        *_table(ours, measured, full),
        "",
        "### What limits each row",
        "",
        *_limits(ours, measured),
    ]
    others = [row for row in rows if row.path is not None and row.name != "modelaudit"]
    if others:
        lines += ["", "### Other scanners", "", *_peers(ours, others, patience)]
    return "\n".join(lines) + "\n"


def write(path: Path, text: str, full: bool) -> None:
    """Put a part in its place in the file; the other part and what is written by hand stay."""
    old = path.read_text(encoding="utf-8") if path.exists() else "# What was measured\n"
    start = old.find(_HEADINGS[full])
    if start < 0:
        new = f"{old.rstrip()}\n\n{text}"
    else:
        following = re.search(r"^## ", old[start + 3 :], re.MULTILINE)
        end = start + 3 + following.start() if following else len(old)
        new = f"{old[:start]}{text}\n{old[end:]}"
    path.write_text(new.rstrip() + "\n", encoding="utf-8")


def _machine() -> str:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout
    name = platform.machine()
    return f"Commit {commit.strip()}; {name}, {os.cpu_count()} processors, Python {platform.python_version()}."


def _spread(values: Iterable[float]) -> str:
    counted = list(values)
    return f"{statistics.median(counted):.3f} ({min(counted):.3f}-{max(counted):.3f})"


def _table(ours: list[Row], measured: dict[str, float], full: bool) -> list[str]:
    lines = ["| workload | wall s | processor s | peak MB | target | |", "|---|---|---|---|---|---|"]
    for name in ("click", "h5py"):
        if name in measured:
            lines.append(f"| `import {name}` | {measured[name]:.3f} | | | | |")
    for row in ours:
        walls, cpus = _spread(run.wall for run in row.counted), statistics.median(run.cpu for run in row.counted)
        verdict = "" if row.answer == "yes" else "**wrong verdict**"
        goal, mark = _target(row, measured) if full else ("", "")
        lines.append(f"| {row.title} | {walls} | {cpus:.3f} | {row.memory:.0f} | {goal} | {verdict or mark} |")
    return lines


def _target(row: Row, measured: dict[str, float]) -> tuple[str, str]:
    """Return the target in words, with its seconds, and by how much it is missed."""
    goal = GOALS[row.workload]
    known = dict(measured)
    if goal.of in limits.KINDS and row.path is not None:
        best = limits.seconds(goal.of, str(row.path))
        known |= {} if best is None else {goal.of: best}
    if not goal.words():
        return "none", ""
    seconds = goal.seconds(known)
    memory = "" if goal.memory is None else f", {goal.memory} MB"
    if seconds is None:
        return goal.words() + memory, "not measured here"
    words = goal.words() if not goal.of else f"{goal.words()} = {seconds:.3f} s"
    missed = [f"{row.wall - seconds:.3f} s"] if round(row.wall - seconds, 3) > 0 else []
    missed += [f"{row.memory - goal.memory:.0f} MB"] if goal.memory is not None and row.memory > goal.memory else []
    return words + memory, f"over by {', '.join(missed)}" if missed else "met"


def _limits(ours: list[Row], measured: dict[str, float]) -> list[str]:
    lines = ["| workload | limit | s | times | what takes the time |", "|---|---|---|---|---|"]
    for row in ours:
        goal = GOALS[row.workload]
        best = measured.get(goal.limit)
        if best is None and row.path is not None and goal.limit in (*limits.KINDS, "walk"):
            best = limits.seconds(goal.limit, str(row.path))
        figures = "not measured here |" if best is None else f"{best:.3f} | {row.wall / best:.2f}"
        lines.append(f"| {row.title} | {limits.TITLES[goal.limit]} | {figures} | {goal.why} |")
    return lines


def _peers(ours: list[Row], others: list[Row], patience: int) -> list[str]:
    names = list(dict.fromkeys(row.name for row in others))
    head = " | ".join(f"{name}: s, MB, right" for name in names)
    lines = [
        "Right: the verdict that the content deserves, with all of it looked at. `skips` left content out and said so,"
        f" `wrong` gave another verdict, `no end` was stopped after {patience} s.",
        "",
        f"| workload | modelaudit: s, MB | {head} | best that is right |",
        "|---|---|" + "---|" * len(names) + "---|",
    ]
    for row in ours:
        beside = {other.name: other for other in others if other.path == row.path}
        if not beside:
            continue
        cells = [f"{beside[name].wall:.2f}, {beside[name].memory:.0f}, {beside[name].answer}" for name in names]
        right = [other for other in beside.values() if other.answer == "yes"]
        best = min(right, key=lambda other: other.wall, default=None)
        verdict = "none" if best is None else f"{best.wall / row.wall:.1f} x the time, {_memory(row, right)} the memory"
        lines.append(f"| {row.title} | {row.wall:.2f}, {row.memory:.0f} | {' | '.join(cells)} | {verdict} |")
    return lines


def _memory(row: Row, right: list[Row]) -> str:
    return f"{min(other.memory for other in right) / row.memory:.1f} x"
