"""One file through the system: recognition, compressed streams, nesting, coverage, defects."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from pathlib import Path
from typing import Callable

import pytest

import modelaudit
from assembly import EVIL, PAYLOAD, named, text
from modelaudit import _native, limits

DATA = Path(__file__).parent / "data"


def scan(data: bytes, name: str = "file.bin") -> modelaudit.Report:
    return modelaudit.scan_bytes(data, name)


def rules(report: modelaudit.Report) -> list[str]:
    return [issue.rule for issue in report.issues]


def test_harmless_framework_files_are_silent() -> None:
    report = modelaudit.scan(DATA)
    loud = [str(issue.location) for issue in report.issues if issue.severity in ("warning", "critical")]
    assert loud == []
    assert report.exit_code == 0
    assert len([file for file in report.files if file.formats]) >= 17
    assert {file.coverage.status for file in report.files} == {"complete"}


@pytest.mark.parametrize("name", ["m.pkl", "m.pt", "m.txt", "m.json", "m.dat", "m", "m.safetensors", "m.png"])
@pytest.mark.parametrize("data", [EVIL, PAYLOAD + b".", PAYLOAD])
def test_a_pickle_is_recognised_under_any_name(name: str, data: bytes) -> None:
    report = scan(data, name)
    assert "PKL101" in rules(report)
    assert report.formats == ("pickle",)


@pytest.mark.parametrize(
    "content",
    [
        b"# A model card\n\nIt is good.\n",
        b'"a": [1, 2]}',
        b"import os\nos.system('x')\n",
        b"I am text.\n(and more)\n",
        "Grüße, 世界\n".encode() * 2000,
    ],
)
def test_text_is_not_taken_for_a_pickle(content: bytes) -> None:
    report = scan(content, "README")
    assert rules(report) == ["ENG105"]
    assert report.exit_code == 0


@pytest.mark.parametrize(
    ("data", "name", "rule", "status"),
    [
        (bytes(range(256)), "weights.bin", "ENG103", "unsupported"),
        (b"", "notes", "ENG106", "complete"),
        (b"", "model.pkl", "ENG107", "partial"),
        (b"\x89PNG\r\n\x1a\n....", "a.png", "ENG110", "complete"),
        (b"\x89HDF\r\n\x1a\n", "model.h5", "HDF101", "partial"),
        (b"Rar!\x1a\x07\x01\0", "model.pt", "ENG104", "unsupported"),
        (b"PK\x03\x04" + b"\0" * 30, "model.pt", "ZIP121", "partial"),
        (b"not a pickle at all", "model.pkl", "PKL201", "partial"),
        (bytes(range(255, 0, -1)), "model.pkl", "PKL201", "partial"),
    ],
)
def test_what_is_not_scanned_is_said(data: bytes, name: str, rule: str, status: str) -> None:
    report = scan(data, name)
    assert rules(report)[0] == rule
    assert report.files[0].coverage.status == status


CODECS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda data: lzma.compress(data, format=lzma.FORMAT_ALONE),
}


SUFFIXES = {"gzip": "gz"}


@pytest.mark.parametrize("codec", CODECS)
def test_compressed_pickles_are_scanned(codec: str) -> None:
    report = scan(CODECS[codec](EVIL), "model.bin")
    assert rules(report) == ["PKL101", "PKL131"]
    assert str(report.issues[0].location) == f"model.bin:{codec} content (pos 2)"
    assert report.formats == (codec, "pickle")
    assert report.files[0].coverage.status == "complete"


def test_the_member_is_named_like_the_file_without_its_suffix() -> None:
    report = scan(gzip.compress(bz2.compress(EVIL)), "model.pkl.bz2.gz")
    assert str(report.issues[0].location) == "model.pkl.bz2.gz:model.pkl.bz2:model.pkl (pos 2)"


@pytest.mark.parametrize("codec", CODECS)
def test_a_truncated_stream_is_never_clean(codec: str) -> None:
    whole = CODECS[codec](b"\x80\x04" + text("some text") + b".")
    for length in range(1, len(whole)):
        report = scan(whole[:length], f"model.{SUFFIXES.get(codec, codec)}")
        assert report.exit_code == 1, (codec, length)
        assert report.files[0].coverage.status != "complete"


@pytest.mark.parametrize("codec", CODECS)
def test_bytes_after_a_stream_are_reported(codec: str) -> None:
    report = scan(CODECS[codec](b"\x80\x04N.") + b"tail", "model.bin")
    assert rules(report) == ["CMP103"]
    assert report.issues[0].details["size"] == 4


def test_members_of_gzip_are_one_stream() -> None:
    report = scan(gzip.compress(b"\x80\x02" + PAYLOAD[:9]) + gzip.compress(PAYLOAD[9:] + b"."), "m.gz")
    assert rules(report) == ["PKL101", "PKL131"]


def test_a_pickle_that_looks_like_zlib_is_a_pickle() -> None:
    data = b"(S'x'\n1" + PAYLOAD + b"."
    assert (data[0] << 8 | data[1]) % 31 == 0
    report = scan(data)
    assert report.formats == ("pickle",)
    assert "PKL101" in rules(report)


def test_a_bomb_ends_at_its_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DECODED", 1_000_000)
    report = scan(gzip.compress(b"\x80\x04B\x00\x00\x20\x00" + bytes(2 << 20) + b"."), "bomb.gz")
    assert "CMP102" in rules(report)
    assert report.files[0].coverage.status == "partial"


def test_nesting_ends_at_its_limit() -> None:
    data = EVIL
    for _ in range(limits.NESTING + 2):
        data = gzip.compress(data)
    report = scan(data, "deep.gz")
    assert rules(report) == ["ENG108"]
    assert report.exit_code == 1


def test_pickles_in_bytes_for_a_loader_are_scanned_in_turn() -> None:
    constant = b"B" + len(EVIL).to_bytes(4, "little") + EVIL
    inner = b"\x80\x04" + named("pickle", "loads") + constant + b"\x85R."
    constant = b"B" + len(inner).to_bytes(4, "little") + inner
    outer = b"\x80\x04" + named("dill", "loads") + constant + b"\x85R."
    found = [str(issue.location) for issue in scan(outer, "m.pkl").issues if issue.message.endswith("posix.system")]
    assert found == ["m.pkl:bytes at 83:bytes at 59 (pos 2)"]
    compressed = zlib.compress(EVIL)
    constant = b"B" + len(compressed).to_bytes(4, "little") + compressed
    decode = named("zlib", "decompress") + constant + b"\x85R"
    report = scan(b"\x80\x04" + named("pickle", "loads") + decode + b"\x85R.", "m.pkl")
    assert any(issue.message.endswith("posix.system") for issue in report.issues)


def test_nested_bytes_of_a_compressed_pickle_are_scanned() -> None:
    constant = b"B" + len(EVIL).to_bytes(4, "little") + EVIL
    outer = b"\x80\x04" + named("pickle", "loads") + constant + b"\x85R."
    report = scan(gzip.compress(outer), "m.pkl.gz")
    assert any(issue.message.endswith("posix.system") for issue in report.issues)


def test_a_defect_of_a_scanner_is_a_visible_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("a defect\x1b")

    monkeypatch.setattr(_native, "scan_pickle", fails)
    report = scan(EVIL, "m.pkl")
    assert rules(report) == ["ENG204"]
    assert report.issues[0].message == "Not scanned to the end: internal error (RuntimeError: a defect\\x1b)"
    assert report.exit_code == 2


def test_the_same_input_gives_the_same_report(tmp_path: Path) -> None:
    for number in range(20):
        (tmp_path / f"{number}.pkl").write_bytes(b"\x80\x02" + PAYLOAD * (number + 1) + b".")
    first, second = (modelaudit.scan(tmp_path).to_dict() for _ in range(2))
    for report in (first, second):
        report["start_time"] = report["duration"] = 0
        for issue in report["issues"]:
            issue["timestamp"] = 0
    assert first == second


def test_a_large_payload_is_skipped_in_flat_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.pkl"
    with open(path, "wb") as file:
        file.write(b"\x80\x04\x8e" + (20 << 30).to_bytes(8, "little"))
        file.seek(20 << 30, 1)
        file.write(b"0" + PAYLOAD + b".")
    report = modelaudit.scan(path)
    assert "PKL101" in rules(report)
    assert report.files[0].coverage.status == "complete"
