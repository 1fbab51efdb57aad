"""Reports to their destination: special files, links, full disks, readers that go away."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from assembly import EVIL
from conftest import Run
from modelaudit import delivery


@pytest.fixture(autouse=True)
def evil(tmp_path: Path) -> None:
    (tmp_path / "evil.pkl").write_bytes(EVIL)


def test_a_pipe_is_written_to_and_not_replaced(run: Run, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    received: list[str] = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_text(encoding="utf-8")))
    reader.start()
    assert run("scan", "evil.pkl", "-o", "pipe").returncode == 1
    reader.join(10)
    assert "posix.system" in received[0]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_devices_are_never_replaced(run: Run) -> None:
    assert run("scan", "evil.pkl", "-o", os.devnull).returncode == 1
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


def test_a_link_leads_to_the_report(run: Run, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "report").write_text("old", encoding="utf-8")
    (tmp_path / "link").symlink_to("folder/report")
    assert run("scan", "evil.pkl", "-o", "link").returncode == 1
    assert (tmp_path / "link").is_symlink()
    assert "posix.system" in (tmp_path / "folder" / "report").read_text(encoding="utf-8")


def test_the_mode_of_the_report_follows_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        assert delivery.write_file(str(tmp_path / "report"), "text") is None
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "report").stat().st_mode) == 0o640


def test_a_write_that_fails_leaves_the_old_report_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "report"
    target.write_text("old", encoding="utf-8")
    before = sorted(os.listdir(tmp_path))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert delivery.write_file(str(target), "new") == f"cannot write {target}: No space left on device"
    assert target.read_text(encoding="utf-8") == "old"
    assert sorted(os.listdir(tmp_path)) == before


def test_a_full_disk_behind_standard_output_is_an_error(tmp_path: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "modelaudit", "scan", "evil.pkl"],
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.decode().startswith("modelaudit: cannot write the report: ")
    assert b"Traceback" not in done.stderr


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "modelaudit", "scan", "evil.pkl"],
        stdout=writing,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")


def test_help_and_version_load_no_engine() -> None:
    script = (
        "import sys, modelaudit.cli\n"
        "try: modelaudit.cli.main(['--version'])\n"
        "except SystemExit: pass\n"
        "print(*sorted(name for name in sys.modules if name.startswith('modelaudit')))"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[-1].split() == ["modelaudit", "modelaudit._native", "modelaudit.cli", "modelaudit.reports"]
