"""Zip archives as ordinary programs write them have nothing to report; hidden content of raw members is still found."""

from __future__ import annotations

import io
import os
import pickle
import random
import struct
import tarfile
import zipfile
from pathlib import Path
from typing import Callable

import pytest

import modelaudit
from archives import DEFLATED, PLAIN, Member, archive, body, end
from assembly import EVIL
from modelaudit import _native, formats
from modelaudit.formats.base import Archive, Layout

HONEST_PICKLE = b"\x80\x04]\x94(K\x01K\x02e."


def failing(data: bytes, name: str = "model.zip") -> list[str]:
    report = modelaudit.scan_bytes(data, name=name)
    return [f"{issue.rule} {issue.message}" for issue in report.issues if issue.severity in ("warning", "critical")]


class Pipe(io.RawIOBase):
    """What cannot seek: zipfile then writes descriptors behind the data."""

    def __init__(self) -> None:
        self.data = b""

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.data += bytes(data)
        return len(data)


def fill(target: zipfile.ZipFile) -> None:
    target.writestr("a.txt", "text " * 100)
    target.writestr("folder/", "")
    target.writestr("folder/b.pkl", HONEST_PICKLE)
    target.writestr("empty", "")
    with target.open("c.json", "w", force_zip64=True) as member:
        member.write(b"[" + b"{}," * 5_000 + b"{}]")
    target.writestr("folder/\u00fc.txt", "text")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("comment", [b"", b"a comment"])
@pytest.mark.parametrize("seekable", [True, False])
def test_what_zipfile_writes_is_silent(method: int, comment: bytes, seekable: bool) -> None:
    target = io.BytesIO() if seekable else Pipe()
    with zipfile.ZipFile(target, "w", method) as written:
        fill(written)
        written.comment = comment
    assert failing(target.getvalue() if isinstance(target, io.BytesIO) else target.data) == []


def test_an_archive_that_was_appended_to_is_silent() -> None:
    target = io.BytesIO()
    for name in ("a.txt", "b.txt"):
        with zipfile.ZipFile(target, "a") as written:
            written.writestr(name, "text")
    assert failing(target.getvalue()) == []


def test_a_program_in_front_of_an_archive_is_a_warning_at_most() -> None:
    target = io.BytesIO(b"#!/usr/bin/env python3\n")
    with zipfile.ZipFile(target, "a") as written:
        fill(written)
    report = modelaudit.scan_bytes(target.getvalue(), name="app.pyz")
    assert {issue.severity for issue in report.issues} <= {"info", "warning"}


def padded(members: list[tuple[bytes, bytes]], alignment: int) -> bytes:
    """What torch writes: an extra field in the local header that brings the data to a multiple of the alignment."""
    data, directory = b"", b""
    for name, content in members:
        start = len(data) + 30 + len(name) + 4
        extra = struct.pack("<2sH", b"FB", -start % alignment) + b"Z" * (-start % alignment)
        member = Member(name, content, flags=0x0800, local={"extra": extra})
        directory += member.entry(len(data))
        data += member.local_header() + member.stored()
    return data + directory + end(len(members), len(directory), len(data))


@pytest.mark.parametrize("alignment", [64, 4096])
def test_alignment_of_members_is_silent(alignment: int) -> None:
    members = [(b"m/data.pkl", HONEST_PICKLE), (b"m/data/0.txt", b"text" * 9), (b"m/version", b"3\n")]
    assert failing(padded(members, alignment)) == []


def test_extra_fields_of_other_writers_are_silent() -> None:
    stamps = b"UT\x09\0\3" + bytes(8) + b"ux\x0b\0\1\4" + bytes(4) + b"\4" + bytes(4)
    jar = b"\xfe\xca\0\0"
    ntfs = b"\x0a\0\x20\0" + bytes(32)
    members = [Member(b"%d" % n, b"text", extra=extra) for n, extra in enumerate((stamps, jar, ntfs))]
    assert failing(archive(*members, Member(b"__MACOSX/._a", b"text"))) == []


def test_letters_that_the_old_code_page_lacks_are_no_other_name() -> None:
    import zlib

    name, other = b"b\x81cher.txt", "b\u00fccher.txt".encode()
    field = struct.pack("<BI", 1, zlib.crc32(name)) + other
    assert failing(archive(Member(name, b"text", extra=struct.pack("<HH", 0x7075, len(field)) + field))) == []


@pytest.mark.parametrize("magic", [b"PK\7\x08", b""])
@pytest.mark.parametrize("width", ["I", "Q"])
def test_descriptors_of_all_kinds_are_silent(magic: bytes, width: str) -> None:
    member = Member(b"a.txt", b"text " * 50, DEFLATED, flags=8, local={"crc": 0, "packed": 0, "size": 0})
    fields = member.fields({})
    behind = magic + struct.pack("<I2" + width, fields["crc"], fields["packed"], fields["size"])
    assert failing(archive(member._replace(behind=behind), PLAIN)) == []


def test_a_hundred_thousand_honest_members_are_silent() -> None:
    data, directory = body(*(Member(b"m/%d.txt" % number, b"text") for number in range(2_000)))
    assert failing(data + directory + end(2_000, len(directory), len(data))) == []
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as written:
        for number in range(70_000):
            written.writestr(zipfile.ZipInfo(f"{number}.txt"), "x")
    assert failing(target.getvalue()) == []


def test_a_large_array_of_zeros_is_no_bomb() -> None:
    data = archive(Member(b"zeros.bin", bytes(64 << 20), DEFLATED))
    assert failing(data) == ["ENG103 Unknown format: the content was not scanned"]


def test_a_blacklist_is_held_against_all_names() -> None:
    data = archive(Member(b"malicious/a.txt", b"text"), Member(b"malicious/b", b""))
    report = modelaudit.scan_bytes(data, name="m.zip", blacklist=["malicious"])
    assert sum(issue.rule == "BLK101" for issue in report.issues) >= 2


def numbers_layout(seen: list[str]) -> Layout:
    def scan(ctx: object, found: Archive) -> None:
        seen.extend(found.names)
        seen.extend(member.name for member in found.members("weights/0"))

    return Layout("numbers", lambda found: "weights/0" in found.names, scan, lambda name: name.startswith("weights/"))


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    monkeypatch.setattr(formats, "LAYOUTS", (numbers_layout(names),))
    return names


def test_a_layout_is_asked_named_and_says_what_is_raw(seen: list[str]) -> None:
    data = archive(Member(b"weights/0", bytes(range(256)) * 9), Member(b"weights/1", os.urandom(5_000)))
    report = modelaudit.scan_bytes(data, name="m.zip")
    assert report.formats == ("zip", "numbers")
    assert seen == ["weights/0", "weights/1", "weights/0"]
    assert report.issues == ()


HIDDEN: dict[str, Callable[[], bytes]] = {
    "pickle": lambda: EVIL,
    "compressed": lambda: __import__("gzip").compress(EVIL),
    "archive": lambda: archive(Member()),
    "program": lambda: b"\x7fELF\2\1\1" + bytes(100),
}


@pytest.mark.parametrize("kind", HIDDEN)
def test_what_hides_in_raw_members_is_found(seen: list[str], kind: str) -> None:
    report = modelaudit.scan_bytes(archive(Member(b"weights/0", HIDDEN[kind]())), name="m.zip")
    assert report.exit_code == 1
    assert all("weights/0" in str(issue.location) for issue in report.issues)


def test_damage_of_raw_members_is_reported(seen: list[str]) -> None:
    numbers = bytes(range(256)) * 9
    report = modelaudit.scan_bytes(archive(Member(b"weights/0", numbers, DEFLATED, size=9)), name="m.zip")
    assert [issue.rule for issue in report.issues] == ["ZIP111"]
    report = modelaudit.scan_bytes(
        archive(Member(b"weights/0", b"\xff" * 300, method=0, central={"method": 8})), name="m.zip"
    )
    assert "CMP101" in {issue.rule for issue in report.issues}


def test_random_numbers_in_raw_members_are_silent(seen: list[str]) -> None:
    chance = random.Random(7)
    fronts = [b"", b"\x80\x02", b"\x80\x04\x95", b"\x1f\x8b\x08", b"PK\3\4", b"x\x9c", b"BZh9", b"(", b"c", b"]\x94"]
    members = [
        Member(b"weights/%d" % number, fronts[number % len(fronts)] + chance.randbytes(300)) for number in range(2_000)
    ]
    report = modelaudit.scan_bytes(archive(*members), name="m.zip")
    assert report.issues == ()


def test_members_of_a_scan_say_what_they_are() -> None:
    data = archive(PLAIN, Member(b"x/", b""), Member(b"h", listed=False))
    found = _native.scan_zip(_native.Source.from_bytes(data), _native.Deadline(None))
    assert found.names == [member.name for member in found.members] == ["archive/version", "x/", "h"]
    version, folder, hidden = found.members
    assert (version.size, version.compressed_size, version.method, version.encrypted) == (2, 2, "stored", False)
    assert version.source.head(10) == b"3\n"
    assert folder.is_dir
    assert hidden.hidden
    assert not found.slack
    assert found.complete


def test_torch_files_in_the_folder_are_read(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    path.write_bytes(padded([(b"m/data.pkl", EVIL), (b"m/version", b"3\n")], 64))
    report = modelaudit.scan(path)
    assert str(path) + ":m/data.pkl (pos 2)" in {str(issue.location) for issue in report.issues}


def taped(*contents: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tape:
        for number, content in enumerate(contents):
            entry = tarfile.TarInfo(f"member{number}")
            entry.size = len(content)
            tape.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def zipped(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("member", content)
    return out.getvalue()


def test_an_archive_at_the_end_of_a_tape_archive_is_its_member_and_no_second_reading() -> None:
    assert failing(taped(b"first", zipped(HONEST_PICKLE)), "model.nemo") == []
    found = modelaudit.scan_bytes(taped(zipped(EVIL)), "model.nemo").issues
    assert [str(issue.location) for issue in found if issue.rule == "PKL101"] == ["model.nemo:member0:member (pos 2)"]


def test_alternating_containers_are_scanned_once() -> None:
    data = EVIL
    for _ in range(6):
        data = taped(zipped(data))
    found = modelaudit.scan_bytes(data, "deep.tar").issues
    assert [issue.rule for issue in found] == ["PKL101", "PKL131"]


def test_an_archive_that_a_pickle_holds_as_data_is_no_oddity() -> None:
    data = pickle.dumps({"model": zipped(HONEST_PICKLE)}, 4)
    assert failing(data, "model.pkl") == []
    rules = [issue.rule for issue in modelaudit.scan_bytes(data, "model.pkl").issues]
    assert "ZIP135" in rules
    hidden = modelaudit.scan_bytes(pickle.dumps({"model": zipped(EVIL)}, 4), "model.pkl").issues
    assert "PKL101" in [issue.rule for issue in hidden]
    behind = failing(pickle.dumps([1, 2, 3], 4) + zipped(HONEST_PICKLE), "model.pkl")
    assert {told[:6] for told in behind} == {"PKL203"}, "bytes behind the last pickle"
