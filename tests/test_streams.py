"""Standard input and other streams: in memory, in a temporary file, too long, too slow."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import modelaudit
from assembly import EVIL, PAYLOAD
from conftest import Run
from modelaudit import limits

PLAIN = b"\x80\x04N."


def rules(report: modelaudit.Report) -> list[str]:
    return [issue.rule for issue in report.issues]


@pytest.mark.parametrize("memory", [0, 10, 1 << 20])
def test_a_long_stream_goes_through_a_temporary_file(
    memory: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(limits, "STDIN_MEMORY", memory)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    data = b"\x80\x02B" + (3 << 20).to_bytes(4, "little") + bytes(3 << 20) + b"0" + PAYLOAD + b"."
    report = modelaudit.scan_stream(io.BytesIO(data), "m.pkl")
    assert rules(report) == ["PKL101", "PKL131"]
    assert report.bytes_scanned == len(data)
    assert list(tmp_path.iterdir()) == []


def test_a_stream_is_read_from_its_position_on() -> None:
    stream = io.BytesIO(b"junk" + EVIL)
    stream.seek(4)
    assert str(modelaudit.scan_stream(stream, "s").issues[0].location) == "s (pos 2)"


def test_a_stream_beyond_the_size_limit_is_not_scanned() -> None:
    report = modelaudit.scan_stream(io.BytesIO(EVIL), max_file_size=10)
    assert rules(report) == ["ENG102"]
    assert report.exit_code == 1


def test_a_stream_that_fails_is_the_callers_error() -> None:
    class Broken(io.BytesIO):
        def read(self, _size: int | None = -1, /) -> bytes:
            raise TimeoutError("the network")

    with pytest.raises(TimeoutError):
        modelaudit.scan_stream(Broken())


def test_only_bytes_are_taken_for_bytes() -> None:
    for wrong in (5, "text", None):
        with pytest.raises(TypeError):
            modelaudit.scan_bytes(wrong)  # type: ignore[arg-type]
    assert modelaudit.scan_bytes(bytearray(EVIL)).exit_code == 1
    assert modelaudit.scan_bytes(memoryview(EVIL)).exit_code == 1


def test_paths_may_be_bytes(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path / "m.pkl")
    with open(path, "wb") as file:
        file.write(EVIL)
    assert modelaudit.scan(path).exit_code == modelaudit.scan([path]).exit_code == 1
    with pytest.raises(TypeError):
        modelaudit.scan(5)  # type: ignore[arg-type]


def test_standard_input_mixes_with_paths(run: Run, tmp_path: Path) -> None:
    (tmp_path / "plain.pkl").write_bytes(PLAIN)
    done = run("scan", "plain.pkl", "-", "-f", "json", stdin=gzip.compress(EVIL))
    report = json.loads(done.stdout)
    assert [file["path"] for file in report["files"]] == ["plain.pkl", "-"]
    assert report["issues"][0]["location"] == "-:gzip content (pos 2)"
    assert done.returncode == 1


def test_a_file_called_like_standard_input_needs_its_folder(run: Run, tmp_path: Path) -> None:
    (tmp_path / "-").write_bytes(EVIL)
    assert run("scan", "-", stdin=PLAIN).returncode == 0
    assert run("scan", "./-", stdin=PLAIN).returncode == 1
    assert modelaudit.scan(str(tmp_path / "-")).exit_code == 1


def test_standard_input_that_never_ends_does_not_outlive_the_deadline() -> None:
    command = [sys.executable, "-m", "modelaudit", "scan", "-", "--timeout", "0.3", "-f", "json"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(EVIL)
        process.stdin.flush()
        assert process.wait(timeout=10) == 2
        assert process.stdout is not None
        report = json.loads(process.stdout.read())
    assert report["duration"] < 1.3
    assert [issue["rule"] for issue in report["issues"]] == ["ENG101"]


def test_a_process_without_standard_input_says_so(tmp_path: Path) -> None:
    command = f"exec {sys.executable} -m modelaudit scan - <&-"
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "-: Not scanned" in done.stderr
