"""Checkpoints of Flax: honest ones, arrays whose size lies, extensions, what is hidden in values, damage."""

from __future__ import annotations

import gzip
import random

import numpy as np
import pytest

import modelaudit
from assembly import EVIL
from modelaudit import credentials
from msgpacks import Extension, Value, array, honest, packed


def scan(data: bytes, name: str = "model.msgpack") -> modelaudit.Report:
    return modelaudit.scan_bytes(data, name)


def rules(value: Value | bytes, name: str = "model.msgpack") -> list[str]:
    data = value if isinstance(value, bytes) else packed(value)
    return [issue.rule for issue in scan(data, name).issues]


@pytest.mark.parametrize(
    "value",
    [
        honest(),
        {"params": {"w": np.ones((3, 4), np.float32)}},
        {"params": {}},
        {"0": np.ones(3), "1": np.ones(3, np.int64)},
        {str(n): np.ones(2, np.uint8) for n in range(70_000)},
        {"params": {"w": {"__msgpack_chunked_array__": True, "shape": {"0": 2}, "chunks": {"0": np.ones(2)}}}},
        {"params": array(np.zeros(6, np.uint16), dtype="bfloat16")},
        {"params": array(np.zeros(6, np.uint8), dtype="float8_e4m3fn")},
        {"timestamp": Extension(-1, bytes(8))},
        {"epoch": 3.5, "loss": 1 << 40},
    ],
)
def test_honest_checkpoints_are_silent(value: Value) -> None:
    data = packed(value)
    report = scan(data, "checkpoint")
    assert [issue.rule for issue in report.issues] == []
    assert report.formats == ("flax-msgpack",)
    assert report.files[0].coverage.status == "complete"
    assert rules(gzip.compress(data)) == []


@pytest.mark.parametrize(
    ("shape", "dtype"), [((2, 3), "float64"), ((2**40, 2**40), "float32"), ((0,), "float32"), ((7,), "float32")]
)
def test_arrays_of_another_size_are_told(shape: tuple[int, ...], dtype: str) -> None:
    assert rules({"params": array(np.zeros(6, np.float32), shape, dtype)}) == ["MSG103"]


def test_unknown_types_are_told() -> None:
    assert rules({"params": array(np.zeros(6), dtype="object")}) == ["MSG105"]
    assert rules({"params": array(np.zeros(6), dtype="(1000000,)f8")}) == ["MSG105"]
    assert rules({"params": Extension(42, b"x" * 20)}) == ["MSG104"]
    assert {"MSG104", "PKL101"} <= set(rules({"params": Extension(42, EVIL)}))


def test_values_of_bytes_are_scanned() -> None:
    assert "PKL101" in rules({"params": EVIL})
    assert rules({"params": bytes(range(200))}) == []


def test_texts_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[str] = []
    monkeypatch.setattr(credentials, "check", lambda _ctx, text, _position=None: texts.append(text))
    assert rules(honest()) == []
    assert texts == ["a model"]


def test_keys_that_stand_there_twice_are_told() -> None:
    assert rules(b"\x82" + (packed("params") + packed(1)) * 2) == ["MSG107"]
    assert rules({"a": {"params": 1}, "b": {"params": 2}}) == []


@pytest.mark.parametrize(
    "value", [b"\xdd\x7f\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xc6\x7f\xff\xff\xff", b"\xc9\xff\xff\xff\xff\x01"]
)
def test_counts_beyond_the_file_are_told(value: bytes) -> None:
    assert "MSG102" in rules(b"\x81" + packed("parameters") + value)


def test_values_inside_each_other_end_at_a_limit() -> None:
    assert rules(b"\x81" + packed("parameters") + b"\x91" * 5_000 + b"\xc0") == ["MSG108"]
    assert rules(b"\x81" + packed("parameters") + b"\x91" * 500 + b"\xc0") == []


def test_bytes_behind_the_checkpoint_are_scanned() -> None:
    assert {"MSG106", "PKL101"} <= set(rules(packed(honest()) + EVIL))


def test_broken_checkpoints_are_told() -> None:
    assert rules(b"\x81" + packed("parameters") + b"\xc1") == ["MSG101"]
    assert rules(b"\x82" + packed("parameters") + b"\x01\x05\x06") == ["MSG101"]
    assert rules({"params": Extension(1, b"\x92\x90\xa1x")}) == ["MSG101"]
    assert rules({"params": Extension(1, array(np.ones(2)).data + b"more")}) == ["MSG101"]


def test_other_bytes_are_not_claimed() -> None:
    chance = random.Random(5)
    for _ in range(20_000):
        data = bytes([chance.choice([*range(0x81, 0x90), 0xDE, 0xDF])]) + chance.randbytes(chance.randrange(60))
        assert "flax-msgpack" not in scan(data, "data.bin").formats, data


def test_a_truncation_is_never_clean() -> None:
    data = packed(honest())
    for length in range(12, len(data)):
        assert scan(data[:length]).exit_code == 1, length


def test_damage_is_never_a_defect() -> None:
    data = packed(honest())
    chance = random.Random(3)
    for _ in range(1_000):
        copy = bytearray(data)
        copy[chance.randrange(len(copy))] ^= 1 << chance.randrange(8)
        assert not {"ENG201", "ENG204"} & set(rules(bytes(copy)))
