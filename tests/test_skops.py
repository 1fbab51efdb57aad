"""skops models: honest ones are silent, whatever kind of node hides a callable is said, broken ones are never clean."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

import modelaudit
from assembly import EVIL
from modelaudit import _native, limits
from modelaudit.formats.skops_schema import check

DATA = Path(__file__).parent / "data" / "skops"
FILES = sorted(DATA.iterdir())

Node = dict[str, Any]

FOREVER = _native.Deadline(None)


def node(kind: str, module: str, name: str, **more: Any) -> Node:
    return {"__loader__": kind, "__module__": module, "__class__": name, **more}


def plain(value: Any) -> Node:
    return node("JsonNode", "builtins", "str", content=json.dumps(value), is_json=True)


def items(*nodes: Node) -> Node:
    return node("TupleNode", "builtins", "tuple", content=list(nodes))


def mapping(**nodes: Node) -> Node:
    keys = node("ListNode", "builtins", "list", content=[node("TypeNode", "builtins", "str")] * len(nodes))
    return node("DictNode", "builtins", "dict", content=nodes, key_types=keys)


def estimator(**attributes: Node) -> Node:
    return node("ObjectNode", "sklearn.linear_model._logistic", "LogisticRegression", content=mapping(**attributes))


def rules(schema: Any, *members: str) -> list[str]:
    data = schema if isinstance(schema, bytes) else json.dumps(schema).encode()
    return [finding.rule for finding in check(data, members, FOREVER)]


def archive(schema: bytes, **members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, data in members.items():
            made.writestr(name.replace("_", "."), data)
        made.writestr("schema.json", schema)
    return out.getvalue()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_honest_schemas_are_silent(path: Path) -> None:
    with zipfile.ZipFile(path) as opened:
        assert check(opened.read("schema.json"), opened.namelist(), FOREVER) == []
    report = modelaudit.scan(path)
    assert "skops" in report.formats
    assert not [issue for issue in report.issues if issue.rule.startswith(("PKL", "SKO"))]


@pytest.mark.parametrize(
    ("hostile", "rule"),
    [
        (node("TypeNode", "os", "system"), "PKL101"),
        (node("FunctionNode", "posix", "system"), "PKL101"),
        (node("FunctionNode", "x", "y", content={"module_path": "os", "function": "system"}), "PKL101"),
        (node("ConstructorFromReduceNode", "builtins", "exec", content=items(plain("1"))), "PKL101"),
        (node("ObjectNode", "subprocess", "Popen", content=mapping()), "PKL101"),
        (node("DictNode", "builtins", "eval", content={}, key_types=items()), "PKL101"),
        (node("ListNode", "os", "system", content=[plain("id")]), "PKL101"),
        (node("NdArrayNode", "builtins", "exec", content=[], type="json", shape=items()), "PKL101"),
        (node("LossNode", "os", "system", __reduce__={"args": items(plain("id"))}, content=mapping()), "PKL101"),
        (node("RandomStateNode", "posix", "system", content=mapping()), "PKL101"),
        (node("TypeNode", "numpy", "f2py.os.system"), "PKL101"),
        (node("TypeNode", "my_module", "MyClass"), "PKL121"),
        (node("TypeNode", "my\ud800", "\udfff"), "PKL121"),
        (node("ObjectNode", "socket", "socket"), "PKL111"),
        (node("SliceNode", "os", "system", content={}), "SKO101"),
        (node("OperatorFuncNode", "operator", "call", attrs=items()), "SKO101"),
        (node("OperatorFuncNode", "os", "system", attrs=items(plain("id"))), "SKO101"),
        (node("PartialNode", "functools", "reduce", content={}), "SKO101"),
        (node("TreeNode", "builtins", "Tree", __reduce__={"args": items()}, content=mapping()), "SKO101"),
        (node("EvilNode", "builtins", "str"), "SKO102"),
        (node("TypeNode", "builtins", None), "SKO103"),  # type: ignore[arg-type]
        (node("CachedNode", "", "", __id__=77), "SKO103"),
        ({"__module__": "os", "__class__": "system"}, "SKO103"),
        (node("NdArrayNode", "numpy", "ndarray", type="numpy", file="other.npy"), "SKO105"),
        (node("NdArrayNode", "numpy", "ndarray", type="numpy", file="../a.npy"), "SKO105"),
        (node("BytesNode", "builtins", "bytes"), "SKO105"),
        (node("OperatorFuncNode", "operator", "attrgetter", attrs=items(plain("__class__.mro"))), "SKO106"),
        (
            node("OperatorFuncNode", "operator", "attrgetter", attrs=items(node("TypeNode", "builtins", "str"))),
            "SKO106",
        ),
        (node("OperatorFuncNode", "operator", "methodcaller", attrs=items(plain("__reduce__"))), "SKO106"),
        (node("OperatorFuncNode", "operator", "methodcaller", attrs=items()), "SKO106"),
        (node("OperatorFuncNode", "operator", "methodcaller", attrs=items(plain("tofile"), plain("x"))), "SKO107"),
        (node("ConstructorFromReduceNode", "builtins", "getattr", content=items()), "PKL133"),
        (node("ConstructorFromReduceNode", "numpy", "log1p", content=items()), "PKL134"),
    ],
)
def test_what_is_hostile_anywhere_is_said(hostile: Node, rule: str) -> None:
    for around in (
        estimator(a=hostile),
        items(plain(1), hostile),
        mapping(x=mapping(y=hostile)),
        node("PartialNode", "functools", "partial", content={"func": hostile, "args": items(), "kwds": mapping()}),
        node("DefaultDictNode", "collections", "defaultdict", content={"main": mapping(), "default_factory": hostile}),
        node("LossNode", "sklearn._loss._loss", "CyHuberLoss", __reduce__={"args": items(hostile)}, content=mapping()),
        node("JsonNode", "builtins", "str", content="1", elsewhere=[[{"deep": hostile}]]),
    ):
        assert rule in rules(around, "0.npy")


def method(owner: Node, name: Any, **declared: Any) -> Node:
    made = node("MethodNode", owner["__module__"], owner["__class__"], content={"func": name, "obj": owner})
    return {**made, **declared}


def test_functions_of_protocol_0_are_named_in_the_content() -> None:
    content = {"module_path": "numpy", "function": "log1p"}
    assert rules(node("FunctionNode", "numpy", "ufunc", content=content)) == []
    assert rules(node("FunctionNode", "os", "system", content=content)) == ["PKL101"]
    assert rules(node("FunctionNode", "numpy", "ufunc")) == ["PKL121"]


def test_operators_by_name_are_as_harmless_as_their_names() -> None:
    for name, argument in (("methodcaller", "lower"), ("attrgetter", "shape"), ("itemgetter", "__class__")):
        assert rules(node("OperatorFuncNode", "operator", name, attrs=items(plain(argument)))) == []


def test_methods_are_looked_up_by_name_on_a_type() -> None:
    assert rules(method(estimator(), "predict")) == []
    assert rules(method(estimator(), "predict", __class__="method")) == []
    assert rules(method(estimator(), "__reduce__")) == ["SKO106"]
    assert rules(method(estimator(), ["x"])) == ["SKO106"]
    assert rules(method(estimator(), "dump_to_disk")) == ["SKO107"]
    assert "SKO101" in rules(method(estimator(), "predict", __class__="Ridge"))
    assert "SKO101" in rules(method(estimator(), "predict", __module__="builtins", __class__="int"))
    assert "PKL101" in rules(method(node("ObjectNode", "subprocess", "Popen"), "predict"))
    assert rules(node("MethodNode", "a", "b", content={"func": "predict"})) == ["SKO103"]


def test_numbers_of_nodes_cannot_change_what_is_built() -> None:
    getter = node("TypeNode", "builtins", "getattr", __id__=5)
    cached = node("CachedNode", "", "", __id__=5)
    partial = node("PartialNode", "functools", "partial", content={"func": cached, "args": items(), "kwds": mapping()})
    assert "PKL133" in rules(items(getter, partial))
    assert "SKO101" in rules(
        items(node("TypeNode", "builtins", "int", __id__=5), node("TypeNode", "numpy", "add", __id__=5))
    )


def twister(position: Any) -> Node:
    state = mapping(key=node("NdArrayNode", "numpy", "ndarray", type="numpy", file="0.npy"), pos=plain(position))
    content = mapping(bit_generator=plain("MT19937"), state=state)
    return node("RandomStateNode", "numpy.random.mtrand", "RandomState", content=content)


def test_states_of_random_generators() -> None:
    assert rules(twister(624), "0.npy") == []
    for position in (625, -1, 2**40, "x", None):
        assert rules(twister(position), "0.npy") == ["SKO108"]
    for name, place, position, found in (
        ("MT19937", "pos", 624, []),
        ("MT19937", "pos", 2**31, ["SKO108"]),
        ("Philox", "buffer_pos", 4, []),
        ("Philox", "buffer_pos", -9, ["SKO108"]),
    ):
        inner = {place: plain(position)}
        state = mapping(bit_generator=plain(name), state=mapping(**inner), **inner)
        content = {"bit_generator": state, "seed_seq": mapping()}
        assert rules(node("RandomGeneratorNode", "numpy.random._generator", "Generator", content=content)) == found
    for name, found in (("PCG64", []), ("seed", ["SKO106"]), ("__builtins__", ["SKO106"])):
        content = {"bit_generator": mapping(bit_generator=plain(name)), "seed_seq": mapping()}
        assert rules(node("RandomGeneratorNode", "numpy.random._generator", "Generator", content=content)) == found
        content = {"bit_generator": {"bit_generator": name}}
        assert rules(node("RandomGeneratorNode", "numpy.random._generator", "Generator", content=content)) == found


def test_schemas_that_break_readers() -> None:
    whole = json.dumps(estimator(a=plain(1))).encode()
    assert rules(whole[:-1]) == ["SKO103"]
    assert rules(b"[" * 100_000 + b"]" * 100_000) == ["SKO103"]
    assert rules(b'{"__loader__":' * 5000 + b"1" + b"}" * 5000) == ["SKO103"]
    assert rules(whole.replace(b'{"__loader__"', b'{"__loader__":"ListNode","__loader__"', 1)) == ["SKO104"]
    assert rules(b"[" + whole + b"]") == ["SKO103"]
    assert rules(b'{"properties": {}}') == []
    deep: Node = plain(1)
    for _ in range(40):
        deep = items(deep)
    assert rules(deep) == []


def test_a_callable_is_said_once_with_its_first_place() -> None:
    schema = json.dumps(items(*[estimator(a=node("TypeNode", "my", "Own"))] * 40)).encode()
    (found,) = check(schema, (), FOREVER)
    assert found.facts == {"callable": "my.Own", "use": "named by a TypeNode"}
    assert found.details == {"path": ".content[0].content.content.a"}


def test_archives_are_scanned_with_their_members() -> None:
    schema = json.dumps(estimator(a=node("FunctionNode", "os", "system"))).encode()
    report = modelaudit.scan_bytes(archive(schema, evil_bin=EVIL), "model.skops")
    assert {"zip", "skops", "pickle"} <= set(report.scanners)
    assert {issue.rule for issue in report.issues if issue.severity == "critical"} == {"PKL101"}
    assert len({issue.location.members for issue in report.issues if issue.rule == "PKL101"}) == 2
    escaped = schema.replace(b"__loader__", b"\\u005f_loader__")
    for spelled in (escaped, json.dumps(json.loads(schema)).encode("utf-16"), b" " * 2_000_000 + schema):
        assert "PKL101" in [issue.rule for issue in modelaudit.scan_bytes(archive(spelled), "model").issues]


def test_bytes_of_any_kind_are_no_finding() -> None:
    schema = json.dumps(node("BytesNode", "builtins", "bytes", file="0.bin")).encode()
    assert modelaudit.scan_bytes(archive(schema, **{"0.bin": b"\x00\x01\xfe\xff" * 9}), "model.skops").exit_code == 0


def test_what_is_called_skops_and_is_no_archive_is_scanned() -> None:
    assert modelaudit.scan_bytes(EVIL, "model.skops").issues[0].rule == "PKL101"
    assert modelaudit.scan_bytes(b"\x01\x02 nothing", "model.skops").exit_code == 1


def test_a_schema_beyond_the_limit_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "JSON", 10)
    found = [issue.rule for issue in modelaudit.scan_bytes(archive(json.dumps(plain(1)).encode())).issues]
    assert "SKO109" in found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_mutations_of_schemas_never_fail(path: Path) -> None:
    with zipfile.ZipFile(path) as opened:
        schema, members = opened.read("schema.json"), opened.namelist()
    for at in range(0, len(schema), max(1, len(schema) // 200)):
        assert check(schema[:at], members, FOREVER)
        for bit in (0, 1, 5):
            mutated = bytearray(schema)
            mutated[at] ^= 1 << bit
            check(bytes(mutated), members, FOREVER)


def test_the_judgement_of_callables_is_that_of_pickles() -> None:
    judged = _native.judge("posix", "system")
    assert (judged.verdict, judged.rule, judged.call, judged.build) == ("dangerous", "PKL101", "never", False)
    assert judged.reason
    assert _native.judge("builtins", "getattr").call == "getattr"
    assert _native.judge("builtins", "str").rule is None
    assert _native.judge("sklearn.linear_model._logistic", "LogisticRegression").build
    assert _native.judge("nobody", "knows").verdict == "unknown"
    assert _native.judge("numpy", "linalg.__doc__").rule == "PKL122"
