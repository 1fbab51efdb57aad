"""Other scanners, each in an environment of its own where `make bench-peers` has put it, and what their output says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "work" / "peers"

#: What no scan should wait for, nor tell anybody; the last two turn off what one of them reports home.
ENVIRONMENT = {"PROMPTFOO_DISABLE_TELEMETRY": "1", "NO_ANALYTICS": "1"}


class Peer(NamedTuple):
    """A scanner: what is installed, how it is called, and by which words it says that it left something out."""

    name: str
    requirements: tuple[str, ...]
    command: tuple[str, ...]
    gaps: str

    @property
    def program(self) -> Path:
        """Where it is, if it is installed."""
        return FOLDER / self.name / "bin" / self.command[0]

    def answers(self, code: int, expected: int, output: str, files: int) -> str:
        """Return whether it gave the right verdict on content that it looked at: `yes`, `skips`, `wrong` or `no`."""
        counted = re.search(r"Scanned files: (\d+)", output)
        if re.search(self.gaps, output) or (counted is not None and int(counted.group(1)) < files):
            return "skips"
        return "yes" if code == expected else "wrong"


PEERS = (
    Peer("picklescan", ("picklescan==1.0.5",), ("picklescan", "--path"), "could not parse"),
    Peer(
        "modelscan",
        # What it calls of numpy is gone from numpy 2.
        ("modelscan[h5py]==0.8.8", "numpy<2"),
        ("modelscan", "scan", "--path"),
        r"Total skipped: [1-9]|--- Errors ---",
    ),
    Peer(
        "modelaudit-0.2.54",
        ("modelaudit[h5]==0.2.54",),
        ("modelaudit", "scan", "--no-cache", "--timeout", "3600"),
        "(?i)coverage incomplete|incomplete security coverage",
    ),
)

#: What limits are measured with: no part of modelaudit, and not of its tests.
LIMITS = ("isal==1.9.1",)


def installed() -> list[Peer]:
    """Return the peers that can be run here."""
    return [peer for peer in PEERS if peer.program.exists()]


def install() -> None:
    """Make the environments. What cannot be installed is said and left out."""
    wanted = [(peer.name, peer.requirements) for peer in PEERS]
    for name, requirements in [*wanted, ("limits", LIMITS)]:
        where = FOLDER / name
        if where.exists():
            continue
        subprocess.run([sys.executable, "-m", "venv", str(where)], check=True)
        done = subprocess.run([str(where / "bin" / "pip"), "install", "--quiet", *requirements], check=False)
        if done.returncode:
            print(f"{' '.join(requirements)} cannot be installed here")


if __name__ == "__main__":
    install()
