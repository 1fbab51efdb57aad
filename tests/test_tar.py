"""Tar archives: honest ones of every writer's form, each danger, each way to show two readers two archives."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import time
from pathlib import Path
from typing import Callable

import pytest

import modelaudit
from assembly import EVIL

#: A pickle without any name in it.
CLEAN = b"\x80\x04\x8c\x09some text."

END = bytes(1024)


def scan(data: bytes, name: str = "m.tar") -> modelaudit.Report:
    return modelaudit.scan_bytes(data, name)


def rules(report: modelaudit.Report) -> list[str]:
    return [issue.rule for issue in report.issues]


def where(report: modelaudit.Report, rule: str) -> list[str]:
    return [str(issue.location) for issue in report.issues if issue.rule == rule]


def reasons(report: modelaudit.Report, rule: str) -> list[object]:
    return [issue.details.get("reason") for issue in report.issues if issue.rule == rule]


def header(
    name: bytes = b"a.pkl", size: int | bytes = 0, *, kind: bytes = b"0", link: bytes = b"",
    magic: bytes = b"ustar\x0000", prefix: bytes = b"", tail: bytes = b"",
) -> bytes:  # fmt: skip
    """One header block with the right checksum."""
    number = size if isinstance(size, bytes) else b"%011o\0" % size
    block = name.ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + number.ljust(12, b"\0") + b"%011o\0" % 0
    block += b" " * 8 + kind + link.ljust(100, b"\0") + magic + bytes(80) + (prefix.ljust(155, b"\0") + bytes(12))
    if tail:
        block = block[:386] + tail.ljust(126, b"\0")
    assert len(block) == 512
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 512)


def file(name: bytes = b"a.pkl", data: bytes = CLEAN, **fields: bytes) -> bytes:
    return header(name, len(data), **fields) + padded(data)


def records(*pairs: tuple[str, str]) -> bytes:
    joined = b""
    for key, value in pairs:
        body = f" {key}={value}\n".encode()
        length = len(body) + 1
        while len(str(length)) + len(body) != length:
            length += 1
        joined += str(length).encode() + body
    return joined


def pax(*pairs: tuple[str, str], kind: bytes = b"x") -> bytes:
    return file(b"PaxHeader/a", records(*pairs), kind=kind)


def honest(form: int, fill: Callable[[tarfile.TarFile], None]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=form) as archive:
        fill(archive)
    return stream.getvalue()


def add(archive: tarfile.TarFile, name: str, data: bytes = CLEAN, **fields: object) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    for field, value in fields.items():
        setattr(member, field, value)
    archive.addfile(member, io.BytesIO(data))


def usual(archive: tarfile.TarFile) -> None:
    add(archive, "models", b"", type=tarfile.DIRTYPE)
    add(archive, "models/a.pkl")
    add(archive, "./models/" + "b" * 60 + "/" + "c" * 80 + ".pkl")
    add(archive, "models/" + "d" * 93)
    add(archive, "models/again.pkl", b"", type=tarfile.LNKTYPE, linkname="models/a.pkl")


FORMS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}


@pytest.mark.parametrize("form", FORMS)
def test_honest_archives_are_silent(form: str) -> None:
    report = scan(honest(FORMS[form], usual), "weights.bin")
    assert rules(report) == []
    assert report.formats == ("tar", "pickle")
    assert report.files[0].coverage.status == "complete"


@pytest.mark.parametrize("form", ["gnu", "pax"])
def test_names_that_fit_no_plain_header_are_silent(form: str) -> None:
    def fill(archive: tarfile.TarFile) -> None:
        add(archive, "x/" * 80 + "größe.pkl", mtime=1.5)
        add(archive, "模型.pkl", uid=1 << 24, uname="größe")
        add(archive, "short/größe", b"", type=tarfile.SYMTYPE, linkname="模型" * 50)

    assert set(rules(scan(honest(FORMS[form], fill)))) == {"TAR106"}


def test_an_archive_of_before_posix_is_known_by_its_checksum() -> None:
    old = header(b"a/", magic=bytes(8), kind=b"\0") + file(b"a/b.pkl", EVIL, magic=bytes(8), kind=b"\0") + END
    report = scan(old, "weights.bin")
    assert where(report, "PKL101") == ["weights.bin:a/b.pkl (pos 2)"]


@pytest.mark.parametrize("data", [bytes(10240), b"0" * 10240, bytes(range(256)) * 40])
def test_other_data_is_no_archive(data: bytes) -> None:
    assert "tar" not in scan(data, "weights.bin").formats


def test_an_empty_archive_is_silent() -> None:
    assert rules(scan(honest(tarfile.PAX_FORMAT, lambda _: None), "empty.tar")) == []


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_members_are_scanned_where_they_lie(pack: Callable[[bytes], bytes]) -> None:
    report = scan(pack(file(b"sub/clean.pkl") + file(b"sub/evil", EVIL) + END), "m.tar.x")
    assert report.files[0].coverage.status == "complete"
    assert where(report, "PKL101")[0].endswith(":sub/evil (pos 2)")


def test_archives_nest() -> None:
    inner = gzip.compress(file(b"x/evil.dat", EVIL) + END)
    report = scan(file(b"inner.tar.gz", inner) + END, "outer.tar")
    assert where(report, "PKL101") == ["outer.tar:inner.tar.gz:inner.tar:x/evil.dat (pos 2)"]


def test_many_members_of_a_compressed_archive_take_linear_time() -> None:
    archive = gzip.compress(b"".join(file(b"%d.pkl" % number) for number in range(20_000)) + END, 1)
    started = time.monotonic()
    report = scan(archive, "m.tar.gz")
    assert rules(report) == ["TAR125"]
    assert time.monotonic() - started < 30


def test_harmless_members_of_a_large_archive_are_counted_and_the_others_are_scanned() -> None:
    harmless = b"".join(file(b"%d.txt" % number, b"some text\n") for number in range(1_500))
    pickles = b"".join(file(b"%d.pkl" % number) for number in range(1_500))
    others = file(b"evil.pkl", EVIL) + file(b"a.json", b'{"auto_map": {"AutoModel": "a.B"}}') + file(b"empty.pkl", b"")
    report = scan(harmless + others + pickles + file(b"empty.dat", b"") + END)
    assert [issue.details["count"] for issue in report.issues if issue.rule == "TAR125"] == [3_001]
    assert where(report, "PKL101") == ["m.tar:evil.pkl (pos 2)"]
    assert where(report, "ENG107") == ["m.tar:empty.pkl"]
    assert where(report, "MAN111") == ["m.tar:a.json"]
    assert set(report.formats) == {"tar", "pickle", "json-manifest"}


def test_a_compressed_archive_too_long_for_memory_is_kept_elsewhere() -> None:
    numbers = b"\x80\x04\x8e" + (20 << 20).to_bytes(8, "little") + bytes(20 << 20) + b"0" + EVIL[2:]
    report = scan(gzip.compress(file(b"large.pkl", numbers) + file(b"small.pkl", EVIL) + END, 1), "m.tar.gz")
    assert len(where(report, "PKL101")) == 2
    assert report.files[0].coverage.status == "complete"


@pytest.mark.parametrize(
    "name",
    [b"../a", b"a/../../b", b"/etc/cron.d/a", b"..\\a", b"C:\\a", b"c:a", b"\\\\host\\share\\a", b"a/.."],
)
def test_names_that_leave_the_folder_are_critical(name: bytes) -> None:
    assert "TAR103" in rules(scan(file(name) + END))
    assert "TAR103" in rules(scan(pax(("path", name.decode())) + file() + END))
    assert "TAR103" in rules(scan(file(b"././@LongLink", name + b"\0", kind=b"L") + file() + END))


def test_a_prefix_that_only_some_readers_use_is_held_against_the_rules() -> None:
    for magic in (b"ustar\x0000", b"ustar  \0", bytes(8)):
        assert "TAR103" in rules(scan(file(prefix=b"../..", magic=magic) + END))


def test_a_nul_in_a_name_is_critical() -> None:
    assert "TAR103" in rules(scan(pax(("path", "a\0/b")) + file() + END))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
@pytest.mark.parametrize("target", [b"/etc/passwd", b"../../x", b"a/../../../x", b"C:\\x", b"\\\\host\\x"])
def test_links_out_of_the_archive_are_critical(kind: bytes, target: bytes) -> None:
    for archive in (
        header(b"d/link", kind=kind, link=target),
        pax(("linkpath", target.decode())) + header(b"d/link", kind=kind, link=target),
        file(b"././@LongLink", target + b"\0", kind=b"K") + header(b"d/link", kind=kind, link=target),
    ):
        assert "TAR104" in rules(scan(archive + END)), archive[:20]


def test_links_within_the_archive_are_a_note() -> None:
    archive = file(b"blobs/0") + header(b"snapshots/x/m.pkl", kind=b"2", link=b"../../blobs/0") + END
    report = scan(archive)
    assert rules(report) == ["TAR106"]
    assert report.exit_code == 0


@pytest.mark.parametrize(
    "archive",
    [
        header(b"d", kind=b"2", link=b"e") + file(b"d/x"),
        file(b"d/x") + header(b"./d", kind=b"2", link=b"e"),
        header(b"d", kind=b"2", link=b"e") + file(b"d"),
        header(b"a/b", kind=b"2", link=b".") + header(b"l", kind=b"2", link=b"a/b/../../x"),
        header(b"a", kind=b"2", link=b"b") + header(b"l", kind=b"1", link=b"a/../x"),
    ],
    ids=["below", "below, before it", "over it", "up from it", "hard link up from it"],
)
def test_paths_through_links_are_critical(archive: bytes) -> None:
    assert "TAR105" in rules(scan(archive + END))


def test_hard_links_to_what_the_archive_does_not_hold_are_reported() -> None:
    for archive in (header(b"l", kind=b"1", link=b"x"), header(b"l", kind=b"1", link=b"l")):
        assert rules(scan(archive + END)) == ["TAR107"]


@pytest.mark.parametrize(("kind", "rule"), [(b"3", "TAR108"), (b"4", "TAR108"), (b"6", "TAR109")])
def test_special_files_are_reported(kind: bytes, rule: str) -> None:
    assert rules(scan(header(b"dev", kind=kind) + END)) == [rule]


def test_two_members_of_one_name_are_reported_unless_they_are_the_same() -> None:
    assert rules(scan(file() + file(b"./a.pkl") + END)) == []
    report = scan(file() + file(b"./a.pkl", EVIL) + END)
    assert {"TAR111", "PKL101"} <= set(rules(report))
    links = header(b"l", kind=b"2", link=b"a") + header(b"l", kind=b"2", link=b"b")
    assert "TAR111" in rules(scan(links + END))


@pytest.mark.parametrize(
    ("archive", "field"),
    [
        (pax(("path", "b.pkl")) + file(), "name"),
        (file(b"././@LongLink", b"b.pkl\0", kind=b"L") + file(), "name"),
        (pax(("path", "x" * 120)) + file(b"././@LongLink", b"y" * 120 + b"\0", kind=b"L") + file(), "name"),
        (pax(("linkpath", "b")) + header(kind=b"2", link=b"a"), "link"),
        (pax(("size", str(len(CLEAN)))) + header(size=0) + padded(CLEAN), "size"),
        (pax(("size", "0")) + header(size=len(CLEAN)) + file(b"b", EVIL), "size"),
        (pax(("size", "0"), kind=b"g") + file(), "size"),
        (header(size=b"0o20") + padded(CLEAN), "size"),
        (header(b"PaxHeader/a", b"1_3", kind=b"x") + padded(b"11 size=35\n") + header(size=35) + padded(EVIL), "size"),
    ],
)
def test_headers_that_contradict_each_other_are_critical(archive: bytes, field: str) -> None:
    report = scan(archive + END)
    found = [issue.details["field"] for issue in report.issues if issue.rule == "TAR112"]
    assert found == [field]


def test_numbers_in_the_notation_of_python_are_read_as_python_reads_them() -> None:
    size = b"0o_%o" % len(EVIL)
    report = scan(header(size=size) + padded(EVIL) + file(b"b.pkl") + END)
    assert {"TAR112", "PKL101"} <= set(rules(report))
    assert "TAR101" not in rules(report)


def test_what_only_a_reader_of_plain_headers_sees_is_scanned() -> None:
    inner = file(b"hidden.pkl", EVIL) + END
    archive = pax(("size", str(len(inner)))) + header(b"cover.txt", size=0) + inner + END
    report = scan(archive)
    assert {"TAR112", "PKL101"} <= set(rules(report))


@pytest.mark.parametrize(
    "archive",
    [
        pax(("size", "-1")) + file(),
        pax(("size", "9" * 30)) + file(),
        pax(("path", "a.pkl"), ("path", "b" * 101)) + file(),
        file(b"PaxHeader/a", b"no records at all", kind=b"x") + file(),
        file(b"PaxHeader/a", b"99 path=a.pkl\n", kind=b"x") + file(),
        pax(("path", "a.pkl"), kind=b"g") + file(),
        header(size=b"17 junk") + padded(CLEAN),
        header(size=b"17\0junk") + padded(CLEAN),
        header(size=b"-17") + padded(CLEAN),
        header(size=b"\xff" * 12) + padded(CLEAN),
        file() + pax(("path", "a.pkl")),
        file(b"././@LongLink", b"a" * 120 + b"\0hidden", kind=b"L") + file(b"a" * 100),
    ],
)
def test_malformed_fields_are_reported(archive: bytes) -> None:
    report = scan(archive + END)
    assert "TAR102" in rules(report)
    assert report.exit_code == 1


def test_records_that_end_in_zeros_are_read() -> None:
    archive = file(b"PaxHeader/a", records(("path", "a.pkl")) + b"\0", kind=b"x") + file() + END
    assert rules(scan(archive)) == []


def test_a_broken_header_hides_nothing() -> None:
    broken = bytearray(file(b"evil.pkl", EVIL))
    broken[0] ^= 1
    report = scan(file() + bytes(broken) + file(b"b.pkl", EVIL) + END)
    assert "TAR101" in rules(report)
    assert where(report, "PKL101") == ["m.tar:b.pkl (pos 2)"]
    report = scan(bytes(broken) + file(b"b.pkl", EVIL) + END, "weights.bin")
    assert where(report, "PKL101") == ["weights.bin:b.pkl (pos 2)"]
    report = scan(file() + padded(EVIL) + file(b"b.pkl") + END)
    assert where(report, "PKL101") == ["m.tar:bytes at 1024 (pos 2)"]


def test_what_lies_before_the_first_header_hides_nothing() -> None:
    for front in (b"#!/bin/sh\n".ljust(512), padded(b"\x80\x04N."), b"\xfe" * 2048):
        report = scan(front + file(b"evil.pkl", EVIL) + END, "weights.bin")
        assert {"TAR101", "PKL101"} <= set(rules(report))


def test_a_file_that_is_no_archive_under_its_name_is_reported() -> None:
    assert rules(scan(b"\xfe" * 5000)) == ["TAR101"]


@pytest.mark.parametrize("gap", [bytes(512), bytes(1024), bytes(10240)])
def test_what_follows_the_end_is_scanned(gap: bytes) -> None:
    report = scan(file() + gap + file(b"evil.pkl", EVIL) + END)
    assert {"TAR123", "PKL101"} <= set(rules(report))
    report = scan(gap + file(b"evil.pkl", EVIL) + END, "weights.bin")
    assert "PKL101" in rules(report) or len(gap) > 4096
    report = scan(file() + gap + EVIL)
    assert {"TAR123", "PKL101"} <= set(rules(report))


@pytest.mark.parametrize("kind", [b"1", b"2", b"3", b"5", b"6"])
def test_content_of_what_is_no_file_is_reported_and_scanned(kind: bytes) -> None:
    report = scan(file() + header(b"d", 512, kind=kind, link=b"a.pkl") + file(b"evil.pkl", EVIL) + END)
    assert {"TAR114", "PKL101"} <= set(rules(report))
    report = scan(file() + header(b"d", 512, kind=kind, link=b"a.pkl") + padded(EVIL) + file(b"b.pkl") + END)
    assert {"TAR114", "PKL101"} <= set(rules(report))
    assert "TAR101" not in rules(report)


def test_sizes_that_lie_end_the_archive() -> None:
    for size in (b"77777777777\0", b"\x80" + bytes(3) + b"\xff" * 8, b"%011o\0" % 5000):
        report = scan(file(b"evil.pkl", EVIL) + header(b"b.pkl", size) + EVIL)
        assert "TAR121" in rules(report)
        assert len(where(report, "PKL101")) == 2
        assert report.files[0].coverage.status == "partial"


def test_a_base_256_size_is_read() -> None:
    archive = header(size=b"\x80" + len(EVIL).to_bytes(11, "big")) + padded(EVIL) + END
    assert rules(scan(archive)) == ["PKL101", "PKL131"]


def sparse(form: str, extents: list[tuple[int, int]], size: int, data: bytes) -> bytes:
    """A member with holes, in one of the four forms."""
    pairs = [f"{number}" for extent in extents for number in extent]
    if form == "gnu":
        entries = b"".join(b"%011o\0%011o\0" % extent for extent in extents[:4])
        more = extents[4:]
        blocks = b""
        while more:
            block = b"".join(b"%011o\0%011o\0" % extent for extent in more[:21]).ljust(504, b"\0")
            more = more[21:]
            blocks += block + (b"\1" if more else b"\0") + bytes(7)
        tail = entries.ljust(96, b"\0") + (b"\1" if blocks else b"\0") + b"%011o\0" % size
        return header(b"s.pkl", len(data), kind=b"S", magic=b"ustar  \0", tail=tail) + blocks + padded(data)
    if form == "0.0":
        said = [("GNU.sparse.size", str(size)), ("GNU.sparse.numblocks", str(len(extents)))]
        for at, length in extents:
            said += [("GNU.sparse.offset", str(at)), ("GNU.sparse.numbytes", str(length))]
        return pax(*said) + file(b"s.pkl", data)
    if form == "0.1":
        said = [("GNU.sparse.size", str(size)), ("GNU.sparse.name", "s.pkl"), ("GNU.sparse.map", ",".join(pairs))]
        return pax(*said) + file(b"GNUSparseFile.0/s.pkl", data)
    said = [("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", "s.pkl")]
    said.append(("GNU.sparse.realsize", str(size)))
    held = padded("".join(f"{line}\n" for line in [str(len(extents)), *pairs]).encode()) + data
    return pax(*said) + file(b"GNUSparseFile.0/s.pkl", held)


@pytest.mark.parametrize("form", ["gnu", "0.0", "0.1", "1.0"])
@pytest.mark.parametrize("count", [1, 3, 40])
def test_both_forms_of_members_with_holes_are_scanned(form: str, count: int) -> None:
    # The holes are the content of a string: without them the opcodes behind it are part of the string.
    front = b"\x80\x02T" + (600).to_bytes(4, "little")
    extents = [(0, len(front)), *((100 + 2 * number, 1) for number in range(count)), (len(front) + 600, 40)]
    data = front + b"x" * count + EVIL[2:] + bytes(40 - len(EVIL[2:]))
    archive = sparse(form, extents, len(front) + 640, data) + END
    with tarfile.open(fileobj=io.BytesIO(archive)) as readable:
        expanded = readable.extractfile("s.pkl")
        assert expanded is not None
        assert expanded.read()[len(front) + 600 :].startswith(EVIL[2:])
    report = scan(archive)
    assert {"TAR113", "PKL101"} <= set(rules(report))
    assert f"m.tar:s.pkl (pos {len(front) + 600})" in where(report, "PKL101")


@pytest.mark.parametrize("form", ["gnu", "0.0", "0.1", "1.0"])
def test_maps_that_are_none_and_files_of_holes_are_reported(form: str) -> None:
    for extents, size in (([(0, 5), (3, 5)], 100), ([(90, 20)], 100), ([(0, 1 << 32)], 10)):
        assert {"TAR113", "TAR102"} <= set(rules(scan(sparse(form, extents, size, EVIL) + END)))
    report = scan(sparse(form, [(0, len(EVIL)), ((1 << 33) - 1, 0)], (1 << 33) - 1, EVIL) + END)
    assert {"TAR113", "TAR124", "PKL101"} <= set(rules(report))


def test_an_archive_without_its_end_is_not_clean() -> None:
    assert rules(scan(file())) == ["TAR122"]
    assert rules(scan(file() + bytes(512))) == ["TAR122"]


def test_a_long_extended_header_is_not_read() -> None:
    report = scan(file(b"PaxHeader/a", bytes(9 << 20), kind=b"x") + file(data=EVIL) + END)
    assert {"TAR124", "PKL101"} <= set(rules(report))


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_cut_archive_is_never_clean(pack: Callable[[bytes], bytes]) -> None:
    whole = file() + pax(("path", "a" * 120)) + file(b"a" * 100) + END
    for length in range(1, len(whole)):
        report = scan(pack(whole[:length]), "m.tar.gz" if pack is gzip.compress else "m.tar")
        assert report.exit_code == 1, length


def test_flipped_bits_never_fail() -> None:
    whole = bytearray(
        file() + sparse("1.0", [(0, 3), (10, 3)], 20, b"abcdef") + header(b"l", kind=b"2", link=b"a") + END
    )
    for place in range(0, len(whole) - 1024, 3):
        whole[place] ^= 1 << place % 8
        assert scan(bytes(whole)).exit_code in (0, 1)
        whole[place] ^= 1 << place % 8


def test_a_chain_of_lies_takes_linear_time() -> None:
    count = 2_000
    archive = b"".join(header(b"%d" % number, (count - number) * 512, kind=b"5") for number in range(count)) + END
    started = time.monotonic()
    assert set(rules(scan(archive))) == {"TAR114"}
    assert time.monotonic() - started < 10


def test_an_archive_that_python_writes_from_a_folder_is_silent(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "m.pkl").write_bytes(CLEAN)
    (tmp_path / "model" / "README.md").write_text("# A model\n")
    for mode in ("w", "w:gz", "w:bz2", "w:xz"):
        path = tmp_path / f"m.{mode.replace(':', '.')}"
        with tarfile.open(str(path), mode) as archive:
            archive.add(tmp_path / "model", "model")
        report = modelaudit.scan(path)
        assert report.exit_code == 0, rules(report)


def torch_tar(evil: bytes = b"", numbers: bytes = bytes(range(256)) * 16, views: bytes = b"\x80\x02]q\0.") -> bytes:
    """A file as `torch.save` wrote it before version 0.2."""
    entry = b"\x80\x02(\x8a\x06\x01\x02\x03\x04\x05\x00X\x03\0\0\0cpuctorch\nFloatStorage\nq\x01t" + evil + b"."
    storages = b"\x80\x02K\x01." + entry + (len(numbers) // 4).to_bytes(8, "little") + numbers + views
    tensor = b"\x80\x02(\x8a\x06\x09\x02\x03\x04\x05\x00\x8a\x06\x01\x02\x03\x04\x05\x00ctorch\nFloatTensor\nq\x01t."
    geometry = b"".join(number.to_bytes(8, "little") for number in (2, 32, 32, 32, 1, 0))
    tensors = b"\x80\x02K\x02." + (tensor + geometry) * 2
    objects = b"\x80\x02}q\0X\x01\0\0\0aq\x01K\x01s."
    return file(b"storages", storages) + file(b"tensors", tensors) + file(b"pickle", objects) + END


def test_numbers_in_the_members_of_torch_are_no_pickles() -> None:
    for numbers in (bytes(range(256)) * 16, EVIL.ljust(64), b""):
        report = scan(torch_tar(numbers=numbers), "model.pt")
        assert [str(issue) for issue in report.issues if issue.severity in ("warning", "critical")] == []


def test_pickles_between_the_numbers_of_torch_are_scanned() -> None:
    report = scan(torch_tar(views=EVIL), "model.pt")
    assert where(report, "PKL101") == ["model.pt:storages at 4152 (pos 2)"]


def test_members_of_torch_with_another_layout_are_scanned_as_they_are() -> None:
    for archive in (
        torch_tar(views=b"\x80\x02]q\0." + EVIL),
        torch_tar(numbers=b"x" * 41).replace(b"FloatStorage", b"FireyStorage"),
        torch_tar().replace(b"\x80\x02K\x01.", b"\x80\x02K\x07."),
        torch_tar(evil=EVIL[2:-1]),
        torch_tar(evil=b"X\x0d\0\0\0DoubleStorage0"),
    ):
        report = scan(archive, "model.pt")
        assert report.exit_code == 1
        assert "model.pt:storages" in {str(issue.location).split(" ")[0] for issue in report.issues}
