"""Graphs of TensorFlow: what ops do, where they hide, and what is no graph."""

from __future__ import annotations

import gzip
import io
import random
import zipfile
from pathlib import Path

import pytest

import modelaudit
from protobuf import (
    asset,
    attribute,
    called,
    const,
    entry,
    field,
    function,
    inner_node,
    library,
    main_op,
    meta_graph,
    node,
    number,
    saved_model,
    signature,
    string,
    tensor,
    text,
)

DATA = Path(__file__).parent / "data" / "tensorflow"

PYTHON = node("evil", "PyFunc")
FIRST = node("x", "Placeholder")


def issues(data: bytes, name: str = "model.bin") -> list[modelaudit.Issue]:
    return [issue for issue in modelaudit.scan_bytes(data, name).issues if issue.severity != "info"]


def rules(data: bytes, name: str = "model.bin") -> list[str]:
    return [issue.rule for issue in issues(data, name)]


@pytest.mark.parametrize("path", sorted(DATA.iterdir()), ids=lambda path: path.name)
def test_files_of_the_framework_are_silent(path: Path) -> None:
    report = modelaudit.scan(path)
    assert [issue.message for issue in report.issues if issue.severity != "info"] == []
    assert report.files[0].formats


@pytest.mark.parametrize(
    ("op", "rule", "severity"),
    [
        ("PyFunc", "TFG101", "critical"),
        ("EagerPyFunc", "TFG101", "critical"),
        ("WriteFile", "TFG102", "critical"),
        ("SaveDatasetV2", "TFG102", "critical"),
        ("CreateSummaryFileWriter", "TFG102", "critical"),
        ("CacheDatasetV2", "TFG102", "critical"),
        ("ReadFile", "TFG103", "warning"),
        ("MatchingFiles", "TFG103", "warning"),
        ("TFRecordDatasetV2", "TFG103", "warning"),
        ("ExperimentalSqlDataset", "TFG103", "warning"),
        ("RpcClient", "TFG104", "warning"),
        ("DataServiceDatasetV4", "TFG104", "warning"),
        ("DebugIdentityV3", "TFG104", "warning"),
        ("TRTEngineOp", "TFG105", "warning"),
        ("Abort", "TFG106", "warning"),
        ("MyOwnOp", "TFG110", "warning"),
    ],
)
def test_ops_are_told_by_what_they_do(op: str, rule: str, severity: str) -> None:
    found = issues(saved_model(FIRST, node("n", op), node("m", op)))
    assert [(issue.rule, issue.severity) for issue in found] == [(rule, severity)]
    assert found[0].details["op"] == op
    assert found[0].details["node"] == "n"
    assert found[0].details["count"] == 2


GRAPH = FIRST + PYTHON
HIDDEN = {
    "a frozen graph": GRAPH,
    "a graph of metadata": field(1, b"") + field(2, GRAPH),
    "a second graph": saved_model(FIRST) + meta_graph(PYTHON),
    "a graph that comes twice": saved_model(FIRST, rest=field(2, PYTHON)),
    "a function": saved_model(FIRST, library(function("f", inner_node("e", "PyFunc")))),
    "a library alone": function("f", inner_node("x", "Identity"), inner_node("e", "PyFunc")),
    "unknown fields first": field(900, 1) + field(700, b"x" * 40) + saved_model(*[GRAPH]),
    "an op that comes twice": saved_model(FIRST, field(1, text(1, "e") + text(2, "MatMul") + text(2, "PyFunc"))),
    "a name that comes last": saved_model(FIRST, field(1, text(2, "PyFunc") + text(1, "e"))),
    "a string": saved_model(FIRST, const("c", GRAPH)),
    "a string of several": saved_model(FIRST, const("c", b"a", b"b", GRAPH)),
    "packed strings": saved_model(
        FIRST,
        node(
            "c",
            "Const",
            attributes=attribute(
                "value",
                field(
                    8,
                    field(1, 7)
                    + field(2, field(2, field(1, 2)))
                    + field(4, number(3) + number(len(GRAPH)) + b"abc" + GRAPH),
                ),
            ),
        ),
    ),
    "an attribute": saved_model(FIRST, node("d", "DatasetFromGraph", attributes=attribute("g", string(GRAPH)))),
    "a list in an attribute": saved_model(
        FIRST, node("d", "NoOp", attributes=attribute("g", field(1, string("a") + string(GRAPH))))
    ),
    "an attribute of a function that is one": saved_model(
        FIRST, node("d", "NoOp", attributes=attribute("g", field(10, text(1, "f") + entry(2, "h", string(GRAPH)))))
    ),
    "a string of a string": saved_model(FIRST, const("c", FIRST + const("d", GRAPH))),
    "a library in a string": saved_model(
        FIRST, const("c", function("f", inner_node("x", "Identity"), inner_node("e", "PyFunc")))
    ),
    "a function in a string": saved_model(
        FIRST, const("c", field(1, text(1, "f")) + inner_node("x", "Identity") + inner_node("e", "PyFunc"))
    ),
    "a model in a string": saved_model(FIRST, const("c", saved_model(FIRST, PYTHON))),
    "a variant": saved_model(
        FIRST, node("c", "Const", attributes=attribute("value", field(8, field(1, 21) + field(15, field(2, GRAPH)))))
    ),
    "a collection": saved_model(FIRST, rest=entry(4, "graphs", field(2, field(1, GRAPH)))),
}


@pytest.mark.parametrize("place", HIDDEN)
def test_every_graph_is_found(place: str) -> None:
    assert rules(HIDDEN[place]) == ["TFG101"]
    assert rules(gzip.compress(HIDDEN[place])) == ["TFG101"]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("m/weights.txt", HIDDEN[place])
    assert rules(out.getvalue(), "model.zip") == ["TFG101"]


def test_a_model_that_is_another_graph_as_well_is_read_as_both() -> None:
    # As a frozen graph this has one harmless node; a loader of models passes over field 1, whose type is wrong there.
    assert rules(FIRST + meta_graph(FIRST, PYTHON), "saved_model.pb") == ["TFG101"]


def test_a_late_proof_is_found_under_a_name_that_promises_it() -> None:
    padding = b"".join(node(f"u{count}", f"Own{count % 3}") for count in range(3_000))
    assert "TFG101" in rules(padding + PYTHON, "graph.pb")
    assert modelaudit.scan_bytes(padding + PYTHON, "graph.bin").exit_code == 1


def test_graphs_nested_too_deep_are_told() -> None:
    graph = GRAPH
    for _ in range(12):
        graph = FIRST + const("c", graph)
    assert rules(graph) == ["TFG112"]


def test_a_function_may_be_called_by_its_name() -> None:
    assert (
        rules(
            saved_model(FIRST, node("n", "my_function"), library(function("my_function", inner_node("i", "Identity"))))
        )
        == []
    )


SAVER = (
    node("prefix", "Placeholder")
    + const("part", b"_temp/part")
    + node("name", "StringJoin", "prefix", "part")
    + node("shard", "ShardedFilename", "name", "part", "part")
    + node("save", "SaveV2", "shard", "part", "part")
    + node("merge", "MergeV2Checkpoints", "shard", "prefix", "^save")
    + node("restore", "RestoreV2", "prefix", "part", "part")
)


def test_savers_are_silent_unless_their_file_lies_elsewhere() -> None:
    assert rules(saved_model(SAVER, rest=field(3, text(1, "prefix:0") + text(2, "merge:0") + text(3, "restore")))) == []
    for path in (b"/etc/cron.d/x", b"../../x", b"gs://bucket/x", b"C:\\x"):
        direct = const("c", path) + node("s", "SaveV2", "c", "c", "c")
        joined = const("c", path) + node("j", "StringJoin", "c", "y") + node("s", "SaveV2", "j:0", "c")
        assert rules(saved_model(FIRST, direct)) == ["TFG102"]
        found = issues(saved_model(FIRST, joined))
        assert [(issue.rule, issue.details["value"]) for issue in found] == [("TFG102", path.decode())]
        assert rules(saved_model(FIRST, const("c", path), node("r", "RestoreV2", "c", "c", "c"))) == ["TFG103"]


def test_what_runs_when_loading_must_not_save() -> None:
    save = library(function("saves", inner_node("s", "SaveV2", "a", "b", "c")))
    call = FIRST + save + node("call", "StatefulPartitionedCall", "x", attributes=called("saves"))
    chain = node("one", "Identity", "call") + node("two", "NoOp", "^one")
    assert rules(saved_model(call, chain)) == []
    assert rules(saved_model(call, chain, rest=main_op("two"))) == ["TFG108"]
    assert rules(saved_model(call, chain, rest=entry(4, "legacy_init_op", field(1, text(1, "call"))))) == ["TFG108"]
    assert rules(saved_model(call, chain, rest=signature("__saved_model_init_op", "two:0"))) == ["TFG108"]
    assert rules(saved_model(call, chain, rest=field(3, text(3, "two")))) == ["TFG108"]
    assert rules(saved_model(call, chain, rest=signature("serving_default", "one:0"))) == ["TFG109"]
    # The value of the map comes before its key.
    reversed_entry = field(4, field(2, field(1, text(1, "two"))) + text(1, "saved_model_main_op"))
    assert rules(saved_model(call, chain, rest=reversed_entry)) == ["TFG108"]
    objects = field(1, field(1, field(1, 1) + text(2, "_initialize"))) + field(1, field(6, text(1, "saves")))
    assert rules(saved_model(call, rest=field(7, objects))) == ["TFG108"]
    restored = field(1, entry(11, "v", field(3, 1))) + field(1, field(6, text(1, "saves")))
    assert rules(saved_model(call, rest=field(7, restored))) == ["TFG108"]


def test_what_loading_runs_is_said_of_other_ops_too() -> None:
    graph = FIRST + node("read", "ReadFile", "x") + node("init", "NoOp", "^read")
    assert [issue.details.get("runs") for issue in issues(saved_model(graph))] == [None]
    loaded = issues(saved_model(graph, rest=main_op("init")))
    assert [issue.details["runs"] for issue in loaded] == ["when the model is loaded"]
    used = issues(saved_model(graph, rest=signature("serve", "read:0")))
    assert [issue.details["runs"] for issue in used] == ["with a signature"]


def test_text_with_words_of_graphs_is_no_graph() -> None:
    for other in (
        b"version: '3'\nservices:\n  node: {image: x}\n",
        b"node: {a: 1}\nlibrary: b\n",
        b"library(ggplot2)\nfunction(node) { op: 'x' }",
        b'name: "m"\nplatform: "onnxruntime_onnx"\ninput [ { name: "x" data_type: TYPE_FP32 dims: [ 1 ] } ]',
    ):
        assert all(not issue.rule.startswith("TFG") for issue in modelaudit.scan_bytes(other, "x.txt").issues), other


@pytest.mark.parametrize(
    ("op", "key", "silent", "told", "rule"),
    [
        ("PrintV2", "output_stream", "stderr", "file:///tmp/x", "TFG102"),
        ("FixedUnigramCandidateSampler", "vocab_file", "", "/etc/passwd", "TFG103"),
        ("ImmutableConst", "memory_region_name", "memmapped_package://a", "/etc/passwd", "TFG103"),
        ("DecodeProtoV2", "descriptor_source", "local://", "/etc/passwd", "TFG103"),
    ],
)
def test_attributes_decide(op: str, key: str, silent: str, told: str, rule: str) -> None:
    assert rules(saved_model(FIRST, node("n", op, attributes=attribute(key, string(silent))))) == []
    found = issues(saved_model(FIRST, node("n", op, attributes=attribute(key, string(told)))))
    assert [(issue.rule, issue.details["value"]) for issue in found] == [(rule, told)]
    # Of a function, the caller may fill it in.
    assert rules(saved_model(FIRST, node("n", op, attributes=attribute(key, text(9, "T"))))) == [rule]


def test_debug_addresses_that_are_files_are_written() -> None:
    urls = attribute("debug_urls", field(1, string("grpc://host:1") + string("file:///tmp")))
    assert rules(saved_model(FIRST, node("n", "DebugIdentity", attributes=urls))) == ["TFG102"]


def test_a_cache_in_memory_is_silent() -> None:
    cached = node("d", "CacheDatasetV2", "x", "c", "x")
    assert rules(saved_model(FIRST, const("c", b""), cached)) == []
    assert rules(saved_model(FIRST, const("c", b"/tmp/cache"), cached)) == ["TFG102"]


def test_vocabularies_are_assets() -> None:
    table = const("path", b"/home/me/vocab.txt") + node("init", "InitializeTableFromTextFileV2", "x", "path")
    assert rules(saved_model(FIRST, table, rest=asset("vocab.txt"))) == []
    assert rules(saved_model(FIRST, table, rest=asset("vocab.txt", "other:0"))) == ["TFG103"]
    assert rules(saved_model(FIRST, node("init", "InitializeTableFromTextFileV2", "x", "argument"))) == []
    for name in ("../../etc/passwd", "/etc/passwd", "a/../../b", "..\\x", "https://host/x"):
        assert rules(saved_model(FIRST, rest=asset(name))) == ["TFG107"], name
    collected = field(5, field(1, text(1, "type.googleapis.com/tensorflow.AssetFileDef") + field(2, text(2, "../x"))))
    assert rules(saved_model(FIRST, rest=entry(4, "saved_model_assets", collected))) == ["TFG107"]


def test_keras_objects_are_handed_on() -> None:
    config = b'{"class_name": "system", "module": "os", "config": {}}'
    objects = field(1, field(4, text(1, "_tf_keras_layer") + field(3, config)))
    report = modelaudit.scan_bytes(saved_model(FIRST, rest=field(7, objects)), "m.pb")
    assert any(".json" in str(issue.location) for issue in report.issues)
    metadata = b"".join(
        field(1, field(2, count) + text(3, "root") + text(4, "_tf_keras_layer") + field(5, config)) for count in (0, 1)
    )
    report = modelaudit.scan_bytes(metadata, "metadata.bin")
    assert report.files[0].formats[0] == "keras-metadata"
    assert len({str(issue.location) for issue in report.issues if ".json" in str(issue.location)}) == 2
    assert "TFG111" in rules(metadata[:-5])


@pytest.mark.parametrize("seed", range(200))
def test_arbitrary_bytes_are_no_graph(seed: int) -> None:
    generator = random.Random(seed)
    data = generator.choice([b"\x08\x01\x12", b"\x0a", b"\x12", b""]) + generator.randbytes(2_000)
    assert all(not issue.rule.startswith("TFG") for issue in modelaudit.scan_bytes(data, "model.bin").issues)


def test_other_messages_are_no_graph() -> None:
    onnx_node = field(1, text(1, "x") + text(2, "y") + text(3, "n") + text(4, "Identity"))
    onnx = field(1, 8) + text(2, "pytorch") + text(3, "2.1") + field(7, onnx_node + text(2, "graph"))
    pieces = b"".join(field(1, text(1, f"<{count}>") + number(2 << 3 | 5) + bytes(4)) for count in range(50))
    for data in (onnx, pieces, onnx_node):
        assert all(not issue.rule.startswith("TFG") for issue in modelaudit.scan_bytes(data, "model.bin").issues)


def test_broken_graphs_are_told_with_what_was_found() -> None:
    whole = saved_model(FIRST, PYTHON, const("c", b"y" * 50), node("n", "MatMul"))
    for length in range(1, len(whole)):
        report = modelaudit.scan_bytes(whole[:length], "saved_model.pb")
        assert report.exit_code == 1, length
        assert {issue.rule for issue in report.issues} <= {"TFG101", "TFG110", "TFG111", "ENG103"}, length
    assert rules(saved_model(FIRST, PYTHON) + b"\x12\x7f") == ["TFG101", "TFG111"]
    assert rules(saved_model(FIRST, PYTHON, b"\x0a\xff\xff\xff\x0fabc")) == ["TFG101", "TFG111"]
    assert rules(b"\x08\x01", "saved_model.pb") == ["TFG111"]


def test_time_that_is_over_is_told() -> None:
    data = saved_model(*[node(f"n{count}", "MatMul", "a", "b") for count in range(200_000)])
    assert "ENG101" in [issue.rule for issue in modelaudit.scan_bytes(data, "m.pb", timeout=0.001).issues]


TEXT = b"""# A comment: "{"
meta_graphs {
  graph_def <
    node { name: "x" op: 'Placeholder' },
    node: { name: "e" op: "Py" "F\\165nc"; input: ["x", "y"] attr { key: "T" value { type: DT_FLOAT } } }
    library { function: [ { signature { name: "f" } node_def { name: "w" op: "WriteFile" } },
                          { signature { name: "g" } node_def { name: "r" op: "ReadFile" } } ] }
    versions { producer: 27 }
  >
  asset_file_def { tensor_info { name: "path:0" } filename: "../../x" }
}
"""


def test_the_text_form_says_the_same() -> None:
    found = issues(TEXT, "saved_model.pbtxt")
    assert sorted(issue.rule for issue in found) == ["TFG101", "TFG102", "TFG103", "TFG107"]
    assert rules(TEXT, "graph.txt") == rules(TEXT)
    assert rules(b'node { name: "x" op: "Placeholder" }') == []
    graph = "".join(f"\\{byte:03o}" for byte in GRAPH)
    value = f'attr {{ key: "value" value {{ tensor {{ dtype: DT_STRING string_val: "{graph}" }} }} }}'
    assert rules(f'node {{ name: "c" op: "Const" {value} }}'.encode()) == ["TFG101"]
    packed = "".join(f"\\x{byte:02x}" for byte in number(len(GRAPH)) + GRAPH)
    tensor_text = f'tensor {{ dtype: DT_STRING tensor_shape {{ dim {{ size: 1 }} }} tensor_content: "{packed}" }}'
    assert rules(f'node {{ name: "c" op: "Const" attr {{ key: "value" value {{ {tensor_text} }} }} }}'.encode()) == [
        "TFG101"
    ]


def test_what_runs_when_loading_is_known_from_text_too() -> None:
    graph = """graph_def { node { name: "s" op: "SaveV2" } node { name: "i" op: "NoOp" input: "^s" } }"""
    main = """collection_def { key: "saved_model_main_op" value { node_list { value: "i" } } }"""
    assert rules(f"meta_graphs {{ {graph} }}".encode()) == []
    assert rules(f"meta_graphs {{ {graph} {main} }}".encode()) == ["TFG108"]
    outputs = """value { outputs { key: "o" value { name: "i:0" } } }"""
    used = f'signature_def {{ key: "serve" {outputs} }}'
    assert rules(f"meta_graphs {{ {graph} {used} }}".encode()) == ["TFG109"]
    path = 'attr { key: "value" value { tensor { dtype: DT_STRING string_val: "/etc/x" } } }'
    saved = f'node {{ name: "c" op: "Const" {path} }} node {{ name: "s" op: "SaveV2" input: "c" }}'
    assert rules(saved.encode()) == ["TFG102"]


@pytest.mark.parametrize("cut", range(20, len(TEXT) - 2, 7))
def test_text_that_is_cut_is_told(cut: int) -> None:
    assert modelaudit.scan_bytes(TEXT[:cut], "saved_model.pbtxt").exit_code == 1


def test_both_encodings_in_one_folder_are_told(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(saved_model(FIRST))
    assert modelaudit.scan(tmp_path).exit_code == 0
    (tmp_path / "saved_model.pbtxt").write_bytes(b'meta_graphs { graph_def { node { name: "x" op: "NoOp" } } }')
    found = modelaudit.scan(tmp_path).issues
    assert [issue.rule for issue in found if issue.severity != "info"] == ["TFG113", "TFG113"]


def test_numbers_in_tensors_are_not_strings() -> None:
    assert (
        rules(
            saved_model(
                FIRST,
                node(
                    "c",
                    "Const",
                    attributes=attribute("value", tensor(dtype=1) + field(8, field(1, 1) + field(4, GRAPH))),
                ),
            )
        )
        == []
    )
