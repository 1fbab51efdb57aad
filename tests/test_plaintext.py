"""Plain text is what is text to its last byte; the front alone proves nothing."""

from __future__ import annotations

import gzip
import random
import time
from pathlib import Path

import pytest

import modelaudit
from assembly import EVIL
from modelaudit import credentials, limits
from secretsamples import filled


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


def token(seed: int = 1) -> bytes:
    return filled(["h", "f_", "<34>"], random.Random(seed))[0].encode()


@pytest.mark.parametrize("place", [0, 999_980, 1_000_000, 1_000_030, 2_500_000])
def test_credentials_are_found_in_every_piece_of_a_text(place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "_PIECE", 1_000_000)
    line = b"step 1: loss 0.5\n"
    data = (line * (place // len(line) + 1))[:place] + b" " + token() + b"\n" + line * 30_000
    for content, position in ((data, place + 1), (data.replace(line, b"a\\nb " + line[5:]), None)):
        found = [issue for issue in modelaudit.scan_bytes(content, "train.log").issues if issue.rule == "SEC102"]
        assert [issue.details["count"] for issue in found][:1] == [1]
        assert len(found) == 1
        assert position is None or found[0].location.position == position


def test_what_is_too_long_to_be_searched_is_said_and_fails_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "_PIECE", 100_000)
    monkeypatch.setattr(limits, "TEXT_BLOCK", 10_000)
    monkeypatch.setattr(limits, "TEXT_DECODED", 10_000)
    for encoding in ("utf-8", "utf-16"):
        text = "text\n" * 50_000 + token().decode()
        report = modelaudit.scan_bytes(text.encode(encoding), "train.log")
        assert [issue.rule for issue in report.issues] == ["ENG105", "SEC107"]
        assert report.exit_code == 0
    assert rules(b"https://example.org/a\n" * 454, "urls.txt") == ["ENG105"]


def test_a_long_list_of_addresses_is_no_finding() -> None:
    report = modelaudit.scan_bytes(b"https://example.org/a\n" * 510_000, "urls.txt")
    assert [issue.rule for issue in report.issues] == ["ENG105", "SEC107"]
    assert report.exit_code == 0


def test_the_time_limit_ends_the_search_of_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[int] = []

    def slow(_search: object, _content: bytes, position: int, *_: int) -> None:
        searched.append(position)
        time.sleep(0.2)

    monkeypatch.setattr(credentials, "_PIECE", 100_000)
    monkeypatch.setattr(credentials.Search, "look", slow)
    report = modelaudit.scan_bytes(b"text\n" * 1_000_000, "train.log", timeout=0.5)
    assert len(searched) < 6
    assert "ENG101" in [issue.rule for issue in report.issues]
