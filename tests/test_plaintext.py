"""Plain text is what is text to its last byte; the front alone proves nothing."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

import modelaudit
from assembly import EVIL
from modelaudit import limits


def rules(data: bytes, name: str = "notes") -> list[str]:
    return [issue.rule for issue in modelaudit.scan_bytes(data, name).issues]


@pytest.mark.parametrize(
    "data",
    [
        b"one\n",
        b"\x1b[31mred\x1b[0m log\n",
        "Grüße, 世界, €\n".encode(),
        "x" * 4095 + "é" * 10_000,
        "Grüße aus Köln\n".encode("latin-1"),
        ("Grüße aus Köln\n" * 1000).encode("latin-1"),
        "UTF-16 with its mark: é\n".encode("utf-16"),
        ("世界\n" * 5000).encode("utf-16"),
        b"\xef\xbb\xbfUTF-8 with its mark\n",
    ],
)
def test_text_in_usual_encodings_is_text(data: bytes | str) -> None:
    assert rules(data.encode() if isinstance(data, str) else data) == ["ENG105"]


@pytest.mark.parametrize(
    "data",
    [
        b"text\n" * 2000 + b"\0",
        b"text\n" * 2000 + b"\x7fELF",
        b"\xff\xfeab\0",
        b"\xff\xfe\x01\x00" * 3000,
        bytes(range(0x80, 0x100)),
        b"a" * 4096 + bytes(range(0x80, 0x100)) * 100,
    ],
)
def test_what_is_binary_anywhere_is_not_text(data: bytes) -> None:
    assert rules(data) == ["ENG103"]


def test_text_is_read_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TEXT_BLOCK", 7)
    assert rules(("é世" * 3000).encode()) == ["ENG105"]
    assert rules(("é世" * 3000).encode()[:-1]) == ["ENG103"]


def test_compressed_text_is_text_and_its_end_is_looked_at() -> None:
    assert rules(gzip.compress(b"text\n" * 5000), "corpus.txt.gz") == ["ENG105"]
    assert rules(gzip.compress(b"text\n" * 5000 + b"\0"), "corpus.txt.gz") == ["ENG103"]


def test_compressed_text_beyond_the_limit_is_not_called_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TEXT_BLOCK", 1000)
    monkeypatch.setattr(limits, "TEXT_DECODED", 10_000)
    assert rules(gzip.compress(b"text\n" * 500_000), "corpus.txt.gz") == ["ENG103"]


def test_broken_compressed_text_is_broken_and_no_error_of_the_machine() -> None:
    report = modelaudit.scan_bytes(gzip.compress(b"".join(b"%d\n" % n for n in range(50_000)))[:-9], "corpus.txt.gz")
    assert "CMP101" in [issue.rule for issue in report.issues]
    assert report.exit_code == 1


def test_a_text_that_begins_like_a_program_is_text(tmp_path: Path) -> None:
    assert rules(b"MZ is how DOS programs begin, and this sentence too, however long it may become in the end.") == [
        "ENG105"
    ]
    assert rules(b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\0\0\x64\x86") == ["PAY101"]
    assert rules(EVIL, "MZ.txt")[0] == "PKL101"
