"""Zip archives that show different things to different readers: each known disagreement is a row."""

from __future__ import annotations

import random
import struct
import zlib

import pytest

import modelaudit
from archives import DEFLATED, PLAIN, Member, archive, body, end, end64, locator
from assembly import EVIL

#: Another harmful pickle, as long as the first, so that archives with either have the same layout.
OTHER = EVIL.replace(b"echo pwned", b"echo owned")

NAME = b"archive/data.pkl"


def scan(data: bytes, name: str = "model.zip") -> modelaudit.Report:
    return modelaudit.scan_bytes(data, name=name)


def rules(report: modelaudit.Report) -> set[str]:
    return {issue.rule for issue in report.issues}


def payloads(report: modelaudit.Report) -> int:
    """How many harmful calls were seen."""
    return sum(issue.rule == "PKL101" for issue in report.issues)


def test_locations_show_the_way_into_nested_archives() -> None:
    inner = archive(Member(b"data.pkl"))
    report = scan(archive(PLAIN, Member(b"dir/inner.zip", inner, DEFLATED)))
    assert {str(issue.location) for issue in report.issues if issue.rule == "PKL101"} == {
        "model.zip:dir/inner.zip:data.pkl (pos 2)"
    }
    assert report.formats == ("zip", "pickle")


HONEST_PICKLE = b"\x80\x04]\x94(K\x01K\x02e."


def twice(count: int) -> bytes:
    """Members of one name, the harmful one first, in the middle, last."""
    contents = [HONEST_PICKLE, HONEST_PICKLE[:-4] + b"K\x03e.", HONEST_PICKLE[:-4] + b"K\x04e."]
    contents[count] = EVIL
    return archive(*(Member(data=data) for data in contents))


def two_archives(adjusted: bool, first: bytes = EVIL, second: bytes = OTHER) -> bytes:
    front = archive(Member(data=first))
    return archive(Member(data=second), front=front, adjusted=adjusted)


def record_in_comment() -> bytes:
    """An end record in the comment of another one, each with a directory of its own."""
    data, directory = body(Member(b"a.pkl"), PLAIN)
    other = Member(b"b.pkl", OTHER)
    hidden, second = body(other, base=len(data))
    start = len(data) + len(hidden)
    copy = second + end(1, len(second), start + len(directory) + 22)
    return data + hidden + directory + end(2, len(directory), start, copy)


def zip64(small: tuple[int, int, int] | None = None, gap: bytes = b"", lead: int = 0) -> bytes:
    """An archive with a Zip64 end record; `small` replaces the numbers of the short record."""
    data, directory = body(Member())
    record = len(data) + len(directory)
    numbers = small or (0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
    return data + directory + end64(1, len(directory), len(data)) + gap + locator(record + lead) + end(*numbers)


def unicode_path(name: bytes, other: bytes) -> bytes:
    field = struct.pack("<BI", 1, zlib.crc32(name)) + other
    return struct.pack("<HH", 0x7075, len(field)) + field


def hidden_entry() -> bytes:
    return archive(PLAIN, Member(b"archive/zzz.pkl", listed=False))


def link(target: bytes) -> Member:
    return Member(b"archive/link", target, external=0xA1FF << 16, made_by=3 << 8)


#: What is built, the rule that tells of it, how many readings with the payload there are at least.
DISAGREEMENTS = {
    "duplicate first": (twice(0), "ZIP102", 1),
    "duplicate middle": (twice(1), "ZIP102", 1),
    "duplicate last": (twice(2), "ZIP102", 1),
    "names that differ in case": (archive(PLAIN, Member(), Member(b"archive/DATA.PKL", OTHER)), "ZIP103", 2),
    "an odd case only": (archive(Member(b"ARCHIVE/Data.Pkl")), "PKL101", 1),
    "backslash": (archive(Member(b"archive\\data.pkl")), "ZIP123", 1),
    "NUL": (archive(Member(NAME + b"\0x")), "ZIP123", 1),
    "NUL duplicate": (archive(Member(data=b"I1\n."), Member(NAME + b"\0x")), "ZIP102", 1),
    "local name": (archive(Member(local={"name": b"archive/data.txt"})), "ZIP105", 1),
    "encryption flag in both": (archive(Member(flags=1)), "ZIP130", 1),
    "encryption flag in directory": (archive(Member(central={"flags": 1})), "ZIP107", 1),
    "patch flag in directory": (archive(Member(central={"flags": 0x20})), "ZIP107", 1),
    "strong encryption in directory": (archive(Member(central={"flags": 0x41}, method=DEFLATED)), "ZIP130", 1),
    "local encryption flag": (archive(Member(local={"flags": 1})), "ZIP107", 1),
    "local masked flag": (archive(Member(local={"flags": 0x2000})), "ZIP107", 1),
    "wrong checksum": (archive(Member(crc=1, method=DEFLATED)), "ZIP109", 1),
    "wrong checksum, not compressed": (archive(Member(crc=1)), "ZIP109", 1),
    "local method": (archive(Member(local={"method": 8})), "ZIP106", 1),
    "directory method": (archive(Member(central={"method": 8})), "ZIP106", 1),
    "local sizes zero": (archive(Member(local={"packed": 0, "size": 0, "crc": 0})), "ZIP108", 1),
    "local size larger": (archive(Member(b"a", EVIL[:9], local={"packed": len(EVIL)}, behind=EVIL[9:])), "ZIP108", 1),
    "stored but longer": (archive(Member(data=EVIL[:9], size=len(EVIL), behind=EVIL[9:])), "ZIP110", 1),
    "stored but shorter": (archive(Member(size=2)), "ZIP110", 1),
    "deflated but longer": (archive(Member(method=DEFLATED, size=4)), "ZIP111", 1),
    "two archives, offsets unadjusted": (two_archives(False), "ZIP101", 2),
    "two archives, offsets adjusted": (two_archives(True), "ZIP101", 2),
    "end record in a comment": (record_in_comment(), "ZIP101", 2),
    "trailing bytes": (archive(Member()) + b"g" * 50, "ZIP121", 1),
    "many trailing bytes": (archive(Member()) + b"g" * 70_000, "ZIP121", 1),
    "a prefix": (archive(PLAIN, front=b"#!/bin/sh\n" + EVIL), "ZIP121", 0),
    "a prefix that is a pickle": (archive(PLAIN, front=EVIL), "ZIP135", 1),
    "a prefix that looks like a member": (archive(Member(), front=b"PK\3\4" + b"x" * 40), "ZIP121", 1),
    "an unadjusted prefix": (archive(Member(), front=b"x" * 40, adjusted=False), "ZIP121", 1),
    "count too small": (archive(PLAIN, Member(), count=1), "ZIP112", 1),
    "count too large": (archive(PLAIN, Member(), count=3), "ZIP113", 1),
    "overlap": (archive(PLAIN, Member(b"b", local={"packed": 9}, central={"offset": 0})), "ZIP114", 0),
    "zip64 contradicts": (zip64((1, 7, 9)), "ZIP115", 1),
    "zip64 record apart": (zip64(gap=bytes(8)), "ZIP116", 1),
    "zip64 record lost": (zip64(lead=999_999, gap=bytes(8)), "ZIP128", 1),
    "empty root": (archive(Member(b"/data.pkl")), "ZIP122", 1),
    "bzip2 of nothing": (archive(Member(method=12)), "CMP101", 0),
    "unicode path": (archive(Member(b"a.txt", extra=unicode_path(b"a.txt", b"a.pkl"))), "ZIP117", 1),
    "unicode path that climbs": (archive(Member(b"a.txt", extra=unicode_path(b"a.txt", b"../a"))), "ZIP122", 1),
    "hidden local entry": (hidden_entry(), "ZIP104", 1),
    "bytes between members": (archive(Member(b"a", b"text", behind=EVIL), PLAIN), "ZIP121", 1),
    "pickle in the comment": (archive(PLAIN, comment=EVIL), "ZIP121", 1),
    "pickle in the comment of a member": (archive(Member(b"a", b"text", comment=EVIL)), "PKL101", 1),
    "encrypted": (archive(Member(data=b"\x17" * 40, flags=1, crc=1)), "ZIP118", 0),
    "AES": (archive(Member(data=b"\x17" * 40, flags=1, method=99)), "ZIP118", 0),
    "unknown method": (archive(Member(data=b"\x17" * 40, method=98)), "ZIP119", 0),
    "split": (archive(Member())[:-18] + b"\1\0\1\0" + archive(Member())[-14:], "ZIP120", 1),
    "folder with content": (archive(Member(b"archive/")), "ZIP132", 1),
    "member not there": (archive(PLAIN, Member(central={"offset": 7})), "ZIP126", 1),
    "two zip64 fields": (archive(Member(extra=struct.pack("<HHQHHQ", 1, 8, 1, 1, 8, 2))), "ZIP133", 1),
    "climbs out": (archive(Member(b"a/../../b")), "ZIP122", 1),
    "drive": (archive(Member(b"C:\\x.pkl")), "ZIP122", 1),
    "local name climbs out": (archive(Member(local={"name": b"../../archive.p"})), "ZIP122", 1),
    "link out": (archive(link(b"../../etc/passwd")), "ZIP124", 0),
    "link within": (archive(link(b"data.pkl")), "ZIP125", 0),
    "no end record": (b"".join(body(Member())), "ZIP127", 1),
    "cut in a member": (archive(Member(), Member(b"b"))[:140], "ZIP128", 1),
}


@pytest.mark.parametrize("case", DISAGREEMENTS)
def test_what_readers_disagree_about_is_reported_and_all_readings_are_scanned(case: str) -> None:
    data, rule, count = DISAGREEMENTS[case]
    report = scan(data)
    assert rule in rules(report)
    assert payloads(report) >= count
    assert "ENG204" not in rules(report)


def test_an_archive_in_two_readings_is_read_in_both() -> None:
    report = scan(two_archives(False))
    assert payloads(report) == 2
    commands = {issue.details["call"] for issue in report.issues if issue.rule == "PKL101"}
    assert len(commands) == 2


def test_end_records_beyond_measure_are_said() -> None:
    assert "ZIP131" in rules(scan(archive(Member(), comment=end(0, 0, 0) * 100)))


def test_a_flood_of_empty_members_is_reported() -> None:
    assert "ZIP129" in rules(scan(archive(*(Member(b"%d" % number, b"") for number in range(40_000)), count=40_000)))


def test_empty_members_are_counted_unless_their_name_promises_a_format() -> None:
    names = [*(b"folder/%d" % number for number in range(500)), b"a.bin", b"b.toml", b"c.py", b"folder/"]
    report = scan(archive(*(Member(name, b"") for name in names), Member(b"d.pkl", b"")))
    counted = [issue.details["count"] for issue in report.issues if issue.rule == "ZIP134"]
    assert counted == [len(names)]
    assert [str(issue.location) for issue in report.issues if issue.rule == "ENG107"] == ["model.zip:d.pkl"]
    assert rules(report) == {"ZIP134", "ENG107"}


def test_names_are_safe_to_show() -> None:
    report = scan(archive(Member(b"\x1b[2J\xff.pkl"), Member(b"a\nb")))
    assert payloads(report) == 2
    assert all("\x1b" not in str(issue.location) + issue.message for issue in report.issues)


def test_bytes_that_only_look_like_a_hidden_header_are_not_a_member() -> None:
    data = b"text PK\3\4 and more text that is no header at all, not even nearly\n"
    assert "ZIP104" not in rules(scan(archive(PLAIN, front=data)))


def test_an_end_record_inside_a_member_is_the_affair_of_the_member() -> None:
    inner = archive(Member(b"x", b"text"))
    assert rules(scan(archive(PLAIN, Member(b"inner.zip", inner)))) == {"ZIP134"}


@pytest.mark.parametrize("method", [0, DEFLATED])
def test_a_large_archive_in_an_archive_is_read_in_any_order(method: int) -> None:
    inner = archive(Member(b"filler", bytes(3 << 20)), Member())
    report = scan(archive(Member(b"inner.zip", inner, method)))
    assert payloads(report) == 1
    assert rules(report) == {"PKL101", "PKL131", "ENG103"}


def test_overlapping_members_cannot_expand_without_bound() -> None:
    data, _ = body(Member(b"0", bytes(1 << 20), DEFLATED))
    members = [Member(b"%d" % number, bytes(1 << 20), DEFLATED) for number in range(100)]
    directory = b"".join(member.entry(0) for member in members)
    report = scan(data + directory + end(100, len(directory), len(data)))
    assert "ZIP114" in rules(report)


def test_every_truncation_says_something() -> None:
    data = archive(Member(b"a.pkl", HONEST_PICKLE), Member(b"b.txt", b"text " * 9, DEFLATED))
    assert rules(scan(data)) == {"ZIP134"}
    for length in range(5, len(data)):
        report = scan(data[:length])
        assert report.exit_code == 1, length
        assert not report.has_errors, length


def test_random_damage_is_never_a_defect() -> None:
    chance = random.Random(11)
    cases = [data for data, _, _ in DISAGREEMENTS.values() if len(data) < 2_000]
    for _ in range(1_000):
        data = bytearray(chance.choice(cases))
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(data))
            with_what = chance.choice(
                (b"\xff\xff\xff\xff", b"\0\0", b"PK\1\2", b"PK\3\4", b"PK\5\6", chance.randbytes(3))
            )
            data[place : place + chance.choice((0, len(with_what)))] = with_what
        report = scan(bytes(data))
        assert not report.has_errors


def test_flipped_bits_neither_crash_nor_hide_the_payload() -> None:
    data = archive(PLAIN, Member(), Member(b"b.txt", b"text " * 9, DEFLATED), comment=b"a comment")
    at = data.index(EVIL)
    for place in range(len(data)):
        if at <= place < at + len(EVIL):
            continue
        for bit in (1, 16, 128):
            flipped = bytearray(data)
            flipped[place] ^= bit
            report = scan(bytes(flipped))
            assert not report.has_errors, (place, bit)
            assert report.exit_code == 1, (place, bit)
