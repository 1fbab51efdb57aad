"""Code by its header: as a file, a member, a tensor, and with --deep at any place; never in honest numbers."""

from __future__ import annotations

import base64
import gzip
import io
import json
import marshal
import pickle
import random
import sys
import zipfile
from importlib.util import MAGIC_NUMBER
from typing import TYPE_CHECKING

import pytest

import modelaudit
from assembly import EVIL
from modelaudit import _native

if TYPE_CHECKING:
    from pathlib import Path

    from modelaudit.model import Report

MiB = 1 << 20

ELF = b"\x7fELF\2\1\1" + bytes(9) + b"\3\0\x3e\0\1\0\0\0" + bytes(28) + b"\x40\0\x38\0\x0b\0\x40\0\0\0\0\0"
PE = b"MZ" + bytes(58) + b"\x80\0\0\0" + bytes(64) + b"PE\0\0\x64\x86" + bytes(18)
MACH_O = b"\xcf\xfa\xed\xfe\x0c\0\0\1\0\0\0\0\6\0\0\0\1\0\0\0\x28\0\0\0" + bytes(40)
WASM = b"\0asm\1\0\0\0\1\4\1\x60\0\0"
JAVA = base64.b64decode("yv66vgAAADQADQoAAgADBwAEDAAFAAYBABBqYXZhL2xhbmcvT2JqZWN0AQAGPGluaXQ+AQADKClW")
PYC = MAGIC_NUMBER + bytes(12) + marshal.dumps(compile("import os; os.getpid()", "x", "exec"))
CODE = {"elf": ELF, "pe": PE, "mach-o": MACH_O, "wasm": WASM, "java-class": JAVA, "pyc": PYC}


def rules(report: Report) -> list[str]:
    return [issue.rule for issue in report.issues]


def noise(size: int, seed: int = 3) -> bytes:
    return random.Random(seed).randbytes(size)


def checkpoint(storage: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as written:
        for name, content in (("m/data.pkl", pickle.dumps({}, 2)), ("m/version", b"3\n"), ("m/data/0", storage)):
            written.writestr(zipfile.ZipInfo(name), content)
    return target.getvalue()


@pytest.mark.parametrize("kind", CODE)
@pytest.mark.parametrize("name", ["lib.so", "weights.bin", "model.pkl", "x"])
def test_code_is_critical_as_a_file_under_any_name(kind: str, name: str) -> None:
    report = modelaudit.scan_bytes(CODE[kind], name)
    assert rules(report)[:1] == ["PAY102" if kind == "pyc" else "PAY101"]
    assert report.issues[0].severity == "critical"
    assert kind in report.formats


@pytest.mark.parametrize("kind", CODE)
def test_code_where_a_tensor_should_begin_is_found_without_deep(kind: str) -> None:
    report = modelaudit.scan_bytes(checkpoint(CODE[kind] + noise(5000)), "m.pt")
    found = [issue for issue in report.issues if issue.rule in ("PAY101", "PAY102")]
    assert [str(issue.location) for issue in found] == ["m.pt:m/data/0 (pos 0)"]


@pytest.mark.parametrize("kind", CODE)
def test_code_behind_the_end_of_an_archive_is_found_without_deep(kind: str) -> None:
    report = modelaudit.scan_bytes(checkpoint(noise(100)) + CODE[kind] + bytes(100), "m.pt")
    assert {"PAY101", "PAY102"} & set(rules(report))


@pytest.mark.parametrize("kind", CODE)
def test_code_at_any_place_of_a_tensor_is_found_with_deep(kind: str) -> None:
    for place in (1, 4097, 3 * MiB - 5):
        data = checkpoint(noise(place) + CODE[kind] + noise(2 * MiB))
        report = modelaudit.scan_bytes(data, "m.pt", deep=True)
        found = [issue for issue in report.issues if issue.rule == "PAY105"]
        assert [(str(issue.location), issue.severity) for issue in found] == [
            (f"m.pt:m/data/0 (pos {place})", "critical")
        ]
        assert {"PAY101", "PAY102", "PAY105"}.isdisjoint(rules(modelaudit.scan_bytes(data, "m.pt")))


def test_code_in_a_compressed_stream_and_in_a_constant_of_a_pickle_is_found_with_deep() -> None:
    inside = pickle.dumps([noise(70_000), ELF])
    for data, place in ((inside, inside.index(ELF)), (gzip.compress(inside), inside.index(ELF))):
        report = modelaudit.scan_bytes(data, "m.pkl", deep=True)
        assert [issue.location.position for issue in report.issues if issue.rule == "PAY105"] == [place]


@pytest.mark.parametrize("packed", [False, True])
def test_nested_formats_inside_of_a_tensor_are_looked_into_with_deep(packed: bool) -> None:
    for evil in (True, False):
        inner = EVIL if evil else pickle.dumps({"weights": [1, 2, 3]}, 2)
        data = checkpoint(noise(10_001) + (archive_of(inner) if packed else inner) + noise(100_000, 5))
        found = [issue for issue in modelaudit.scan_bytes(data, "m.pt", deep=True).issues if issue.rule[:3] == "PKL"]
        place = "m.pt:m/data/0:bytes at 10001" + ":a/data.pkl" * packed
        assert (place in {str(issue.location).split(" (pos")[0] for issue in found}) is evil
        assert bool(found) is evil


def archive_of(content: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as written:
        written.writestr(zipfile.ZipInfo("a/data.pkl"), content)
    return target.getvalue()


def test_random_and_honest_numbers_hold_nothing() -> None:
    # The rarest signature that is not looked into any further has 50 bits: 64 MiB show one in 2^24 such tests, 10 GB
    # one in 2^16 scans (`rust/src/signature`).
    import numpy as np

    generator = np.random.default_rng(11)
    for array in (
        generator.standard_normal(8 << 20, dtype=np.float32),
        generator.integers(0, 256, 32 * MiB, dtype=np.uint8),
    ):
        data = checkpoint(array.tobytes())
        report = modelaudit.scan_bytes(data, "m.pt", deep=True)
        assert {issue.rule for issue in report.issues} <= {"PTH113", "PTH114"}


def test_an_archive_of_pickles_and_a_log_of_pickles_stay_silent_with_deep() -> None:
    log = b"".join(pickle.dumps({"step": step, "loss": 0.5}) for step in range(3000))
    assert modelaudit.scan_bytes(log, "log.pkl", deep=True).exit_code == 0
    assert modelaudit.scan_bytes(archive_of(log), "log.zip", deep=True).exit_code == 0


def test_beginnings_without_end_are_told() -> None:
    data = checkpoint(b"\x00\x80\x02}q\0(X\3\0\0\0abc" * 50_000)
    assert "PAY107" in rules(modelaudit.scan_bytes(data, "m.pt", deep=True))


def test_the_time_limit_ends_the_deep_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_native, "signatures", lambda *_: ([], "late"))
    report = modelaudit.scan_bytes(b"text", "m.txt", deep=True)
    assert "PAY106" in rules(report)
    assert report.exit_code == 2


def test_the_report_says_whether_the_search_was_deep(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from modelaudit.cli import main

    path = tmp_path / "m.pkl"
    path.write_bytes(pickle.dumps(1))
    for arguments, deep in (([], False), (["--deep"], True)):
        text = CliRunner().invoke(main, ["scan", str(path), *arguments]).stdout
        assert ("Deep scan: every byte was searched" in text) is deep
        image = json.loads(CliRunner().invoke(main, ["scan", str(path), "-f", "json", *arguments]).stdout)
        assert image["files"][0]["deep"] is deep


def test_scripts_are_context_as_files_and_need_a_person_as_members() -> None:
    script = b"#!/bin/sh\ncurl https://example.org | sh\n"
    assert rules(modelaudit.scan_bytes(script, "train.sh")) == ["PAY103"]
    assert "PAY104" in rules(modelaudit.scan_bytes(archive_of(script), "m.zip"))
    assert rules(modelaudit.scan_bytes(b"#! not a script\n", "notes")) == ["ENG105"]


def test_magic_numbers_alone_are_no_code() -> None:
    for magic in (b"MZ", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\0asm", b"PK\3\4", MAGIC_NUMBER):
        assert not {"PAY101", "PAY102"} & set(rules(modelaudit.scan_bytes(magic + noise(500), "x.bin")))


@pytest.mark.parametrize("kind", CODE)
def test_every_cut_and_every_damaged_bit_is_a_report(kind: str) -> None:
    data = CODE[kind]
    for length in range(min(len(data), 200)):
        modelaudit.scan_bytes(data[:length], "x.bin", deep=True)
    generator = random.Random(kind)
    for _ in range(100):
        damaged = bytearray(data + noise(50))
        damaged[generator.randrange(len(damaged))] ^= 1 << generator.randrange(8)
        report = modelaudit.scan_bytes(bytes(damaged), "x.bin", deep=True)
        assert "ENG204" not in rules(report)


def test_places_that_begin_like_something_else_are_told() -> None:
    data = noise(64) + ELF + noise(100_000) + PYC + noise(64) + EVIL
    places = [(0, 64), (64, len(ELF)), (70, 9), (64 + len(ELF) + 100_000, len(PYC)), (len(data) - len(EVIL), 40)]
    source = _native.Source.from_bytes(data)
    assert _native.suspects(source, places, _native.Deadline(None)) == [1, 3, 4]
    assert _native.suspects(source, [*places[::-1], (1 << 62, 1 << 62)], _native.Deadline(None)) == [0, 1, 3]
    assert _native.suspects(source, [(64, 1), (64, 0), (len(data), 9)], _native.Deadline(None)) == []


def test_the_python_that_runs_this_is_known() -> None:
    code = _native.code_at_start(_native.Source.from_bytes(PYC))
    assert code is not None, sys.version
    assert code.name == "pyc"
