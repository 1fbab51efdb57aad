"""Files of joblib before 0.10: content behind a header of "ZF", and what the core owes to later ones."""

from __future__ import annotations

import gzip
import zlib

import pytest

import modelaudit
from assembly import EVIL

CLEAN = b"\x80\x03X\x05\0\0\0hello."


def scan(data: bytes, name: str = "model.pkl.z") -> modelaudit.Report:
    return modelaudit.scan_bytes(data, name)


def rules(report: modelaudit.Report) -> list[str]:
    return [issue.rule for issue in report.issues]


def zf(content: bytes, size: bytes | None = None, gap: bytes = b"") -> bytes:
    declared = hex(len(content)).encode() if size is None else size
    return b"ZF" + declared.ljust(19) + gap + zlib.compress(content)


def test_an_honest_file_is_silent() -> None:
    report = scan(zf(CLEAN))
    assert rules(report) == []
    assert report.formats == ("joblib-zf", "pickle")
    assert report.files[0].coverage.status == "complete"


@pytest.mark.parametrize("name", ["m.joblib", "m.txt", "m"])
@pytest.mark.parametrize("size", [None, b"0x23L", b"23", b"+0x2_3", b" 0X23", b"0x0", b"0xffffffffffffffff", b"-1"])
@pytest.mark.parametrize("gap", [b"", b" "])
def test_the_pickle_inside_is_scanned(name: str, size: bytes | None, gap: bytes) -> None:
    report = scan(zf(EVIL, size, gap), name)
    assert "PKL101" in rules(report)
    assert str(report.issues[0].location).startswith(f"{name}:zlib content")


def test_it_is_scanned_within_other_streams() -> None:
    assert "PKL101" in rules(scan(gzip.compress(zf(EVIL)), "m.gz"))


def test_a_size_that_lies_is_reported() -> None:
    report = scan(zf(CLEAN, b"0x1"))
    assert rules(report) == ["JOB101"]
    assert (report.issues[0].details["declared"], report.issues[0].details["size"]) == (1, len(CLEAN))


def test_bytes_of_an_array_are_a_note() -> None:
    report = scan(zf(bytes(range(256)) * 9), "model.pkl_01.npy.z")
    assert rules(report) == ["JOB102"]
    assert report.exit_code == 0


def test_bytes_after_the_content_are_reported() -> None:
    assert rules(scan(zf(CLEAN) + b"tail")) == ["CMP103"]


@pytest.mark.parametrize("content", [CLEAN, bytes(range(256))])
def test_a_cut_file_is_never_clean(content: bytes) -> None:
    whole = zf(content)
    for length in range(21, len(whole)):
        assert scan(whole[:length], "model.pkl").exit_code == 1, length


def test_text_is_not_taken_for_it() -> None:
    assert rules(scan(b"ZF is a company, 0x is not.\n" * 3, "README")) == ["ENG105"]


@pytest.mark.parametrize(
    "magic",
    [
        b"\x1f\x9d\x90", b"\x1f\x1e\0", b"LZIP\x01\x0c", b"\x89LZO\0\r\n\x1a\n", b"LRZI\0\x06", b"\x02\x21\x4c\x18",
        b"\xff\x06\0\0sNaPpY", b"7z\xbc\xaf\x27\x1c\0\4", b"Rar!\x1a\x07\x01\0", b"MSCF\0\0\0\0", b"!<arch>\n",
        b"070701" + b"0000A1ff" * 13,
    ],
)  # fmt: skip
def test_archives_without_a_reader_are_said_to_be_not_scanned(magic: bytes) -> None:
    report = scan(magic + bytes(range(256)), "model.pkl")
    assert rules(report) == ["ENG104"]
    assert report.files[0].coverage.status == "unsupported"
