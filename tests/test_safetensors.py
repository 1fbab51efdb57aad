"""SafeTensors files and the index files of their shards: what is told of headers, metadata and left-over bytes."""

from __future__ import annotations

import base64
import io
import json
import random
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

import modelaudit
from assembly import EVIL
from modelaudit import _native

Header = dict[str, object]

#: The header of a library for 64-bit Intel processors.
ELF = b"\x7fELF\2\1\1" + bytes(9) + b"\3\0\x3e\0\1\0\0\0" + bytes(28) + b"\x40\0\x38\0\x0b\0\x40\0\0\0\0\0"


def tensor(begin: int, end: int, shape: list[int] | None = None, dtype: str = "U8") -> Header:
    return {"dtype": dtype, "shape": [end - begin] if shape is None else shape, "data_offsets": [begin, end]}


def build(header: Header | str, data: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, str) else json.dumps(header)
    packed = text.encode()
    return struct.pack("<Q", len(packed) if length is None else length) + packed + data


HONEST = build({"__metadata__": {"format": "pt"}, "a": tensor(0, 16, [4], "F32"), "b": tensor(16, 20)}, bytes(20))


def scan(data: bytes, name: str = "m.safetensors") -> modelaudit.Report:
    return modelaudit.scan_bytes(data, name)


def rules(report: modelaudit.Report) -> set[str]:
    return {issue.rule for issue in report.issues}


def test_an_honest_file_is_silent_under_any_name() -> None:
    for name in ("m.safetensors", "m.bin", "m.pkl", "m"):
        report = scan(HONEST, name)
        assert report.issues == ()
        assert report.formats == ("safetensors",)


@pytest.mark.parametrize(
    ("rule", "severity", "data"),
    [
        ("STN101", "warning", build("{]", bytes(8))),
        ("STN101", "warning", build({"a": tensor(0, 4)}, bytes(4), 9999)),
        ("STN102", "warning", build({"a": tensor(0, 4)}, bytes(4), 1 << 62)),
        ("STN103", "warning", build('{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":null}', bytes(4))),
        ("STN104", "warning", build({"a": tensor(-4, 4)}, bytes(4))),
        ("STN105", "warning", build({"a": tensor(0, 4, dtype="NEW")}, bytes(4))),
        ("STN106", "critical", build({"a": tensor(0, 0, [1 << 33, 1 << 33, 1 << 60])})),
        ("STN107", "warning", build({"a": tensor(0, 4, [2, 2], "F32")}, bytes(4))),
        ("STN108", "warning", build({"a": tensor(0, 4), "b": tensor(2, 6)}, bytes(6))),
        ("STN109", "warning", build({"a": tensor(0, 400)}, bytes(4))),
        ("STN110", "warning", build({"a": tensor(0, 4), "b": tensor(8, 12)}, bytes(12))),
        ("STN110", "warning", build({"a": tensor(0, 4)}, bytes(12))),
        ("STN111", "warning", build({f"t{n}": tensor(0, 4, dtype="NEW") for n in range(1100)}, bytes(4))),
    ],
)
def test_what_breaks_the_format_is_told(rule: str, severity: str, data: bytes) -> None:
    report = scan(data)
    assert {issue.severity for issue in report.issues if issue.rule == rule} == {severity}
    assert report.exit_code == 1


@pytest.mark.parametrize(
    "code",
    [
        "import os; os.system('true')",
        "from os import system as s\ns('true')",
        "import subprocess as sp\nsp.run(['true'])",
        "exec('x')",
        "__import__('os').system('true')",
        "def f():\n    import os\n    return os.popen('true')",
    ],
)
def test_code_in_metadata_is_told(code: str) -> None:
    report = scan(build({"__metadata__": {"init": code}, "a": tensor(0, 4)}, bytes(4)))
    assert rules(report) == {"STN112"}


@pytest.mark.parametrize(
    "text",
    [
        "pt",
        "import torch and print(the result) to see how it works; os.system is a function.",
        "def forward(self, x):\n    return self.linear(x)",
        "Usage:\n\nimport os\nos.system('x')\n\nThat is how you call it, isn't it?",
        "",
        "2024-01-01T00:00:00",
    ],
)
def test_words_in_metadata_are_no_code(text: str) -> None:
    assert scan(build({"__metadata__": {"description": text}, "a": tensor(0, 4)}, bytes(4))).exit_code == 0


def test_training_metadata_is_silent() -> None:
    metadata = {
        "ss_network_dim": "32",
        "ss_tag_frequency": json.dumps({"10_cat": {"cat": 3, "execute": 1}}),
        "ss_bucket_info": json.dumps({"buckets": {"0": {"resolution": [512, 512], "count": 9}}}),
        "modelspec.title": "a model",
        "sshs_model_hash": "6f2d" * 16,
    }
    assert scan(build({"__metadata__": metadata, "a": tensor(0, 4)}, bytes(4))).exit_code == 0


@pytest.mark.parametrize("where", ["hole", "tail"])
def test_a_pickle_that_belongs_to_no_tensor_is_found(where: str) -> None:
    size = len(EVIL)
    header: Header = {"a": tensor(0, 4)}
    if where == "hole":
        header["b"] = tensor(4 + size, 8 + size)
    report = scan(build(header, bytes(4) + EVIL + (bytes(4) if where == "hole" else b"")))
    assert {"STN110", "PKL101"} <= rules(report)


def test_a_pickle_that_is_a_tensor_is_found() -> None:
    size = len(EVIL)
    data = build(
        {"a": tensor(0, 4), "b": tensor(4, 4 + size), "c": tensor(4 + size, 8 + size)}, bytes(4) + EVIL + bytes(4)
    )
    assert "PKL101" in rules(scan(data))


def test_an_archive_in_the_last_tensor_is_found() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a/data.pkl", EVIL)
    data = packed.getvalue()
    report = scan(build({"a": tensor(0, len(data))}, data))
    assert "PKL101" in rules(report)
    assert {"safetensors", "zip"} <= set(report.formats)


@pytest.mark.parametrize(
    "encoded",
    [
        base64.b64encode(EVIL).decode(),
        base64.urlsafe_b64encode(EVIL).decode().rstrip("="),
        base64.encodebytes(EVIL * 3).decode(),
        EVIL.hex(),
        base64.b64encode(zlib.compress(EVIL)).decode(),
        base64.b64encode(base64.b64encode(EVIL)).decode(),
        "state = '" + base64.b64encode(EVIL).decode() + "' # restored by the loader",
        base64.b64encode(ELF).decode(),
    ],
)
def test_encoded_payloads_in_metadata_are_found(encoded: str) -> None:
    report = scan(build({"__metadata__": {"state": encoded}, "a": tensor(0, 4)}, bytes(4)))
    assert rules(report) & {"PKL101", "PAY121"}
    assert report.exit_code == 1


def test_hashes_and_encoded_numbers_are_no_payloads() -> None:
    generator = random.Random(3)
    for _ in range(200):
        data = generator.randbytes(generator.choice((20, 32, 64, 500)))
        metadata = {"hash": data.hex(), "thumbnail": base64.b64encode(data).decode(), "words": "Layer" * 20}
        report = scan(build({"__metadata__": metadata, "a": tensor(0, 4)}, bytes(4)))
        assert report.exit_code == 0, report.issues


def test_texts_that_loaders_act_on_are_looked_at_as_manifests() -> None:
    text = "encoder:\n  _target_: os.system\n"
    report = scan(build({"__metadata__": {"config": text}, "a": tensor(0, 4)}, bytes(4)))
    assert any(issue.location.members == ("metadata config",) for issue in report.issues)


def test_names_are_shown_without_control_characters() -> None:
    report = scan(build({"\x1b[2J\u202e": tensor(0, 4, dtype="NEW")}, bytes(4)))
    assert "\x1b" not in report.to_json()
    assert "\\x1b" in report.issues[0].message


def test_a_file_that_was_cut_is_never_clean() -> None:
    for length in range(len(HONEST)):
        assert scan(HONEST[:length]).exit_code == 1 or length == 0


def test_flipped_bits_raise_nothing() -> None:
    generator = random.Random(1)
    for _ in range(2000):
        damaged = bytearray(HONEST)
        for _ in range(generator.randint(1, 4)):
            damaged[generator.randrange(len(damaged))] ^= 1 << generator.randrange(8)
        report = scan(bytes(damaged))
        assert "ENG204" not in rules(report)


def test_the_core_hands_out_tensors_and_left_over_bytes() -> None:
    data = build({"b": tensor(8, 12), "a": tensor(0, 4)}, bytes(14))
    found = _native.scan_safetensors(_native.Source.from_bytes(data), _native.Deadline(None))
    start = len(data) - 14
    assert found.count == 2
    assert found.tensors == [("a", "U8", [4], start, 4), ("b", "U8", [4], start + 8, 4)]
    assert found.slack == [(start + 4, 4), (start + 12, 2)]
    assert found.metadata == []


# Index files.


def index(folder: Path, places: dict[str, str]) -> Path:
    path = folder / "model.safetensors.index.json"
    path.write_text(json.dumps({"metadata": {"total_size": 8}, "weight_map": places}))
    return path


def test_an_honest_index_is_silent(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"model-0000{number}-of-00002.safetensors").write_bytes(
            build({f"t{number}": tensor(0, 4)}, bytes(4))
        )
    index(tmp_path, {f"t{n}": f"model-0000{n}-of-00002.safetensors" for n in (1, 2)})
    report = modelaudit.scan(tmp_path)
    assert report.exit_code == 0
    assert not rules(report) & {"STN113", "STN114", "STN115", "STN116"}


@pytest.mark.parametrize(
    "place",
    ["../evil.bin", "/srv/evil.bin", "a/../../evil.bin", "..\\evil.bin", "C:\\evil.bin", "http://x/evil.bin", ""],
)
def test_an_index_that_leads_out_of_its_folder_is_critical(tmp_path: Path, place: str) -> None:
    report = modelaudit.scan(index(tmp_path, {"t": place}))
    assert {issue.severity for issue in report.issues if issue.rule == "STN113"} == {"critical"}


def test_missing_shards_are_told_as_a_note(tmp_path: Path) -> None:
    report = modelaudit.scan(index(tmp_path, {"t": "model-00001-of-00003.safetensors"}))
    assert "STN114" in rules(report)
    assert report.exit_code == 0


def test_a_tensor_that_is_not_in_its_shard_is_told(tmp_path: Path) -> None:
    (tmp_path / "m.safetensors").write_bytes(build({"t": tensor(0, 4)}, bytes(4)))
    report = modelaudit.scan(index(tmp_path, {"t": "m.safetensors", "other": "m.safetensors"}))
    assert "STN115" in rules(report)


@pytest.mark.parametrize("text", ['{"weight_map": ', '{"weight_map": []}', '{"weight_map": {"a": 1}}'])
def test_an_index_that_cannot_be_read_is_told(text: str) -> None:
    assert "STN116" in rules(modelaudit.scan_bytes(text.encode(), "model.safetensors.index.json"))
