"""Paths to files: order, links, and everything that is not a regular file."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

import modelaudit
from assembly import EVIL
from modelaudit import _native
from modelaudit.walk import walk


def names(report: modelaudit.Report, root: Path) -> list[str]:
    return [os.path.relpath(file.path, root) for file in report.files]


def rules(report: modelaudit.Report) -> dict[str, list[str]]:
    return {os.path.basename(file.path): [issue.rule for issue in file.issues] for file in report.files}


def test_folders_are_walked_in_sorted_order_and_paths_as_given(tmp_path: Path) -> None:
    for name in ("b/2.pkl", "b/1.pkl", "a.pkl", "c.pkl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"\x80\x04N.")
    report = modelaudit.scan([tmp_path / "c.pkl", tmp_path])
    assert names(report, tmp_path) == ["c.pkl", "a.pkl", "c.pkl", "b/1.pkl", "b/2.pkl"]


def test_fifos_sockets_and_devices_are_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.pkl")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket.pkl"))
        (tmp_path / "evil.pkl").write_bytes(EVIL)
        report = modelaudit.scan([tmp_path, "/dev/null"])
    found = rules(report)
    assert found["fifo.pkl"] == found["socket.pkl"] == found["null"] == ["ENG202"]
    assert found["evil.pkl"] == ["PKL101", "PKL131"]
    assert report.exit_code == 2
    assert {issue.message for issue in report.issues if issue.rule == "ENG202"} == {
        "Not scanned: a FIFO, never opened",
        "Not scanned: a socket, never opened",
        "Not scanned: a character device, never opened",
    }


def test_links_that_loop_are_errors(tmp_path: Path) -> None:
    (tmp_path / "self").symlink_to("self")
    (tmp_path / "up").symlink_to(".")
    (tmp_path / "evil.pkl").write_bytes(EVIL)
    report = modelaudit.scan([tmp_path, tmp_path / "self"])
    assert rules(report)["self"] == rules(report)["up"] == ["ENG203"]
    assert "PKL101" in rules(report)["evil.pkl"]
    assert report.exit_code == 2


def test_links_in_a_folder_are_not_followed_and_said(tmp_path: Path) -> None:
    outside = tmp_path / "outside.pkl"
    outside.write_bytes(EVIL)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "real.pkl").write_bytes(b"\x80\x04N.")
    (folder / "inside.pkl").symlink_to("real.pkl")
    (folder / "away.pkl").symlink_to(outside)
    (folder / "dangling.pkl").symlink_to("nowhere")
    report = modelaudit.scan(folder)
    assert rules(report) == {
        "away.pkl": ["ENG205"],
        "dangling.pkl": ["ENG201"],
        "inside.pkl": ["ENG206"],
        "real.pkl": [],
    }


def test_a_link_that_is_named_itself_is_followed(tmp_path: Path) -> None:
    (tmp_path / "evil.bin").write_bytes(EVIL)
    (tmp_path / "link.pkl").symlink_to("evil.bin")
    report = modelaudit.scan(tmp_path / "link.pkl")
    assert rules(report) == {"link.pkl": ["PKL101", "PKL131"]}


def test_a_folder_that_vanishes_does_not_end_the_scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    (tmp_path / "evil.pkl").write_bytes(EVIL)
    real = os.scandir

    def vanishing(path: str) -> object:
        if path.endswith("gone"):
            raise FileNotFoundError(2, "No such file or directory", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", vanishing)
    report = modelaudit.scan(tmp_path)
    assert rules(report)["gone"] == ["ENG201"]
    assert "PKL101" in rules(report)["evil.pkl"]
    assert report.exit_code == 2


def test_a_file_that_cannot_be_opened_does_not_end_the_scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "locked.pkl").write_bytes(EVIL)
    (tmp_path / "open.pkl").write_bytes(EVIL)
    real = _native.Source

    class Locked:
        @staticmethod
        def open(path: str) -> object:
            if path.endswith("locked.pkl"):
                raise PermissionError(13, "Permission denied", path)
            return real.open(path)

    monkeypatch.setattr(_native, "Source", Locked)
    report = modelaudit.scan(tmp_path)
    assert rules(report) == {"locked.pkl": ["ENG201"], "open.pkl": ["PKL101", "PKL131"]}
    assert report.files[0].coverage.status == "failed"
    assert report.exit_code == 2


def test_a_path_with_a_nul_is_a_missing_path() -> None:
    entries = list(walk(["a\0b"]))
    assert [entry.rule for entry in entries] == ["ENG201"]


def test_deep_folders_need_no_recursion(tmp_path: Path) -> None:
    folder = tmp_path
    for _ in range(300):
        folder = folder / "d"
    folder.mkdir(parents=True)
    (folder / "evil.pkl").write_bytes(EVIL)
    assert modelaudit.scan(tmp_path).exit_code == 1
