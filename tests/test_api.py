"""The Python functions: what they take, what they return, threads."""

from __future__ import annotations

import dataclasses
import io
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import modelaudit
from assembly import EVIL
from modelaudit.config import parse_size


def test_paths_of_every_sort_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "evil.pkl"
    path.write_bytes(EVIL)
    for given in (path, str(path), [path], (str(path), path)):
        assert modelaudit.scan(given).exit_code == 1


def test_bytes_and_streams_are_taken() -> None:
    assert modelaudit.scan_bytes(EVIL, name="evil.pkl").issues[0].location.path == "evil.pkl"
    assert modelaudit.scan_stream(io.BytesIO(EVIL), name="s").exit_code == 1


def test_an_endless_stream_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    from modelaudit import limits

    monkeypatch.setattr(limits, "STDIN", 100)
    report = modelaudit.scan_stream(io.BytesIO(EVIL * 10))
    assert [issue.rule for issue in report.issues] == ["ENG102"]


def test_impossible_limits_are_refused() -> None:
    for arguments in ({"timeout": -1}, {"timeout": float("nan")}, {"max_file_size": -1}, {"blacklist": [""]}):
        with pytest.raises(ValueError, match=r"must"):
            modelaudit.scan("x", **arguments)


def test_reports_are_frozen_and_complete() -> None:
    report = modelaudit.scan_bytes(EVIL)
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.paths = ()  # type: ignore[misc]
    image = json.loads(report.to_json())
    assert {"scanner_names", "start_time", "bytes_scanned", "issues", "has_errors", "files_scanned", "duration"} <= set(
        image
    )
    assert {"message", "severity", "location", "details", "timestamp", "rule", "name"} <= set(image["issues"][0])
    assert image["schema_version"] == 1
    assert not report.has_errors


def test_many_threads_get_the_same_answer() -> None:
    with ThreadPoolExecutor(8) as pool:
        reports = list(pool.map(lambda _: modelaudit.scan_bytes(EVIL), range(200)))
    assert {tuple(str(issue.location) for issue in report.issues) for report in reports} == {
        ("<bytes> (pos 2)", "<bytes> (pos 33)")
    }


@pytest.mark.parametrize(
    ("given", "size"),
    [("0", 0), ("1048576", 1048576), ("2GB", 2 * 10**9), ("500 kb", 500_000), ("1.5MiB", 1572864), ("7b", 7)],
)
def test_sizes_have_suffixes(given: str, size: int) -> None:
    assert parse_size(given) == size


@pytest.mark.parametrize("given", ["", "GB", "1XB", "-1", "1e9", "one", "1.2.3", "٣"])
def test_other_sizes_are_refused(given: str) -> None:
    with pytest.raises(ValueError, match=r"not a size|could not convert|invalid literal"):
        parse_size(given)
