"""Checkpoints, fingerprints and records of TensorFlow."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path

import pytest

import modelaudit
from assembly import EVIL
from protobuf import field, number

DATA = Path(__file__).parent / "data" / "tensorflow"
MAGIC = b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"


def rules(data: bytes, name: str = "model.bin") -> list[str]:
    return [issue.rule for issue in modelaudit.scan_bytes(data, name).issues if issue.severity != "info"]


def block(entries: list[tuple[bytes, bytes]]) -> bytes:
    body = b"".join(number(0) + number(len(key)) + number(len(value)) + key + value for key, value in entries)
    return body + bytes(4) + struct.pack("<I", 1)


def table(entries: list[tuple[bytes, bytes]]) -> bytes:
    data = block(entries)
    index = block([(b"z", number(0) + number(len(data)))])
    handle = number(len(data) + 5) + number(len(index))
    return data + bytes(5) + index + bytes(5) + (number(0) + number(0) + handle).ljust(40, b"\0") + MAGIC


def tensor(dtype: int = 1, shape: tuple[int, ...] = (2, 3), shard: int = 0, offset: int = 0, size: int = 24) -> bytes:
    dimensions = b"".join(field(2, field(1, length)) for length in shape)
    return field(1, dtype) + field(2, dimensions) + field(3, shard) + field(4, offset) + field(5, size)


HEADER = (b"", field(1, 1))


def test_tensors_are_held_against_type_shape_and_data(tmp_path: Path) -> None:
    (tmp_path / "m.data-00000-of-00001").write_bytes(bytes(24))
    for entry, count in (
        (tensor(), 0),
        (tensor(dtype=7, size=20), 0),
        (tensor(size=20), 1),
        (tensor(offset=1), 1),
        (tensor(shard=1), 1),
        (tensor(offset=-5), 1),
        (tensor(shape=(1 << 40, 1 << 40)), 1),
        (tensor(shape=(), size=0) + field(7, b""), 0),
    ):
        (tmp_path / "m.index").write_bytes(table([HEADER, (b"w", entry)]))
        found = [issue.rule for issue in modelaudit.scan(tmp_path).issues if issue.severity != "info"]
        assert found == ["TFG115"] * count


def test_tables_that_cannot_be_followed_are_told() -> None:
    whole = table([HEADER, (b"w", tensor())])
    assert rules(whole) == []
    for broken in (
        whole[:5] + b"\xff" * 8 + whole[13:],
        whole.replace(
            number(0) + number(0) + number(len(block([HEADER, (b"w", tensor())])) + 5), b"\xff\xff\xff\xff\x7f", 1
        ),
        MAGIC.rjust(48, b"\0"),
        b"\0" + MAGIC,
        table([HEADER, (b"w", b"\xff")]),
    ):
        assert rules(broken) in (["TFG114"], ["TFG114", "TFG115"]), broken
    assert modelaudit.scan_bytes(whole[:-1], "m.index").exit_code == 1


def test_data_are_known_by_the_index_beside_them(tmp_path: Path) -> None:
    for name in ("model-1.index", "model-1.data-00000-of-00001"):
        shutil.copy(DATA / name, tmp_path)
    assert modelaudit.scan(tmp_path).exit_code == 0
    (tmp_path / "model-1.index").unlink()
    assert [issue.rule for issue in modelaudit.scan(tmp_path).issues] == ["ENG103"]
    (tmp_path / "model-1.data-00000-of-00001").write_bytes(EVIL)
    assert any(issue.severity == "critical" for issue in modelaudit.scan(tmp_path).issues)


@pytest.mark.parametrize("path", ["/home/me/model-1", "../other/model", "gs://bucket/model", "C:\\\\x"])
def test_a_newest_checkpoint_elsewhere_is_said_and_no_more(path: str) -> None:
    report = modelaudit.scan_bytes(f'model_checkpoint_path: "{path}"\n'.encode(), "checkpoint")
    assert [issue.rule for issue in report.issues] == ["TFG116"]
    assert report.exit_code == 0


def test_a_state_with_anything_else_in_it_is_not_claimed() -> None:
    good = b'model_checkpoint_path: "m"\nall_model_checkpoint_paths: "m"\nlast_preserved_timestamp: 1.5e9\n'
    assert modelaudit.scan_bytes(good, "checkpoint").issues == ()
    assert rules(good + b"import os\n") == ["ENG103"]


def record(data: bytes) -> bytes:
    from modelaudit.formats.tfrecord import _checksum

    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", _checksum(length)) + data + bytes(4)


def test_records_are_followed_to_the_end() -> None:
    # The checksum of the first record of any file of events: 24 bytes.
    assert record(bytes(24))[8:12] == b"\xa3\x7f\x4b\x22"
    whole = record(bytes(24)) + record(b"") + record(bytes(3_000))
    report = modelaudit.scan_bytes(whole, "events.out.tfevents")
    assert report.files[0].formats == ("tfrecord",)
    assert report.exit_code == 0
    for length in (20, 43, len(whole) - 1):
        assert rules(whole[:length]) == ["TFG117"], length
    assert rules(whole + b"x") == ["TFG117"]


def test_a_fingerprint_is_nothing_else() -> None:
    whole = (DATA / "fingerprint.pb").read_bytes()
    assert rules(whole, "x.bin") == []
    for other in (whole + b"\x0a\x01x", whole + whole, whole + field(7, b"\0"), whole + field(9, 1), whole[:-1]):
        assert modelaudit.scan_bytes(other, "fingerprint.pb").exit_code == 1
