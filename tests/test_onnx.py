"""ONNX models: honest ones, external data wherever a tensor can be, operators of others, sizes that lie, damage."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest

import modelaudit
from assembly import EVIL
from modelaudit import credentials
from onnxes import entry, external, field, function, graph, honest, model, node, number, tensor


def scan(data: bytes, name: str = "model.onnx") -> modelaudit.Report:
    return modelaudit.scan_bytes(data, name)


def rules(data: bytes) -> list[str]:
    return [issue.rule for issue in scan(data).issues]


def attribute(index: int, value: bytes) -> bytes:
    return field(1, "a") + field(index, value)


def everywhere(inner: bytes) -> dict[str, bytes]:
    """A tensor at each place where the format allows one."""
    sparse = field(1, inner) + field(2, tensor(raw=bytes(8)))
    deep = graph(node("Constant", "", attribute(5, inner)))
    for _ in range(10):
        deep = graph(node("If", "", attribute(6, deep)))
    return {
        "initializer": model(graph(node("Relu"), initializers=(inner,))),
        "sparse initializer": model(graph(node("Relu")) + field(15, sparse)),
        "sparse indices": model(graph(node("Relu")) + field(15, field(1, tensor()) + field(2, inner))),
        "attribute": model(graph(node("Constant", "", attribute(5, inner)))),
        "attribute, several": model(graph(node("Constant", "", attribute(10, inner)))),
        "attribute, sparse": model(graph(node("Constant", "", attribute(22, sparse)))),
        "attribute, several sparse": model(graph(node("Constant", "", attribute(23, sparse)))),
        "graphs of an attribute": model(graph(node("X", "", attribute(11, graph(initializers=(inner,)))))),
        "deep graph": model(deep),
        "function": model(graph(), field(25, function("f", "d", node("Constant", "", attribute(5, inner))))),
        "default of a function": model(graph(), field(25, field(1, "f") + field(11, attribute(5, inner)))),
        "training": model(graph(), field(20, field(1, graph(initializers=(inner,))))),
        "training algorithm": model(graph(), field(20, field(2, graph(initializers=(inner,))))),
        "second graph": model(graph(), field(7, graph(initializers=(inner,)))),
    }


def test_honest_models_are_silent() -> None:
    for data in (honest(), gzip.compress(honest())):
        report = scan(data, "weights.bin")
        assert [issue.rule for issue in report.issues] == []
        assert "onnx" in report.formats
        assert report.files[0].coverage.status == "complete"


@pytest.mark.parametrize(
    ("location", "rule"),
    [
        ("../../etc/passwd", "ONX102"), ("/etc/passwd", "ONX102"), ("a/../../b", "ONX102"), ("..\\..\\b", "ONX102"),
        ("C:\\b", "ONX102"), ("c:b", "ONX102"), ("\\\\host\\share", "ONX102"), ("..", "ONX102"),
        ("file:///etc/passwd", "ONX102"), ("*/_ORT_MEM_ADDR_/*", "ONX102"), ("https://host/w", "ONX103"),
        ("a\\b", "ONX103"), ("", "ONX103"), ("a\0b", "ONX103"),
    ],
)  # fmt: skip
def test_names_of_external_data_are_paths(location: str, rule: str) -> None:
    report = scan(model(graph(node("Relu"), initializers=(external(location=location),))))
    assert [issue.rule for issue in report.issues] == [rule]
    assert report.issues[0].severity == ("critical" if rule == "ONX102" else "warning")


@pytest.mark.parametrize("place", everywhere(b""))
def test_external_data_is_found_wherever_a_tensor_can_be(place: str) -> None:
    assert "ONX102" in rules(everywhere(external(location="../w"))[place])
    assert rules(everywhere(external(location="w.data", offset="0", length="8"))[place]) in ([], ["ONX107"])


def test_entries_that_the_format_does_not_know_are_told() -> None:
    known = {"location": "w", "offset": "0", "length": "8", "checksum": "x", "basepath": "y", "prepacked_0": "z"}
    assert rules(model(graph(initializers=(external(**known),)))) == []
    assert rules(model(graph(initializers=(external(location="w", __class__="x"),)))) == ["ONX104"]
    twice = external(location="w") + field(13, entry("location", "v"))
    assert rules(model(graph(initializers=(twice,)))) == ["ONX103"]
    assert rules(model(graph(initializers=(tensor() + field(14, 1),)))) == ["ONX103"]


@pytest.mark.parametrize("place", [{"offset": "-1"}, {"length": "x"}, {"offset": str(2**64)}, {"length": "4"}])
def test_places_in_external_data_are_sizes(place: dict[str, str]) -> None:
    assert rules(model(graph(initializers=(external(location="w", **place),)))) == ["ONX105"]


def test_external_data_is_held_against_the_file_beside(tmp_path: Path) -> None:
    weights = [external(location="w.data", offset=str(offset), length="8") for offset in (0, 64)]
    path = tmp_path / "model.onnx"
    path.write_bytes(model(graph(initializers=tuple(weights))))
    assert [(issue.rule, issue.severity) for issue in modelaudit.scan(path).issues] == [("ONX112", "info")]
    (tmp_path / "w.data").write_bytes(bytes(72))
    assert modelaudit.scan(path).issues == ()
    (tmp_path / "w.data").write_bytes(bytes(71))
    assert [issue.rule for issue in modelaudit.scan(path).issues] == ["ONX105"]


@pytest.mark.parametrize(
    ("weight", "fine"),
    [
        (tensor(dims=(2, 2), raw=bytes(16)), True),
        (tensor(dims=(), raw=bytes(4)), True),
        (tensor(dims=(0,), raw=b""), True),
        (tensor(dims=(3,), dtype=22, raw=bytes(2)), True),
        (tensor(dims=(5,), dtype=25, raw=bytes(2)), True),
        (tensor(dims=(3,), dtype=17, raw=bytes(3)), True),
        (field(1, number(2) + number(2)) + tensor(dims=(), raw=bytes(16)), True),
        (tensor(dims=(2,), dtype=8) + field(6, "a") + field(6, "b"), True),
        (tensor(dims=(2, 2), raw=bytes(15)), False),
        (tensor(dims=(1 << 40, 1 << 40), raw=bytes(16)), False),
        (tensor(dims=(-1,), raw=bytes(4)), False),
        (tensor(dims=(2,), dtype=99, raw=bytes(4)), False),
    ],
)
def test_data_has_the_size_that_its_dimensions_say(weight: bytes, fine: bool) -> None:
    assert rules(model(graph(initializers=(weight,)))) == ([] if fine else ["ONX106"])


def test_operators_of_others_are_told() -> None:
    report = scan(model(graph(node("Relu"), node("Thing", "their.domain"), node("Thing", "their.domain"))))
    assert [issue.rule for issue in report.issues] == ["ONX107"]
    assert report.issues[0].message == (
        "Operator Thing of domain their.domain is not part of ONNX and not defined in the model"
    )
    defined = field(25, function("Thing", "their.domain", node("Other", "third.domain")))
    report = scan(model(graph(node("Thing", "their.domain")), defined))
    assert [issue.details["domain"] for issue in report.issues] == ["third.domain"]
    hidden = graph(node("If", "", attribute(6, graph(node("Thing", "their.domain")))))
    assert rules(model(hidden)) == ["ONX107"]
    for domain in ("com.microsoft.nchwc", "ai.onnx.preview.training", "ai.onnx", "com.microsoft.experimental"):
        assert rules(model(graph(node("Relu", domain)))) == []


@pytest.mark.parametrize("op", ["PyOp", "PythonOp", "PythonOpGrad", "PyCustomOp"])
def test_operators_that_call_python_are_critical(op: str) -> None:
    module = field(1, "module") + field(4, "os")
    name = field(1, "compute") + field(4, "system")
    for domain in ("", "com.microsoft", "ai.onnx.contrib", "pyopmulti_1"):
        issue = scan(model(graph(node(op, domain, module, name)))).issues[0]
        assert (issue.rule, issue.severity) == ("ONX108", "critical")
        assert issue.details["arguments"] == 'module="os", compute="system"'


def test_compiled_plans_are_not_scanned() -> None:
    report = scan(model(graph(node("EPContext", "com.microsoft"))))
    assert [issue.rule for issue in report.issues] == ["ONX111"]
    assert report.files[0].coverage.status == "partial"


def test_a_field_that_stands_there_twice_is_told() -> None:
    assert rules(model(graph(node("Relu") + field(4, "PyOp")))) == ["ONX108", "ONX110"]
    assert "ONX110" in rules(model(graph(node("Relu", "evil.domain") + field(7, ""))))


def test_strings_are_scanned_and_texts_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    padded = EVIL + bytes(64)
    assert "PKL101" in rules(model(graph(node("Constant", "", attribute(4, padded)))))
    assert "PKL101" in rules(model(graph(initializers=(tensor(dims=(1,), dtype=8) + field(6, padded),))))
    texts: list[str] = []
    monkeypatch.setattr(credentials, "check", lambda _ctx, text, _position=None: texts.append(text))
    assert (
        rules(model(graph(node("Relu")) + field(10, "of the graph"), field(6, "a note"), field(14, entry("a", "b"))))
        == []
    )
    assert texts == ["pytorch", "2.1.0", "of the graph", "a note", "b"]


def test_models_are_recognised_by_their_fields() -> None:
    inner = external(location="../w")
    whole = graph(node("Relu"), initializers=(inner,))
    for data in (
        model(whole),
        model(whole, version=None),
        field(7, whole) + field(1, 8),
        field(99, "unknown") + model(whole),
        field(8, field(2, 18)) + field(7, whole),
        field(1, 3) + field(7, graph(initializers=(inner,))),
    ):
        if data[0] in b"\x08\x12\x1a\x22\x28\x32\x3a\x42\x72\xa2\xca\xd2":
            assert "onnx" in scan(data, "data.bin").formats
            assert "onnx" in scan(gzip.compress(data), "data.bin").formats
        assert "ONX102" in rules(data)


def test_other_messages_and_random_bytes_are_not_claimed() -> None:
    saved_model = field(1, 1) + field(
        2, field(1, field(4, "serve")) + field(2, field(1, field(1, "x") + field(2, "Const")))
    )
    graph_def = field(1, field(1, "x") + field(2, "Const")) + field(4, field(1, 27))
    for data in (saved_model, graph_def, tensor(raw=bytes(8)), b'"text": 1', b"(text)", b"2024-01-01,5\n", b"result\n"):
        assert "onnx" not in scan(data, "data.bin").formats
    chance = random.Random(5)
    for _ in range(20_000):
        data = bytes([chance.choice(b"\x08\x12\x1a\x3a\x42")]) + chance.randbytes(chance.randrange(60))
        assert "onnx" not in scan(data, "data.bin").formats, data


def test_broken_models_are_told() -> None:
    assert "ONX101" in rules(b"\xff\xff not a model")
    nested = graph(node("Relu"))
    for _ in range(60):
        nested = graph(node("If", "", attribute(6, nested)))
    assert rules(model(nested)) == ["ONX101"]


def test_many_operators_of_others_end_at_a_limit() -> None:
    nodes = tuple(node(f"Op{n}", "their.domain") for n in range((1 << 16) + 1))
    assert "ONX109" in rules(model(graph(*nodes)))


def test_a_truncation_is_never_clean() -> None:
    data = honest()
    ends = {len(model(b"")) - 13}
    place = 0
    # Behind each field of the model a whole model ends: what follows may be missing.
    while place < len(data):
        start = place
        while data[place] & 0x80:
            place += 1
        place += 1
        if data[start] & 7 == 2:
            length, shift = 0, 0
            while True:
                length |= (data[place] & 0x7F) << shift
                shift, place = shift + 7, place + 1
                if data[place - 1] < 0x80:
                    break
            place += length
        else:
            place += 1
        ends.add(place)
    for length in range(30, len(data)):
        if length not in ends:
            assert scan(data[:length]).exit_code == 1, length


def test_damage_is_never_a_defect() -> None:
    data = model(graph(node("Thing", "their.domain"), initializers=(external(location="../w"), tensor(raw=bytes(8)))))
    chance = random.Random(3)
    for _ in range(1_000):
        copy = bytearray(data)
        copy[chance.randrange(len(copy))] ^= 1 << chance.randrange(8)
        assert not {"ENG201", "ENG204"} & set(rules(bytes(copy)))
