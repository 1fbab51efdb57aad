"""The blacklist: every byte of a file and of what is nested in it, in any case and encoding, named by its member."""

from __future__ import annotations

import gzip
import io
import pickle
import random
import tarfile
import zipfile
from typing import TYPE_CHECKING, Callable

import pytest

import modelaudit
from modelaudit.config import ScanConfig

if TYPE_CHECKING:
    from pathlib import Path

    from modelaudit.model import Report

MiB = 1 << 20


def hits(report: Report) -> list[tuple[str, str, int]]:
    """Return the place, pattern and count of each issue about content."""
    found = [issue for issue in report.issues if issue.rule == "BLK102"]
    assert all(issue.severity == "critical" for issue in found)
    return [(str(issue.location), str(issue.details["pattern"]), int(issue.details["count"] or 0)) for issue in found]


def noise(size: int) -> bytes:
    return random.Random(5).randbytes(size)


def search(data: bytes, *patterns: str, name: str = "m.bin") -> list[tuple[str, str, int]]:
    return hits(modelaudit.scan_bytes(data, name, blacklist=patterns))


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as written:
        for name, content in members.items():
            written.writestr(zipfile.ZipInfo(name), content, method)
    return target.getvalue()


def taped(members: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as written:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            written.addfile(entry, io.BytesIO(content))
    return target.getvalue()


@pytest.mark.parametrize("pack", [zipped, lambda members: zipped(members, zipfile.ZIP_DEFLATED), taped])
def test_members_of_large_archives_that_are_settled_in_the_core_are_searched_as_well(
    pack: Callable[[dict[str, bytes]], bytes],
) -> None:
    members = {f"{number}.txt": b"some words and number %d\n" % number * 9 for number in range(3_000)}
    members |= {"a.txt": b"an EVIL-model\n", "b.txt": "an evil-model".encode("utf-16-le"), "my-Evil-Model.txt": b"x"}
    members["c.pkl"] = pickle.dumps({"name": "evil-model"}, 4)
    report = modelaudit.scan_bytes(pack(members), "m", blacklist=["evil-model", "\u6bd2"])
    assert {place.split(" ")[0] for place, _, _ in hits(report)} == {
        "m",  # the name, as the archive holds it
        "m:a.txt",
        "m:b.txt",
        "m:c.pkl",
    }
    assert [str(issue.location) for issue in report.issues if issue.rule == "BLK101"] == ["m:my-Evil-Model.txt"]
    settled = [issue.details["count"] for issue in report.issues if issue.rule in ("ZIP134", "TAR125")]
    assert settled == [3_000]


def test_compressed_bytes_of_settled_members_are_not_searched() -> None:
    members = {f"{number}.txt": noise(60_000).hex(" ", 8).encode()[number:] for number in range(40)}
    data = zipped(members, zipfile.ZIP_DEFLATED)
    assert data.lower().count(b"q~") > 10
    report = modelaudit.scan_bytes(data, "m", blacklist=["q~"])
    assert [issue.rule for issue in report.issues] == ["ZIP134"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    ("pattern", "shown"), [("evil-model", "EVIL-Model"), ("Вирус", "вИРУС"), ("straße", "STRASSE")]
)
def test_content_is_searched_in_any_case_and_encoding(encoding: str, pattern: str, shown: str) -> None:
    data = noise(MiB - 3) + shown.encode(encoding) + noise(2 * MiB)
    ((place, found, count),) = search(data, pattern, "not there")
    assert (found, count) == (pattern, 1)
    assert abs(int(place.split("pos ")[1][:-1]) - (MiB - 3)) <= (encoding == "utf-16-be")


def test_all_occurrences_are_one_issue_with_count_and_first_place() -> None:
    data = pickle.dumps(["Word", "a WORD", "swords"])
    assert search(data, "word", "none", "SWORD", name="m.pkl") == [
        (f"m.pkl (pos {data.index(b'Word')})", "word", 3),
        (f"m.pkl (pos {data.index(b'sword')})", "SWORD", 1),
    ]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_are_named_and_counted_once(method: int) -> None:
    inner = zipped(
        {"x/data.pkl": pickle.dumps(["poisoned", "poisoned again"]), "data/0": noise(70_000) + b"Poisoned"}, method
    )
    outer = zipped({"in.zip": inner, "plain.txt": b"not this", "more.txt": b"POISONED text"}, method)
    found = search(outer + b"poisoned at the end", "poisoned", name="m.zip")
    assert [(place.split(" (pos")[0], count) for place, _, count in found] == [
        ("m.zip:(behind the end record)", 1),
        ("m.zip:in.zip:data/0", 1),
        ("m.zip:in.zip:x/data.pkl", 2),
        ("m.zip:more.txt", 1),
    ]


def test_streams_and_tapes_are_searched_as_they_are_decompressed() -> None:
    tape = io.BytesIO()
    with tarfile.open(fileobj=tape, mode="w") as written:
        for name, content in (("a.bin", noise(3 * MiB)), ("b.bin", noise(2 * MiB) + b"Secret-Name" + noise(MiB))):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            written.addfile(member, io.BytesIO(content))
    for packed in (gzip.compress(tape.getvalue(), 1), zipped({"t.tar": tape.getvalue()}, zipfile.ZIP_DEFLATED)):
        ((place, _, count),) = search(packed, "secret-name", name="t.gz")
        assert ":b.bin (pos 2097152)" in place
        assert count == 1


def test_headers_names_and_comments_of_an_archive_belong_to_the_archive() -> None:
    data = zipped({"secret-name.txt": b"text"})
    report = modelaudit.scan_bytes(data, "m.zip", blacklist=["secret-name"])
    assert [(str(issue.location), issue.rule) for issue in report.issues if issue.severity == "critical"] == [
        ("m.zip (pos 30)", "BLK102"),
        ("m.zip:secret-name.txt", "BLK101"),
    ]
    assert hits(report)[0][2] == 2


def test_a_broken_stream_is_searched_up_to_its_break() -> None:
    packed = gzip.compress(noise(2 * MiB) + b"forbidden" + noise(2 * MiB))
    assert [count for _, _, count in search(packed[:-MiB], "FORBIDDEN", name="m.gz")] == [1]


def test_bytes_behind_the_end_of_a_stream_are_searched() -> None:
    packed = gzip.compress(b"text")
    assert search(packed + b"\0" + noise(9) + b"forbidden", "forbidden", name="m.gz") == [
        ("m.gz:m (pos 14)", "forbidden", 1)
    ]


def test_bytes_that_are_on_trial_are_searched_too(tmp_path: Path) -> None:
    data = zipped({"m/data.pkl": pickle.dumps({}, 2), "m/version": b"3\n", "m/data/0": noise(9000) + b"For-Bidden"})
    (tmp_path / "m.pt").write_bytes(data)
    report = modelaudit.scan(tmp_path / "m.pt", blacklist=["for-bidden"])
    assert [place.split(":")[-1] for place, _, _ in hits(report)] == ["m/data/0 (pos 9000)"]


def test_the_time_limit_ends_the_search_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from modelaudit import blacklist

    def late(*arguments: object) -> tuple[list[blacklist.Hit], bool]:
        return [blacklist.Hit("x", 1, 5)], False

    monkeypatch.setattr(blacklist.Blacklist, "search", late)
    report = modelaudit.scan_bytes(b"\x80\x04N.", "m.pkl", blacklist=["x"])
    assert [issue.rule for issue in report.issues] == ["BLK103", "BLK102"]
    assert report.exit_code == 2
    assert report.files[0].coverage.status == "partial"


def test_no_blacklist_costs_nothing() -> None:
    import subprocess
    import sys

    script = "import sys, modelaudit; modelaudit.scan_bytes(b'x'); print('modelaudit.blacklist' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_patterns_come_from_a_file_one_a_line(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from modelaudit.cli import main

    (tmp_path / "m.pkl").write_bytes(pickle.dumps("#one two three"))
    (tmp_path / "list.txt").write_bytes("\ufeff#ONE\r\n\n  tWo \r\nfour".encode())
    given = [str(tmp_path / "m.pkl"), "--blacklist-file", str(tmp_path / "list.txt"), "-b", "THREE"]
    done = CliRunner().invoke(main, ["scan", *given])
    assert done.exit_code == 1
    for pattern in ("#ONE", "tWo", "THREE"):
        assert f"Blacklisted pattern found in the content: {pattern} (count: 1)" in done.stdout
    assert "four" not in done.stdout


@pytest.mark.parametrize("content", [None, b"\xff\xfe\xff"])
def test_a_list_that_cannot_be_read_is_a_usage_error(tmp_path: Path, content: bytes | None) -> None:
    from click.testing import CliRunner

    from modelaudit.cli import main

    if content is not None:
        (tmp_path / "list.txt").write_bytes(content)
    done = CliRunner().invoke(main, ["scan", str(tmp_path), "--blacklist-file", str(tmp_path / "list.txt")])
    assert done.exit_code == 2
    assert "Usage:" in done.output


def test_patterns_that_nobody_means_are_refused() -> None:
    for pattern in ("", "x" * 1001, "\udcff"):
        with pytest.raises(ValueError, match=r"pattern must"):
            ScanConfig((pattern,))


def test_one_pattern_may_be_given_alone() -> None:
    assert hits(modelaudit.scan_bytes(b"an evil text", "m.txt", blacklist="evil")) == [("m.txt (pos 3)", "evil", 1)]
