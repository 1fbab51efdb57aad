"""Files and members on several threads: the same report as on one, in the same order; Ctrl-C and deadlines hold."""

from __future__ import annotations

import io
import os
import random
import signal
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest

import modelaudit
from assembly import EVIL
from modelaudit import limits
from modelaudit.config import ScanConfig
from modelaudit.pool import Pool
from modelaudit.scanning import scan_paths


def big(seed: int, tail: bytes = EVIL) -> bytes:
    """Return a pickle of a megabyte and more, of random bytes in a string."""
    body = random.Random(seed).randbytes(limits.LARGE)
    return b"\x80\x04\x8e" + len(body).to_bytes(8, "little") + body + b"0" + tail[2 if tail[:1] == b"\x80" else 0 :]


def archive(count: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for number in range(count):
            made.writestr(f"{number}.pkl", big(number))
            made.writestr(f"{number}.txt", "text")
    return out.getvalue()


def told(paths: list[Path], jobs: int) -> tuple[object, ...]:
    report = scan_paths([str(path) for path in paths], ScanConfig(jobs=jobs))
    return tuple(
        (file.path, file.formats, file.coverage, tuple((i.rule, str(i.location), i.message) for i in file.issues))
        for file in report.files
    )


def test_the_number_of_threads_changes_nothing_in_the_report(tmp_path: Path) -> None:
    for number in range(12):
        (tmp_path / f"{number:02}.pkl").write_bytes(big(number) if number % 3 else EVIL)
    (tmp_path / "z.zip").write_bytes(archive(6))
    one = told([tmp_path], 1)
    assert len(one) == 13
    for jobs in (2, 3, 8):
        assert told([tmp_path], jobs) == one
    alone = told([tmp_path / "z.zip"], 1)
    assert len(alone) == 1
    for jobs in (2, 3, 8):
        assert told([tmp_path / "z.zip"], jobs) == alone


def test_large_members_are_scanned_by_several_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from modelaudit import item

    threads: set[str] = set()
    original = item.Item.scan

    def scan(one: item.Item) -> None:
        threads.add(threading.current_thread().name)
        original(one)

    monkeypatch.setattr(item.Item, "scan", scan)
    (tmp_path / "z.zip").write_bytes(archive(6))
    told([tmp_path / "z.zip"], 1)
    assert threads == {"MainThread"}
    told([tmp_path / "z.zip"], 4)
    assert len(threads) > 1


def test_one_small_file_starts_no_thread_and_imports_no_pool(tmp_path: Path) -> None:
    (tmp_path / "m.pkl").write_bytes(EVIL)
    script = (
        "import sys, threading, modelaudit; modelaudit.scan(sys.argv[1]);"
        "assert threading.active_count() == 1; assert 'concurrent.futures' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "m.pkl")], check=True)


def test_work_may_wait_for_other_work_of_the_same_pool() -> None:
    pool = Pool(2)

    def outer(number: int) -> int:
        inner = [pool.start(lambda n=n: n * number) for n in range(5)]  # type: ignore[misc]
        return sum(task.result() for task in inner)

    tasks = [pool.start(lambda n=n: outer(n)) for n in range(20)]  # type: ignore[misc]
    assert [task.result() for task in tasks] == [10 * n for n in range(20)]
    pool.close()


def test_the_deadline_ends_all_threads(tmp_path: Path) -> None:
    floods = b"\x80\x04" + b"]0" * (40 << 20) + b"N."
    (tmp_path / "0.pkl").write_bytes(floods)
    for number in range(1, 20):
        os.link(tmp_path / "0.pkl", tmp_path / f"{number}.pkl")
    started = time.monotonic()
    report = modelaudit.scan(tmp_path, timeout=0.2)
    assert time.monotonic() - started < 1.2
    assert {file.coverage.status for file in report.files} <= {"partial", "failed"}
    assert report.exit_code == 2


def test_an_interrupt_ends_all_threads_and_keeps_what_is_known(tmp_path: Path) -> None:
    (tmp_path / "0.pkl").write_bytes(EVIL)
    (tmp_path / "1.pkl").write_bytes(b"\x80\x04" + b"(0" * (20 << 20) + b"N.")
    for number in range(2, 200):
        os.link(tmp_path / "1.pkl", tmp_path / f"{number}.pkl")
    command = [sys.executable, "-m", "modelaudit", "scan", "-j", "2", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        started = time.monotonic()
        out, _ = process.communicate(timeout=30)
    assert time.monotonic() - started < 3
    assert process.returncode == 130
    assert "PKL101" in out
