"""Other scanners, each in an environment of its own where `make bench-peers` has put it, and how they are called."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

#: Name of each, the version that is measured, and its command.
PEERS = (
    ("picklescan", "picklescan==1.0.5", ("picklescan", "--path")),
    ("modelscan", "modelscan==0.8.8", ("modelscan", "scan", "--path")),
    ("modelaudit-0.2.54", "modelaudit==0.2.54", ("modelaudit", "scan", "--timeout", "600")),
)

#: Seconds that the runs of one row may take together.
PATIENCE = 120.0

FOLDER = Path(__file__).parent / "work" / "peers"


def commands(path: Path) -> list[tuple[str, list[str]]]:
    """Return the commands that scan a path, of those peers that are installed."""
    made = []
    for name, _, (program, *arguments) in PEERS:
        binary = FOLDER / name / "bin" / program
        if binary.exists():
            # A peer may take hours; `timeout` ends it, and the row says how long it was given.
            made.append((name, ["timeout", str(int(PATIENCE)), str(binary), *arguments, str(path)]))
    return made


def install() -> None:
    """Make the environments. What cannot be installed is said and left out."""
    for name, requirement, _ in PEERS:
        where = FOLDER / name
        if where.exists():
            continue
        subprocess.run([sys.executable, "-m", "venv", str(where)], check=True)
        done = subprocess.run([str(where / "bin" / "pip"), "install", "--quiet", requirement], check=False)
        if done.returncode:
            print(f"{requirement} cannot be installed here")


if __name__ == "__main__":
    install()
