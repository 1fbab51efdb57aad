"""Keras configurations: honest ones are silent, and whatever a configuration builds, names or carries is said."""

from __future__ import annotations

import base64
import io
import json
import marshal
import random
import zipfile
from pathlib import Path
from typing import Any, Callable, cast

import pytest

import modelaudit
from archives import Member, archive
from assembly import EVIL
from modelaudit import _native, keras_config

DATA = Path(__file__).parent / "data" / "keras"
FILES = sorted(DATA.iterdir())

Node = dict[str, Any]

Found = list[tuple[str, str]]

#: Issues that say what a file is, and what any JSON is held to.
STATE = ("ENG105", "MAN")


def layer(name: str, config: Any = None, **more: Any) -> Node:
    return {"module": "keras.layers", "class_name": name, "config": config or {}, "registered_name": None, **more}


def model(*layers: Any, **more: Any) -> Node:
    inner = {"name": "m", "layers": list(layers)}
    return {"module": "keras", "class_name": "Sequential", "config": inner, "registered_name": None, **more}


def function(module: str | None, name: Any) -> Node:
    return {"module": module, "class_name": "function", "config": name, "registered_name": "function"}


def issues(value: Any, name: str = "model.json") -> Found:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return [
        (issue.rule, str(issue.message))
        for issue in modelaudit.scan_bytes(data, name).issues
        if not issue.rule.startswith(STATE)
    ]


def rules(value: Any, name: str = "model.json") -> list[str]:
    return sorted(rule for rule, _ in issues(value, name))


def zipped(config: Any, **members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("metadata.json", json.dumps({"keras_version": "3.15.1", "date_saved": "2026-01-01@00:00:00"}))
        made.writestr("config.json", config if isinstance(config, bytes) else json.dumps(config))
        for name, data in members.items():
            made.writestr(name.replace("__", "/").replace("_dot_", "."), data)
    return out.getvalue()


def marshalled(source: str) -> bytes:
    return marshal.dumps(compile(source, "<string>", "eval").co_consts[0])


def code(source: str) -> str:
    return base64.encodebytes(marshalled(source)).decode()


def lambda_layer(text: str) -> Node:
    """As Keras 3 writes it."""
    held = {"class_name": "__lambda__", "config": {"code": text, "defaults": None, "closure": None}}
    return layer("Lambda", {"name": "l", "function": held, "arguments": {}})


def old_lambda(text: Any, **more: Any) -> Node:
    """As Keras 2 writes it."""
    config = {"name": "l", "function": [text, None, None], "function_type": "lambda", "module": "__main__", **more}
    return {"class_name": "Lambda", "config": config}


ARITHMETIC: dict[str, str] = {
    "scale": "lambda x: x / 127.5 - 1.0",
    "norm": "lambda x: K.l2_normalize(x, axis=-1)",
    "distance": "lambda v: K.sqrt(K.maximum(K.sum(K.square(v[0] - v[1]), axis=1, keepdims=True), K.epsilon()))",
    "tensorflow": "lambda x: tf.expand_dims(tf.reduce_mean(tf.cast(x, tf.float32), axis=[1, 2]), -1)",
    "resize": "lambda x: tf.image.resize(x, (224, 224))",
    "slices": "lambda x: x[:, 0] if len(x.shape) > 2 else tf.split(x, 2, axis=-1)[0]",
    "constant": "lambda x: x[:, -CONV_WIDTH:, :] * MAX",
    "control": "lambda x: tf.map_fn(lambda y: K.switch(y > 0, y, -y), x)",
    "preprocess": "lambda img: tf.keras.applications.mobilenet_v2.preprocess_input(img)",
    "inner": "lambda x: [(lambda y: y * 2)(part) for part in x]",
    "einsum": 'lambda x: tf.einsum("bij,bjk->bik", x, x)',
    "numpy": "lambda x: np.exp(-np.abs(x))",
}

HOSTILE: dict[str, str] = {
    "import": 'lambda x: __import__("os").system("echo pwned")',
    "exec": "lambda x: exec(\"import os; os.system('echo pwned')\") or x",
    "open": 'lambda x: (open("/tmp/pwned", "w").write("pwned"), x)[1]',
    "global": 'lambda x: os.system("echo pwned")',
    "dunders": "lambda x: x.__class__.__base__.__subclasses__()",
    "getattr": 'lambda x: getattr(x, "_" + "_class_" + "_")',
    "nested": "lambda x: [eval(part) for part in x]",
    "gadget": 'lambda x: tf.io.write_file("a", x)',
    "download": 'lambda x: tf.keras.utils.get_file("a", "https://example.com/a")',
    "python": "lambda x: tf.py_function(x, [], [])",
    "address": 'lambda x: tf.concat(x, "https://example.com")',
    "bytes": "lambda x: tf.concat(x, b\"cposix\\nsystem\\n(S'echo pwned'\\ntR.\")",
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_honest_configurations_are_silent(path: Path) -> None:
    value = json.loads(path.read_bytes())
    assert rules(value) == []
    assert rules(zipped(value)) == []


def test_honest_configurations_of_keras_2_are_silent() -> None:
    dense = {
        "name": "dense_1",
        "batch_input_shape": [None, 4],
        "units": 3,
        "activation": "relu",
        "kernel_initializer": {"class_name": "VarianceScaling", "config": {"mode": "fan_avg"}},
        "kernel_regularizer": {"class_name": "L1L2", "config": {"l1": 0.0, "l2": 0.01}},
        "bias_constraint": {"class_name": "MaxNorm", "config": {"max_value": 2}},
    }
    wrapped = {"layer": {"class_name": "LSTM", "config": {"units": 3, "recurrent_activation": "hard_sigmoid"}}}
    multiply = {"name": "tf.math.multiply", "function": "math.multiply"}
    layers = [
        {"class_name": "Dense", "config": dense},
        {"class_name": "Bidirectional", "config": wrapped},
        {"class_name": "TFOpLambda", "config": multiply, "inbound_nodes": [["x", 0, 0, {"y": 2.0, "name": None}]]},
        {"class_name": "SlicingOpLambda", "config": {"function": "__operators__.getitem"}},
        {"class_name": "InstanceMethod", "config": {"method_name": "to_tensor"}},
        {"class_name": "TensorFlowOpLayer", "config": {"node_def": '{"name": "Mul", "op": "Mul", "input": ["x"]}'}},
        {"class_name": "Addons>WeightNormalization", "config": {}},
    ]
    training = {
        "optimizer_config": {"class_name": "Custom>Adam", "config": {"learning_rate": 0.1}},
        "loss": {"out": "sparse_categorical_crossentropy"},
        "metrics": [[{"class_name": "MeanMetricWrapper", "config": {"fn": "binary_accuracy"}}, "mae"]],
    }
    spec = {"class_name": "TypeSpec", "type_spec": "tf.TensorSpec", "serialized": [{"class_name": "TensorShape"}]}
    value = {
        "class_name": "Functional",
        "config": {"name": "m", "layers": layers},
        "training_config": training,
        "keras_version": "2.4.0",
        "full_save_spec": {"class_name": "__tuple__", "items": [[spec], {}]},
    }
    assert rules(value) == []


#: Every place where a configuration can have an object.
PLACES: dict[str, Callable[[Any], Any]] = {
    "layer": model,
    "wrapped": lambda node: model(layer("TimeDistributed", {"layer": layer("Bidirectional", {"layer": node})})),
    "nested model": lambda node: model(model(model(node))),
    "activation": lambda node: model(layer("Dense", {"units": 1, "activation": node})),
    "initializer": lambda node: model(layer("Dense", {"kernel_initializer": node})),
    "keyword": lambda node: model(layer("Dense", inbound_nodes=[{"args": [], "kwargs": {"fn": [node]}}])),
    "loss": lambda node: model(compile_config={"loss": {"out": [node]}}),
    "metric": lambda node: model(compile_config={"metrics": [[node]]}),
    "optimizer": lambda node: model(compile_config={"optimizer": node}),
    "schedule": lambda node: model(training_config={"optimizer_config": {"config": {"learning_rate": node}}}),
    "build": lambda node: model(build_config={"input_shape": [node]}),
    "policy": lambda node: model(layer("Dense", {"dtype": node})),
    "custom objects": lambda node: model(custom_objects={"x": node}),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "node",
    [
        function("keras.utils", "get_file"),
        {"module": "keras.utils", "class_name": "get_file", "config": {"origin": "http://x.invalid/a"}},
        {"module": "keras", "class_name": "utils.get_file", "config": {}},
        {"module": "posix", "class_name": "system", "config": {}, "registered_name": None},
        {"module": "builtins", "class_name": "function", "config": "eval", "registered_name": "function"},
        {"class_name": "Lambda", "config": {}, "module": "subprocess"},
    ],
    ids=lambda node: f"{node['module']}.{node['class_name']}",
)
def test_a_dangerous_name_is_critical_wherever_it_stands(place: str, node: Node) -> None:
    assert "KER101" in rules(PLACES[place](node))
    assert "KER101" in rules(zipped(PLACES[place](node)))


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("keras.config", "enable_unsafe_deserialization"),
        ("keras.src.saving.serialization_lib", "enable_unsafe_deserialization"),
        ("tf_keras.src.utils", "get_file"),
        ("tensorflow.keras.models", "load_model"),
        ("keras._tf_keras.keras.utils", "get_file"),
        ("keras.models", "load_model"),
        ("keras.saving", "load_weights"),
        ("keras.visualization", "plot_image_gallery"),
        ("keras.preprocessing", "image_dataset_from_directory"),
        ("keras.utils", "plot_model"),
        ("torch", "load"),
        ("keras.layers", "__builtins__"),
    ],
)
def test_functions_that_are_no_part_of_a_model_are_critical(module: str, name: str) -> None:
    assert rules(model(function(module, name))) == ["KER101"]


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"module": "mine.layers", "class_name": "Net", "config": {}, "registered_name": "Net"}, ["KER102"]),
        ({"module": None, "class_name": "Net", "config": {}, "registered_name": "Mine>Net"}, ["KER102"]),
        ({"class_name": "Mine>Net", "config": {}}, ["KER102"]),
        (layer("Densed"), ["KER102"]),
        (function("mine", "loss"), ["KER102"]),
        (function("builtins", "my_loss"), ["KER115"]),
        (layer("Dense", {"activation": "my_activation"}), ["KER115"]),
        (layer("Dense", registered_name="Mine>Net"), ["KER105"]),
        (layer("Dense", module=["keras"]), ["KER105"]),
        ({"class_name": ["Dense"], "config": {}}, ["KER105"]),
        (function("keras", None), ["KER105"]),
        (layer("TFOpLambda", {"function": "math.multiply"}), []),
        (layer("TFOpLambda", {"function": "io.write_file"}), ["KER101"]),
        (layer("TFOpLambda", {"function": "keras.utils.get_file"}), ["KER101"]),
        (layer("TFOpLambda", {"function": "math.made_up"}), ["KER102"]),
        (layer("TFOpLambda", {"function": None}), ["KER105"]),
        (layer("InstanceMethod", {"method_name": "__reduce__"}), ["KER101"]),
        (layer("InstanceProperty", {"attr_name": "made_up"}), ["KER102"]),
        (layer("TensorFlowOpLayer", {"node_def": "\n\x01a\x12\x09WriteFile"}), ["KER101"]),
        (layer("TensorFlowOpLayer", {"node_def": 'op: "MadeUp"'}), ["KER102"]),
        (layer("TensorFlowOpLayer", {}), ["KER102"]),
        (layer("TFSMLayer", {"filepath": "model"}), ["KER107"]),
        (layer("TFSMLayer", {"filepath": "gs://bucket/model"}), ["KER108"]),
        (layer("TFSMLayer", {"filepath": "\\\\host\\share"}), ["KER108"]),
        (layer("JaxLayer", {"call_fn": function("mine", "f")}), ["KER102", "KER107"]),
        (layer("StringLookup", {"vocabulary": "/etc/passwd"}), ["KER109"]),
        (layer("TextVectorization", {"vocabulary": "http://169.254.169.254/"}), ["KER109"]),
        (layer("StringLookup", {"vocabulary": ["a", "b"]}), []),
        (layer("SentencePieceTokenizer", {"proto": "/etc/passwd"}, module="keras_hub.tokenizers"), ["KER109"]),
        (layer("SentencePieceTokenizer", {"proto": None}, module="keras_nlp.src.tokenizers"), []),
        (layer("Dense", {"arguments": {"safe_mode": False}}), ["KER110"]),
        (layer("Dense", {"units": 1 << 62}), ["KER111"]),
        (layer("Embedding", {"input_length": 1 << 20, "input_dim": 9, "output_dim": 1 << 13}), []),
        (layer("Embedding", {"input_dim": 1 << 30, "output_dim": 1 << 30}), ["KER111"]),
        (layer("InputLayer", {"batch_shape": [None, 1 << 21, 1 << 21]}), ["KER111"]),
        (layer("Embedding", {"input_dim": 256_000, "output_dim": 8192}), []),
        ({"class_name": "__typespec__", "module": "os", "spec_name": "system", "config": []}, ["KER101"]),
        ({"class_name": "__bytes__", "config": {"value": "a"}}, []),
        ({"class_name": "__numpy__", "config": {"value": [1], "dtype": "float32"}}, []),
    ],
)
def test_objects_are_judged_by_what_they_build(node: Node, expected: list[str]) -> None:
    assert rules(model(node)) == expected


@pytest.mark.parametrize("name", ARITHMETIC)
def test_code_that_computes_with_tensors_is_a_warning(name: str) -> None:
    text = code(ARITHMETIC[name])
    assert rules(model(lambda_layer(text))) == ["KER104"]
    assert rules(model(old_lambda(text))) == ["KER104"]


@pytest.mark.parametrize("name", HOSTILE)
def test_code_that_does_more_is_critical(name: str) -> None:
    text = code(HOSTILE[name])
    for value in (lambda_layer(text), old_lambda(text), layer("Mine", {"fn": [text, None, None]}, module="mine")):
        for place in PLACES.values():
            assert "KER103" in rules(place(value))


def test_code_is_shown_by_what_it_names() -> None:
    text = code(HOSTILE["import"])
    [issue] = modelaudit.scan_bytes(json.dumps(model(lambda_layer(text))).encode(), "m.json").issues
    assert issue.details["names"] == "__import__, system"
    assert "echo pwned" in str(issue.details["texts"])
    assert issue.details["path"] == "config.layers[0].config.function"


@pytest.mark.parametrize(
    "node",
    [
        old_lambda("4wEAAAAA"),
        old_lambda(code(HOSTILE["import"])[:-40]),
        old_lambda(marshalled(HOSTILE["import"]).decode("latin-1")),
        old_lambda(" \n" + code(HOSTILE["import"])),
        old_lambda({"class_name": "__tuple__", "items": [code(HOSTILE["import"]), None, None]}),
        layer("Lambda", {"function": code(HOSTILE["import"]), "function_type": "lambda"}),
        layer("Lambda", {"function": {"bytecode": "x"}}),
        layer("Lambda", {"function": "relu", "output_shape": "eA==", "output_shape_type": "lambda"}),
        layer("Lambda", {"function": "relu", "mask": [code(HOSTILE["import"]), None, None]}),
        {"class_name": "__lambda__", "config": {"value": code(HOSTILE["import"])}},
        {"class_name": "__lambda__", "config": None},
        {"class_name": "__lambda__", "config": {"code": "4wEAAAAA", "value": code(HOSTILE["import"])}},
        {"class_name": "Lambda", "config": {"function": {"class_name": "__tuple__", "items": ["eA==", None, None]}}},
    ],
)
def test_code_in_any_form_is_critical_unless_it_is_understood(node: Node) -> None:
    # What is no base64 to Keras is an encoded text to others.
    assert {"KER103"} <= set(rules(model(node))) <= {"KER103", "PAY121"}


def test_a_pytorch_module_is_scanned() -> None:
    for payload in (EVIL, archive(Member(name=b"archive/data.pkl"), Member(name=b"archive/version", data=b"3\n"))):
        found = rules(model(layer("TorchModuleWrapper", {"module": base64.b64encode(payload).decode()})))
        assert {"KER106", "PKL101"} <= set(found)
    assert rules(model(layer("TorchModuleWrapper", {"module": "\u00e9"}))) == ["KER106", "KER112"]


def test_a_pickle_in_a_text_is_scanned() -> None:
    made = {"make_distribution_fn": base64.encodebytes(EVIL).decode()}
    assert {"KER106", "PKL101"} <= set(rules(model(layer("DistributionLambda", made, module="mine"))))
    assert rules(model(layer("Dense", {"name": "gAme"}))) == []


def test_names_are_listed_exactly() -> None:
    assert _native.listed("keras_objects", "keras.layers:Dense") == "class"
    assert _native.listed("keras_objects", "keras.activations:relu") == "function"
    assert _native.listed("keras_code", "__import__") is None


def test_loaders_without_a_safe_mode_are_told() -> None:
    class Recorder:
        deadline = _native.Deadline(None)
        said: list[str] = []  # noqa: RUF012

        def report(self, rule: str, position: int | None, facts: Node, details: Node) -> None:
            assert (position, details["part"], details["safe_mode"]) == (7, "model_config", "this loader knows none")
            self.said.append(f"{rule} {facts['reason']}")

    recorder = Recorder()
    text = json.dumps(model(old_lambda(code(HOSTILE["import"]))))
    keras_config.check(cast("Any", recorder), text, "model_config", 7, legacy=True)
    assert recorder.said == ["KER103 uses the name __import__"]


def test_every_copy_of_the_configuration_is_scanned() -> None:
    good, bad = json.dumps(model(layer("Dense"))).encode(), json.dumps(model(function("os", "system"))).encode()
    for first, second in ((good, bad), (bad, good)):
        data = archive(*(Member(name=b"config.json", data=part) for part in (first, second)))
        assert "KER101" in rules(data, "model.keras")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_wide_letters_hide_nothing(encoding: str) -> None:
    text = json.dumps(model(function("os", "system"))).encode(encoding)
    assert "KER101" in rules(zipped(text), "model.keras")


def test_escapes_and_white_space_hide_nothing() -> None:
    text = json.dumps(model(function("os", "system"))).replace("class_name", "cl\\u0061ss_name")
    assert rules(text.encode()) == ["KER101"]
    assert rules(b" " * 10_000 + text.encode()) == ["KER101"]
    far = b'{"padding": "' + b"a" * (1 << 21) + b'", "model": ' + text.encode() + b"}"
    assert rules(far) == ["KER101"]
    assert rules(zipped(text.encode())) == ["KER101"]


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("assets__layers__vocabulary_dot_txt", b"a\nb\n", []),
        ("assets__vocabulary_dot_spm", b"\x0a\x0e\x0a\x05<unk>\x15\0\0\0\0\x18\x02" * 30, []),
        ("model_dot_weights_dot_npz", b"", []),
        ("extra_dot_txt", b"text", ["KER114"]),
        ("Config_dot_json", b"{}", ["KER114", "ZIP103"]),
        ("assets__code_dot_py", b"import os\n", ["KER114", "PAY114"]),
        ("extra_dot_pkl", EVIL, ["KER114", "PKL101", "PKL131"]),
        ("assets__extra_dot_pkl", EVIL, ["PKL101", "PKL131"]),
        (
            "library_dot_so",
            b"\x7fELF\2\1\1" + bytes(9) + b"\3\0\x3e\0\1\0\0\0" + bytes(28) + b"\x40\0\x38\0\x0b\0\x40\0\0\0\0\0",
            ["KER114", "PAY101"],
        ),
    ],
)
def test_members_that_keras_does_not_write_are_told(name: str, data: bytes, expected: list[str]) -> None:
    found = set(rules(zipped(model(layer("Dense")), **{name: data}), "model.keras")) - {"ENG106"}
    assert found == set(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b'{"class_name": "Sequential", "config": {"a": 1, "a": 2}}', ["KER113"]),
        (b'{"class_name": "Sequential", "config": {}', ["KER112"]),
        (b'{"class_name": "Sequential", "config": ' + b"[" * 700 + b"]" * 700 + b"}", ["KER112"]),
        (b'{"class_name": "TextNode", "text": "config", "of": {"config": 1}}', []),
        (b'{"model": {"class_name": "MyNet", "config": {"depth": 3}}}', []),
        (b'{"model": {"class_name": "MyNet", "config": {"depth": 3}, "module": "os"}}', ["KER101"]),
        (b'{"class_name": "MyNet", "config": {"a": {"class_name": "Adam", "config": {}}}}', ["KER102"]),
    ],
)
def test_texts_that_are_odd_or_broken(text: bytes, expected: list[str]) -> None:
    assert rules(text) == expected


def test_a_cut_configuration_is_never_clean_once_it_is_one() -> None:
    whole = json.dumps(model(lambda_layer(code(HOSTILE["import"])))).encode()
    begins = max(whole.index(b'"class_name"'), whole.index(b'"config"')) + len(b'"class_name"')
    for length in range(begins, len(whole)):
        assert rules(whole[:length]) == ["KER112"], length


def test_damage_is_no_defect() -> None:
    whole = zipped(json.loads((DATA / "functional_3.15.json").read_bytes()))
    generator = random.Random(7)
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(generator.randint(1, 4)):
            damaged[generator.randrange(len(damaged))] ^= 1 << generator.randrange(8)
        assert "ENG204" not in rules(bytes(damaged), "model.keras")


def test_a_wide_configuration_takes_linear_time() -> None:
    value = model(*(layer("Dense", {"units": 3, "activation": "relu", "name": f"d{n}"}) for n in range(20_000)))
    assert rules(value) == []
