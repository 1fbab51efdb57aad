"""The time limit ends a scan within a second, whatever it is at: inside one file, one library call or one decoder."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import struct
import sys
import tarfile
import time
import zipfile
import zlib
from typing import Callable

import pytest

import modelaudit
from assembly import EVIL
from modelaudit import _native, credentials, limits, patience, strictjson

#: Seconds that a scan is given, and those by which it may be late on a machine that is busy with other things.
GIVEN, LATE = 0.1, 1.0


def empty_streams(codec: Callable[[bytes], bytes]) -> bytes:
    """Return streams of nothing, each of which takes a decoder of its own: nothing comes out for minutes."""
    return codec(b"") * 1_000_000


def stored_blocks() -> bytes:
    """Return a stream of empty blocks: a decoder goes through all of it before a byte comes out."""
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + b"\0\0\0\xff\xff" * 40_000_000


def numbers() -> bytes:
    return b'{"a": [' + b"1234567890," * 5_000_000 + b"1]}"


def objects() -> bytes:
    return b'{"a": [' + b",".join(b'{"_target_":"x.y%d"}' % number for number in range(900_000)) + b"]}"


def escapes() -> bytes:
    return b'{"a": "' + b'\\"' * 60_000_000 + b'"}'


def encodings() -> bytes:
    return b'{"a": [' + b",".join([b'"gASV' + b"QUFB" * 200 + b'"'] * 60_000) + b"]}"


def tags() -> bytes:
    return b"".join(b"- !!python/object:a%d.b {}\n" % number for number in range(300_000))


def tables() -> bytes:
    return b"a = [" + b",".join([b"{b={c={d=1}}}"] * 200_000) + b"]\n"


def handlers() -> bytes:
    return b"[a]\nb=c\n" + b"".join(b"[handler_%d]\nargs=(a%d(),)\n" % (number, number) for number in range(300_000))


def schema() -> bytes:
    content = {
        f"k{number}": {"__class__": f"A{number}", "__module__": "a.b", "__loader__": "ObjectNode", "content": None}
        for number in range(150_000)
    }
    made = {"__class__": "dict", "__module__": "builtins", "__loader__": "DictNode", "content": content}
    return zipped({"schema.json": json.dumps(made).encode()})


def layers() -> bytes:
    layer = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 3, "activation": "relu"}}
    config = {"module": "keras", "class_name": "Sequential", "config": {"layers": [layer] * 400_000}}
    return zipped({"config.json": json.dumps(config).encode(), "metadata.json": b'{"keras_version": "3.0.0"}'})


def fields() -> bytes:
    descr = b",".join(b"('a%d','<f4')" % number for number in range(150_000))
    header = b"{'descr': [" + descr + b"], 'fortran_order': False, 'shape': (1,)}\n"
    return b"\x93NUMPY\x02\x00" + struct.pack("<I", len(header)) + header


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return out.getvalue()


def many_pickles() -> bytes:
    return zipped({f"{number}.pkl": EVIL for number in range(30_000)})


def many_arrays() -> bytes:
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }".ljust(117) + b"\n"
    array = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(4)
    return zipped({f"{number}.npy": array for number in range(30_000)})


def many_headers() -> bytes:
    member = tarfile.TarInfo("folder/a.bin")
    member.size = 1
    return (member.tobuf(tarfile.USTAR_FORMAT) + b"\x01".ljust(512, b"\0")) * 150_000 + bytes(1024)


def template() -> bytes:
    return b"{{ a }}" + b"{{" * 240_000


HOSTILE: dict[str, Callable[[], bytes]] = {
    "empty.bz2": lambda: empty_streams(bz2.compress),
    "empty.gz": lambda: empty_streams(gzip.compress),
    "stored.gz": stored_blocks,
    "numbers.json": numbers,
    "objects.json": objects,
    "escapes.json": escapes,
    "encodings.json": encodings,
    "tags.yaml": tags,
    "tables.toml": tables,
    "handlers.cfg": handlers,
    "schema.skops": schema,
    "layers.keras": layers,
    "fields.npy": fields,
    "pickles.zip": many_pickles,
    "arrays.npz": many_arrays,
    "headers.tar": many_headers,
    "template.jinja": template,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_scan_ends_at_its_deadline_and_says_so(name: str) -> None:
    data = HOSTILE[name]()
    started = time.monotonic()
    report = modelaudit.scan_bytes(data, name, timeout=GIVEN)
    taken = time.monotonic() - started
    assert {"ENG101", "ENG115"} & {issue.rule for issue in report.issues}
    assert report.files[0].coverage.status != "complete"
    assert report.exit_code == 2
    assert taken < GIVEN + LATE
    assert len(report.issues) < 60_000, "what is left is counted, not listed"


def test_members_that_are_left_are_counted() -> None:
    data = zipped({f"{number}.npy": b"\x93NUMPY" + bytes(50) for number in range(30_000)})
    issues = modelaudit.scan_bytes(data, "many.zip", timeout=0.25).issues
    left = [issue for issue in issues if issue.rule == "ENG101"]
    assert len(left) <= limits.LISTED + 2
    counted = [issue.details["count"] for issue in issues if issue.rule == "ENG115"]
    assert all(isinstance(count, int) and 0 < count < 30_000 for count in counted)
    assert counted or any(not issue.location.members for issue in left)


def test_what_was_found_before_the_deadline_stays() -> None:
    slow = gzip.compress(bytes(1 << 20), 1) * 2_000
    data = zipped({"a.pkl": EVIL, "b.gz": slow, "c.pkl": EVIL})
    report = modelaudit.scan_bytes(data, "model.zip", timeout=0.5)
    assert "PKL101" in [issue.rule for issue in report.issues]


def test_a_decoder_ends_at_the_deadline_of_its_file() -> None:
    packed = _native.Source.from_bytes(zlib.compress(bytes(64 << 20)))
    packed.end_at(_native.Deadline(1e-9))
    with pytest.raises(_native.TooLateError):
        packed.decode("zlib", 1 << 40).head(10 << 20)
    with pytest.raises(_native.TooLateError):
        packed.read(0, 1)
    assert _native.drain(packed.decode("zlib", 1 << 40), _native.Deadline(None)).status == "deadline"


def test_text_that_was_not_read_to_its_end_is_not_called_unknown() -> None:
    data = b"plain text, line by line\n" * 20_000_000
    report = modelaudit.scan_bytes(data, "notes", timeout=0.05)
    assert [issue.rule for issue in report.issues] == ["ENG101"]


def test_work_that_cannot_be_stopped_is_not_begun_too_late() -> None:
    patience.ensure(_native.Deadline(None), 1e30, 1)
    patience.ensure(_native.Deadline(100), 10, 1)
    for deadline, amount in ((_native.Deadline(100), 200), (_native.Deadline(1e-9), 1)):
        with pytest.raises(_native.TooLateError):
            patience.ensure(deadline, amount, 1)


def test_loops_end_at_the_deadline() -> None:
    assert list(patience.paced(range(5000), _native.Deadline(None))) == list(range(5000))
    with pytest.raises(_native.TooLateError):
        list(patience.paced(range(5000), _native.Deadline(1e-9)))


def test_findings_are_told_for_a_moment_after_the_deadline() -> None:
    deadline = _native.Deadline(1e-9)
    patience.press(deadline)
    time.sleep(limits.OVERRUN * 1.2)
    with pytest.raises(_native.TooLateError):
        patience.press(deadline)


def test_json_is_parsed_only_in_the_time_there_is() -> None:
    text = b'{"a": [' + b"1," * 4_000_000 + b"1]}"
    assert len(strictjson.parse(text, 9, _native.Deadline(60)).value["a"]) == 4_000_001
    with pytest.raises(_native.TooLateError):
        strictjson.parse(text, 9, _native.Deadline(0.5))
    with pytest.raises(_native.TooLateError):
        strictjson.parse(b"[" + b'{"a":1},' * 200_000 + b"{}]", 9, _native.Deadline(1e-9))


def test_a_search_for_credentials_that_was_cut_short_is_said() -> None:
    class Recorded:
        deadline = _native.Deadline(1e-9)

        def __init__(self) -> None:
            self.rules: list[str] = []
            self.learned: list[object] = []

        def incomplete(self, rule: str) -> None:
            self.rules.append(rule)

    seen = Recorded()
    credentials.check(seen, "nothing in it")  # type: ignore[arg-type]
    assert seen.rules == ["ENG101"]


def test_searching_for_words_ends_at_the_deadline() -> None:
    words = _native.Keywords(["needle"])
    text = b"needle " * 1_000_000
    assert len(words.find(text, sys.maxsize, None)) == 1_000_000
    assert words.find(text, sys.maxsize, _native.Deadline(1e-9)) == []
