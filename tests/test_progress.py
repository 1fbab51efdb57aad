"""The progress bar: only for people who wait at a terminal, and never in the report."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
import time
from pathlib import Path

from assembly import EVIL
from conftest import Run
from modelaudit import progress
from modelaudit._native import Source

SLOW = b"\x80\x04" + b"(0" * (20 << 20) + b"N."


def slow_folder(folder: Path) -> Path:
    (folder / "0.pkl").write_bytes(SLOW)
    for number in range(1, 40):
        os.link(folder / "0.pkl", folder / f"{number}.pkl")
    return folder


def test_a_bar_is_drawn_on_a_terminal_once_it_takes_long(tmp_path: Path) -> None:
    slow_folder(tmp_path)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "modelaudit", "scan", "-t", "1.5", str(tmp_path)]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, env=environment) as process:
        out, _ = process.communicate(timeout=60)
    os.close(theirs)
    drawn = b""
    try:
        while part := os.read(ours, 65536):
            drawn += part
    except OSError:
        pass
    os.close(ours)
    assert b"of 40 files" in drawn
    assert b".pkl" in drawn
    assert b"of 40 files" not in out


def test_nothing_is_drawn_where_nobody_looks_or_nobody_wants_it(run: Run, tmp_path: Path) -> None:
    slow_folder(tmp_path)
    assert "files" not in run("scan", "-t", "1", str(tmp_path)).stderr.replace("ENG", "").split("modelaudit:")[0]
    assert run("scan", "-q", "--progress", "-t", "1", str(tmp_path)).stderr == ""


def test_a_bar_can_be_asked_for(run: Run, tmp_path: Path) -> None:
    # On what is no terminal, the library that draws shows no movement; the command must not fail over it.
    (tmp_path / "m.pkl").write_bytes(EVIL)
    done = run("scan", "--progress", str(tmp_path))
    assert done.returncode == 1
    assert "PKL101" in done.stdout


def test_quiet_prints_findings_only(run: Run, tmp_path: Path) -> None:
    (tmp_path / "good.pkl").write_bytes(b"\x80\x04N.")
    done = run("scan", "-q", "good.pkl")
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
    (tmp_path / "evil.pkl").write_bytes(EVIL)
    assert "PKL101" in run("scan", "-q", "evil.pkl").stdout
    assert run("scan", "-q", "-f", "json", "good.pkl").stdout.startswith("{")
    done = run("scan", "-q", "missing.pkl")
    assert (done.stderr, done.returncode) == ("", 2)
    assert "ENG201" in done.stdout


def test_what_is_told_adds_up(tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(b"x" * 1000)
    source = Source.open(tmp_path / "m")
    told = progress.Progress([str(tmp_path)], io.StringIO())
    told.begin("m", source)
    assert told.now() == (0, 0, "m")
    source.read(0, 300)
    source.read(0, 300)
    assert told.now() == (600, 0, "m")
    source.read(0, 1000)
    assert told.now() == (1000, 0, "m")
    told.done("m", 1000)
    assert told.now() == (1000, 1, "")


def test_work_that_is_soon_over_draws_nothing(tmp_path: Path) -> None:
    stream = io.StringIO()
    with progress.Progress([str(tmp_path)], stream):
        time.sleep(0.05)
    assert stream.getvalue() == ""
