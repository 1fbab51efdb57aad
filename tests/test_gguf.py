"""GGUF models: honest ones of all versions, counts and sizes that lie, layouts that overlap, what follows the data."""

from __future__ import annotations

import gzip
import random
import struct
import time

import pytest

import modelaudit
from assembly import EVIL
from ggufs import ARRAY, STRING, U64, Gguf, Tensor, honest
from modelaudit import credentials, jinja_template


def scan(data: bytes, name: str = "model.gguf") -> modelaudit.Report:
    return modelaudit.scan_bytes(data, name)


def rules(report: modelaudit.Report) -> list[str]:
    return [issue.rule for issue in report.issues]


def said(file: Gguf) -> list[str]:
    return [f"{issue.rule} {issue.severity} {issue.message}" for issue in scan(file.made()).issues]


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("order", ["<", ">"])
def test_honest_models_are_silent(version: int, order: str) -> None:
    data = honest(version, order).made()
    for copy in (data, data[:-12]):
        report = scan(copy, "weights.bin")
        assert rules(report) == []
        assert report.formats == ("gguf",)
        assert report.files[0].coverage.status == "complete"
    assert rules(scan(gzip.compress(data), "model.gguf.gz")) == []


def test_metadata_alone_is_a_whole_file() -> None:
    assert said(honest()._replace(tensors=(), data=b"")) == []
    assert said(Gguf()) == []


@pytest.mark.parametrize(
    ("kind", "row", "size"),
    [(0, 8, 32), (1, 8, 16), (2, 32, 18), (3, 32, 20), (6, 32, 22), (7, 32, 24), (8, 32, 34), (9, 32, 36),
     (10, 256, 84), (11, 256, 110), (12, 256, 144), (13, 256, 176), (14, 256, 210), (15, 256, 292), (16, 256, 66),
     (17, 256, 74), (18, 256, 98), (19, 256, 50), (20, 32, 18), (21, 256, 110), (22, 256, 82), (23, 256, 136),
     (24, 8, 8), (25, 8, 16), (26, 8, 32), (27, 8, 64), (28, 8, 64), (29, 256, 56), (30, 8, 16), (34, 256, 54),
     (35, 256, 66), (39, 32, 17), (40, 64, 36), (41, 128, 18)],
)  # fmt: skip
def test_the_data_of_each_type_has_its_size(kind: int, row: int, size: int) -> None:
    file = Gguf(tensors=(Tensor("w", (row, 3), kind, 0),), data=bytes(size * 3))
    assert said(file) == []
    assert [line[:6] for line in said(file._replace(data=bytes(size * 3 - 1)))] == ["GGU104"]


@pytest.mark.parametrize("count", [2**40, 2**50])
def test_counts_beyond_the_file_are_told(count: int) -> None:
    assert "GGU102" in rules(scan(Gguf(n_keys=count).made()))
    assert "GGU102" in rules(scan(Gguf(n_tensors=count).made()))
    file = Gguf()
    assert "GGU102" in rules(scan(file._replace(keys=(("a", file.array(U64, [], count)),)).made()))
    assert "GGU102" in rules(scan(file._replace(keys=(("a", struct.pack("<IQ", STRING, count)),)).made()))


@pytest.mark.parametrize("count", [2**61, 2**62, 2**64 - 1])
def test_counts_that_wrap_around_are_critical(count: int) -> None:
    file = Gguf()
    for lie in (
        Gguf(n_keys=count),
        Gguf(n_tensors=count),
        file._replace(keys=(("a", file.array(U64, [], count)),)),
        file._replace(keys=(("a", file.array(ARRAY, [], count)),)),
    ):
        report = scan(lie.made())
        assert "GGU103" in rules(report)
        assert report.issues[0].severity in ("critical", "warning")


@pytest.mark.parametrize("dims", [(2**32, 2**32), (2**62, 4), (2**63,), (0, 2**64 - 1), (2**61, 1, 1, 3)])
def test_sizes_of_tensors_that_wrap_around_are_critical(dims: tuple[int, ...]) -> None:
    file = Gguf(tensors=(Tensor("w", dims, 0, 0),), data=bytes(32))
    assert "GGU103" in rules(scan(file.made()))


def test_an_offset_that_wraps_around_is_critical() -> None:
    assert "GGU103" in rules(scan(Gguf(tensors=(Tensor("w", (8,), 0, 2**64 - 32),), data=bytes(32)).made()))


def test_too_many_dimensions_are_critical() -> None:
    assert "GGU103" in rules(scan(Gguf(tensors=(Tensor("w", (1, 1, 1, 1, 1), 0, 0),), data=bytes(32)).made()))


def test_data_beyond_the_end_is_told() -> None:
    report = scan(Gguf(tensors=(Tensor("w", (1000, 1000), 0, 0),), data=bytes(32)).made())
    assert rules(report) == ["GGU104"]
    assert rules(scan(gzip.compress(honest().made()[:-40]), "a.gz")) == ["GGU104"]


@pytest.mark.parametrize(
    ("tensors", "words"),
    [
        ((Tensor("a", (8,), 0, 0), Tensor("b", (8,), 0, 0)), "overlaps"),
        ((Tensor("a", (8,), 0, 0), Tensor("b", (4,), 0, 36)), "not aligned"),
        ((Tensor("a", (4,), 0, 0), Tensor("b", (2,), 0, 64)), "belong to none"),
        ((Tensor("a", (16,), 2, 0), Tensor("b", (8,), 0, 32)), "whole number of blocks"),
    ],
)
def test_odd_layouts_are_told(tensors: tuple[Tensor, ...], words: str) -> None:
    found = said(Gguf(tensors=tensors, data=bytes(96)))
    assert any(line.startswith("GGU105 warning") and words in line for line in found), found


@pytest.mark.parametrize("alignment", [0, 3, 48])
def test_an_alignment_that_is_no_power_of_two_is_told(alignment: int) -> None:
    file = honest()
    assert "GGU105" in rules(scan(file._replace(keys=(("general.alignment", file.number(alignment)),)).made()))
    assert "GGU105" in rules(scan(file._replace(keys=(("general.alignment", file.string("32")),)).made()))


def test_other_alignments_are_followed() -> None:
    file = Gguf(alignment=256)
    tensors = (Tensor("a", (4,), 0, 0), Tensor("b", (4,), 0, 256))
    file = file._replace(keys=(("general.alignment", file.number(256)),), tensors=tensors, data=bytes(272))
    assert said(file) == []
    wide = Gguf(alignment=1 << 20)
    wide = wide._replace(keys=(("general.alignment", wide.number(1 << 20)),), tensors=tensors[:1], data=bytes(16))
    assert "GGU105" in rules(scan(wide.made()))


def test_unknown_types_of_tensors_are_told() -> None:
    for kind in (4, 5, 42, 1000, 2**32 - 1):
        assert rules(scan(Gguf(tensors=(Tensor("w", (32,), kind, 0),), data=bytes(32)).made())) == ["GGU106"]


def test_bytes_behind_the_data_are_scanned() -> None:
    report = scan(honest().made() + EVIL)
    assert {"GGU107", "PKL101"} <= set(rules(report))
    assert {"GGU107", "PKL101"} <= set(rules(scan(gzip.compress(honest().made() + EVIL))))
    holed = Gguf(tensors=(Tensor("a", (4,), 0, 256),), data=EVIL.ljust(256, b"\0") + bytes(16))
    assert {"GGU105", "PKL101"} <= set(rules(scan(holed.made())))


def test_names_that_stand_there_twice_are_told() -> None:
    file = honest()
    doubled = file._replace(keys=(*file.keys, ("general.architecture", file.string("gpt2"))))
    assert [line for line in said(doubled) if "general.architecture" in line and line.startswith("GGU108 warning")]
    tensors = (Tensor("w", (8,), 0, 0), Tensor("w", (8,), 0, 32))
    assert rules(scan(Gguf(tensors=tensors, data=bytes(64)).made())) == ["GGU108"]


def test_nested_arrays_are_followed_to_a_limit() -> None:
    file = Gguf()
    inner = struct.pack("<IQ", STRING, 1) + file.text("x")
    assert said(file._replace(keys=(("a", file.array(ARRAY, [inner, inner])),))) == []
    for _ in range(40):
        inner = struct.pack("<IQ", ARRAY, 1) + inner
    assert "GGU109" in rules(scan(file._replace(keys=(("a", file.array(ARRAY, [inner])),)).made()))


def test_unknown_versions_and_values_are_told() -> None:
    assert rules(scan(Gguf(version=4).made())) == ["GGU110"]
    assert rules(scan(Gguf(keys=(("a", struct.pack("<I", 13)),)).made())) == ["GGU101"]
    assert rules(scan(b"GGUF")) == ["GGU101"]
    assert rules(scan(b"not a model \xff\0", "a.gguf")) == ["GGU101"]


def test_templates_and_text_are_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    templates: list[tuple[str, int | None, str]] = []
    texts: list[str] = []
    monkeypatch.setattr(
        jinja_template, "check", lambda _ctx, text, position=None, where="": templates.append((text, position, where))
    )
    monkeypatch.setattr(credentials, "check", lambda _ctx, text, _position=None: texts.append(text))
    file = honest()
    keys = (*file.keys, ("tokenizer.chat_template.tool_use", file.string("{{ b }}")))
    data = file._replace(keys=(*keys, ("clip.chat_template", file.string("{{ c }}")))).made()
    assert rules(scan(data)) == []
    assert [where for _, _, where in templates] == [
        "tokenizer.chat_template",
        "tokenizer.chat_template.tool_use",
        "clip.chat_template",
    ]
    assert all(position and data.startswith(text.encode(), position) for text, position, _ in templates)
    assert texts == ["llama", "chat\nen\n", *(text for text, _, _ in templates)]


def test_large_vocabularies_cost_little() -> None:
    file = Gguf()
    tokens = file.array(STRING, [file.text(f"token{n}") for n in range(150_000)])
    data = file._replace(keys=(("tokenizer.ggml.tokens", tokens),)).made()
    started = time.perf_counter()
    assert rules(scan(data)) == []
    assert time.perf_counter() - started < 1


def test_formats_before_gguf_are_not_scanned() -> None:
    for magic in (b"lmgg", b"fmgg", b"tjgg", b"algg"):
        assert rules(scan(magic + bytes(100))) == ["ENG104"]


def test_a_truncation_is_never_clean() -> None:
    data = honest().made()
    for length in range(4, len(data) - 12):
        assert scan(data[:length]).exit_code == 1, length


def test_damage_is_never_a_defect() -> None:
    data = honest().made()
    chance = random.Random(3)
    for _ in range(1_000):
        copy = bytearray(data)
        copy[chance.randrange(len(copy))] ^= 1 << chance.randrange(8)
        assert not {"ENG201", "ENG204"} & set(rules(scan(bytes(copy))))
