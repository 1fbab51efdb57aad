"""What holds for every file, whatever is in it: cutting, appending, order and threads."""

from __future__ import annotations

import bz2
import gzip
import pickle
import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import modelaudit
from assembly import EVIL, PAYLOAD, call, data, documented_example, framed, named, stream, text

DATA = Path(__file__).parent / "data"

HOSTILE = {
    "documented.pkl": documented_example(),
    "evil.pkl": EVIL,
    "protocol0.pkl": b"(lp0\nVtext\np1\na(Vid\niposix\nsystem\np2\na.",
    "framed.pkl": framed(text("posix") + b"\x94" + text("system") + b"\x94\x93\x94" + text("id") + b"\x85R."),
    "nested.pkl": stream(call("pickle", "loads", data(EVIL)), b"0", named("mylib", "Net"), b")\x81"),
    "computed.pkl": stream(call("operator", "attrgetter", text("x")), b"(", named("mylib", "m"), b"tR)R"),
    "writes.pkl": stream(named("mylib", "Net"), b"}" + text("__class__") + b"Nsb"),
    "extension.pkl": stream(b"\x82\x05)R"),
    "several.pkl": stream(b"N") + EVIL + b"\0\0" + stream(named("mylib", "Net"), b")\x81"),
    "junk.pkl": stream(b"N") + b"\xfe some junk \xff" + EVIL,
    "frame.pkl": b"\x80\x04\x95\x09\0\0\0\0\0\0\0" + PAYLOAD + b".",
    "broken.pkl": b"\x80\x02" + PAYLOAD + b"\xff",
    "evil.pkl.gz": gzip.compress(EVIL + bytes(100), mtime=0),
    "evil.pkl.bz2": bz2.compress(EVIL),
    "honest.pkl": pickle.dumps({"weights": [0.5] * 50, "names": ("a", "b")}, 4),
}

FILES = {
    path.name: path.read_bytes() for path in sorted(DATA.iterdir()) if path.is_file() and path.suffix != ".md"
} | HOSTILE

#: Rules that tell how far the scanner got or what the file is, rather than what is in it.
STATE = {"ENG103", "ENG104", "ENG105", "ENG106", "ENG107", "ENG110", "PKL201", "PKL202", "PKL203", "PKL204", "CMP101"}

#: One unknown callable is told in one of three ways, by what happens to it: a cut takes that away.
UNKNOWN = {"PKL121", "PKL123", "PKL124"}

Said = tuple[str, str]


def said(content: bytes, name: str) -> set[Said]:
    """Return rule and callable (or message) of all issues that are about what is in the file."""
    return {what for what in said_in(modelaudit.scan_bytes(content, name)) if what[0] not in STATE}


def said_in(report: modelaudit.Report) -> set[Said]:
    return {
        ("unknown" if issue.rule in UNKNOWN else issue.rule, f"{issue.details['module']}.{issue.details['function']}")
        if "function" in issue.details
        else (issue.rule, issue.message)
        for issue in report.issues
    }


def is_cut_name(path: str, content: bytes, whole: set[Said]) -> bool:
    """Whether this is the rest of a name that the end of the file cuts: Python's reader takes all but its last byte."""
    rest = content.rpartition(b"\n")[2][:-1].decode("latin-1")
    if path.endswith("."):
        return rest.endswith(path[:-1])
    return path.endswith(f".{rest}") or any(known.startswith(path) for _, known in whole)


def places(size: int, count: int) -> list[int]:
    """All places of a small file; the ends and evenly many between them of a large one."""
    if size <= count:
        return list(range(1, size))
    return sorted({*range(1, 9), *range(size - 8, size), *range(1, size, max(1, size // count))})


@pytest.mark.parametrize("name", FILES)
def test_a_truncation_reports_no_more_than_the_whole(name: str) -> None:
    whole = said(FILES[name], name)
    for place in places(len(FILES[name]), 150):
        cut = FILES[name][:place]
        more = {what for what in said(cut, name) - whole if not is_cut_name(what[1], cut, whole)}
        assert more == set(), f"{place} bytes"


@pytest.mark.parametrize("name", FILES)
def test_a_truncation_is_clean_only_where_whole_streams_were_read(name: str) -> None:
    content = FILES[name]
    for place in places(len(content), 150):
        report = modelaudit.scan_bytes(content[:place], name)
        if report.exit_code == 0:
            assert report.files[0].coverage.status == "complete"
            pickle_ends = content[:place].rstrip(b"\0\n").endswith(b".")
            assert pickle_ends, f"clean after {place} of {len(content)} bytes"


@pytest.mark.parametrize("name", FILES)
def test_appended_bytes_remove_nothing(name: str) -> None:
    whole = said(FILES[name], name)
    for tail in (
        b"\0",
        b"\n",
        b"N.",
        b"\x80\x04N.",
        b"junk",
        b"\xff" * 9,
        PAYLOAD,
        b".",
        bytes(5_000),
        EVIL,
        b"PK\x03\x04",
    ):
        assert whole <= said(FILES[name] + tail, name), tail


@pytest.mark.parametrize("name", FILES)
def test_put_in_front_of_another_file_nothing_is_removed(name: str) -> None:
    if name.endswith((".gz", ".bz2")):
        return
    for other in (stream(b"N"), EVIL, gzip.compress(b"x" * 50, mtime=0)):
        assert said(FILES[name], name) <= said(FILES[name] + other, name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    shutil.copytree(DATA, tmp_path / "more")
    return tmp_path


def timeless(report: modelaudit.Report) -> dict[str, Any]:
    found = report.to_dict()
    text_of_times = ("start_time", "duration", "timestamp")
    for issue in found["issues"]:
        issue.pop("timestamp")
    return {key: value for key, value in found.items() if key not in text_of_times}


def by_file(report: modelaudit.Report) -> dict[str, Any]:
    """What is said of each path, whatever the order they came in."""
    return {
        file.path: (file.to_dict(), [{**issue.to_dict(), "timestamp": 0} for issue in file.issues])
        for file in report.files
    }


def test_the_order_of_files_changes_no_word(folder: Path) -> None:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    expected = modelaudit.scan(paths)
    shuffle = random.Random(5)
    for _ in range(5):
        shuffled = paths[:]
        shuffle.shuffle(shuffled)
        assert by_file(modelaudit.scan(shuffled)) == by_file(expected)
    assert by_file(modelaudit.scan(folder)) == by_file(expected)


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_the_number_of_threads_changes_no_word(folder: Path, threads: int) -> None:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    alone = {path: timeless(modelaudit.scan(path)) for path in paths}
    work = paths * 3
    random.Random(threads).shuffle(work)
    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(modelaudit.scan, work))
    assert all(timeless(report) == alone[path] for path, report in zip(work, found))
    with ThreadPoolExecutor(threads) as pool:
        whole = list(pool.map(modelaudit.scan, [folder] * threads))
    assert {str(timeless(report)) for report in whole} == {str(timeless(modelaudit.scan(folder)))}


def test_the_same_bytes_say_the_same_from_a_file_from_memory_and_from_a_stream(folder: Path) -> None:
    for name, content in FILES.items():
        path = folder / name
        with path.open("rb") as opened:
            reports = [
                modelaudit.scan(path),
                modelaudit.scan_bytes(content, str(path)),
                modelaudit.scan_stream(opened, str(path)),
            ]
        first, *others = [by_file(report)[str(path)] for report in reports]
        assert all(other == first for other in others), name
