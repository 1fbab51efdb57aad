"""Evidence is never lost: broken streams, polyglots, defects, limits, blacklists."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import zlib
from pathlib import Path
from typing import Callable

import pytest

import modelaudit
from assembly import EVIL, PAYLOAD
from modelaudit import _native, limits

ZIP_END = b"PK\x05\x06" + bytes(18)


def rules(report: modelaudit.Report) -> list[str]:
    return [issue.rule for issue in report.issues]


CODECS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda data: lzma.compress(data, format=lzma.FORMAT_ALONE),
    "zlib": zlib.compress,
}


@pytest.mark.parametrize("size", [0, 5_000, 200_000])
def test_what_a_broken_stream_delivers_is_scanned(size: int) -> None:
    whole = gzip.compress(EVIL + os.urandom(size))
    report = modelaudit.scan_bytes(whole[:-6], "m.pkl.gz")
    assert {"PKL101", "PKL131", "CMP101"} <= set(rules(report))
    assert report.files[0].coverage.status == "partial"


def test_each_reason_is_said_once_a_member() -> None:
    report = modelaudit.scan_bytes(gzip.compress(EVIL + os.urandom(9_000))[:7_000], "m.pkl.gz")
    assert rules(report).count("CMP101") == 1


@pytest.mark.parametrize("front", [EVIL, b"# text\n" * 10, b"\x89PNG\r\n\x1a\n" + bytes(9_000), bytes(70_000)])
def test_a_zip_behind_something_else_is_a_zip(front: bytes, tmp_path: Path) -> None:
    path = tmp_path / "both.bin"
    path.write_bytes(front + ZIP_END)
    report = modelaudit.scan(path)
    assert "zip" in report.formats
    # What another format claims is no slack, and zeros are padding.
    expected = "ZIP135" if front == EVIL else "ZIP121"
    assert (expected in rules(report)) == any(front)


def test_a_polyglot_gets_every_scanner() -> None:
    report = modelaudit.scan_bytes(EVIL + ZIP_END)
    assert report.formats == ("pickle", "zip")
    assert "PKL101" in rules(report)


def test_only_scanners_that_look_inside_are_named_as_such() -> None:
    report = modelaudit.scan_bytes(gzip.compress(b"Rar!\x1a\x07\x01\0"))
    assert report.formats == ("gzip", "rar")
    assert report.scanners == ("gzip",)
    assert report.to_dict()["scanner_names"] == ["gzip"]


def test_a_defect_of_one_scanner_leaves_the_others_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("defect")

    monkeypatch.setattr(_native, "scan_pickle", fails)
    report = modelaudit.scan_bytes(EVIL + ZIP_END)
    assert set(rules(report)) == {"ENG204", "ZIP135"}
    report = modelaudit.scan_bytes(gzip.compress(EVIL)[:-6], "m.gz")
    assert sorted(rules(report)) == ["CMP101", "ENG204"]


def test_a_core_that_stops_early_without_a_word_is_not_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent:
        findings: tuple[()] = ()
        nested: tuple[()] = ()
        carried: tuple[()] = ()
        storages: tuple[()] = ()
        bytes_read = 7
        complete = False

    monkeypatch.setattr(_native, "scan_pickle", lambda *_: Silent())
    report = modelaudit.scan_bytes(b"\x80\x04N.")
    assert rules(report) == ["PKL204"]
    assert report.files[0].coverage.status == "partial"


def test_too_many_findings_are_counted_and_never_crowd_out_graver_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ISSUES", 3)
    unknown = b"".join(b"cmylib\nThing%d\n0" % number for number in range(10))
    report = modelaudit.scan_bytes(b"\x80\x02" + unknown + PAYLOAD + b".", "m.pkl")
    assert "PKL101" in rules(report)
    assert rules(report).count("PKL124") == 3
    (dropped,) = [issue for issue in report.issues if issue.rule == "ENG109"]
    assert dropped.details["limit"] == 3
    assert report.exit_code == 1


def test_a_queue_that_is_full_says_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "QUEUE", 0)
    report = modelaudit.scan_bytes(gzip.compress(EVIL), "m.gz")
    assert rules(report) == ["ENG114"]
    assert report.files[0].coverage.status == "partial"


def test_the_deadline_ends_the_listing_of_files_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "GRACE", -1.0)
    for number in range(5):
        (tmp_path / f"{number}.pkl").write_bytes(EVIL)
    report = modelaudit.scan(tmp_path, timeout=1e-9)
    assert rules(report) == ["ENG112"]
    assert report.exit_code == 2


def test_files_after_the_deadline_are_not_counted_as_scanned(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"{number}.pkl").write_bytes(EVIL)
    report = modelaudit.scan(tmp_path, timeout=1e-9)
    assert rules(report) == ["ENG101"] * 5
    assert (report.scanned, report.bytes_scanned) == ((), 0)
    assert {file.coverage.status for file in report.files} == {"failed"}


def test_the_blacklist_sees_names_below_the_given_path_only(tmp_path: Path) -> None:
    folder = tmp_path / "bad_name" / "models"
    (folder / "Bad_Name").mkdir(parents=True)
    (folder / "fine.pkl").write_bytes(b"\x80\x04N.")
    (folder / "Bad_Name" / "fine.pkl").write_bytes(b"\x80\x04N.")
    os.mkfifo(folder / "bad_name.fifo")
    report = modelaudit.scan(folder, blacklist=["bad_name"])
    flagged = [issue.location.path for issue in report.issues if issue.rule == "BLK101"]
    assert flagged == [str(folder / "bad_name.fifo"), str(folder / "Bad_Name" / "fine.pkl")]
    assert "BLK101" in rules(modelaudit.scan(folder.parent, blacklist=["bad_name"]))


def test_the_blacklist_sees_names_of_members() -> None:
    report = modelaudit.scan_bytes(gzip.compress(b"\x80\x04N."), "BAD.pkl.gz", blacklist=["bad"])
    places = [str(issue.location) for issue in report.issues if issue.rule == "BLK101"]
    assert places == ["BAD.pkl.gz", "BAD.pkl.gz:BAD.pkl"]


@pytest.mark.parametrize("name", ["empty.pkl", "empty.gz"])
def test_an_empty_file_that_promises_a_format_is_not_clean(name: str) -> None:
    report = modelaudit.scan_bytes(b"", name)
    assert rules(report) == ["ENG107"]
    assert report.exit_code == 1


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("length", [1, 2, 5, 13])
def test_the_beginning_of_a_header_alone_is_not_clean(codec: str, length: int) -> None:
    report = modelaudit.scan_bytes(CODECS[codec](EVIL)[:length], "weights")
    # One byte can be a text; then it is called one.
    assert report.exit_code == 1 or rules(report) == ["ENG105"]


def test_a_size_limit_is_no_operational_error(tmp_path: Path) -> None:
    (tmp_path / "large.pkl").write_bytes(EVIL * 10)
    report = modelaudit.scan(tmp_path, max_file_size=len(EVIL))
    assert rules(report) == ["ENG102"]
    assert (report.exit_code, report.has_errors) == (1, False)
    assert (report.files[0].size, report.bytes_scanned) == (len(EVIL) * 10, 0)


def test_ctrl_c_passes_through_the_library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    (tmp_path / "m.pkl").write_bytes(EVIL)
    monkeypatch.setattr(_native, "scan_pickle", interrupted)
    with pytest.raises(KeyboardInterrupt):
        modelaudit.scan(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        modelaudit.scan_bytes(EVIL)
