"""Models of XGBoost, LightGBM and CatBoost: honest ones are silent, hostile ones are said, broken ones never clean."""

from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile
from pathlib import Path
from typing import Any, Callable

import pytest

import modelaudit
from assembly import EVIL
from modelaudit import limits

DATA = Path(__file__).parent / "data" / "boosters"
FILES = sorted(DATA.iterdir())


def rules(data: bytes, name: str = "model") -> list[str]:
    return [issue.rule for issue in modelaudit.scan_bytes(data, name).issues]


def read(name: str) -> bytes:
    return (DATA / name).read_bytes()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_honest_models_are_silent_under_any_name(path: Path) -> None:
    for name in (path.name, "model", "model.pkl.bak"):
        report = modelaudit.scan_bytes(path.read_bytes(), name)
        assert not report.issues
        # Models in JSON are looked at as manifests as well.
        assert len(report.scanners) == (2 if path.suffix == ".json" else 1)
    assert not rules(gzip.compress(path.read_bytes()), "model.gz")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_bit_flips_never_fail(path: Path) -> None:
    data = path.read_bytes()
    for at in range(0, len(data), max(1, len(data) // 60)):
        for bit in (0, 3, 7):
            mutated = bytearray(data)
            mutated[at] ^= 1 << bit
            assert "ENG204" not in rules(bytes(mutated)), (at, bit)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_truncations_are_never_clean(path: Path) -> None:
    data = path.read_bytes()
    # What remains of a text model without its last sections is a whole model.
    end = data.find(b"end of trees") if data.startswith(b"tree") else len(data)
    for length in [*range(1, end, max(1, end // 60)), end - 1]:
        report = modelaudit.scan_bytes(data[:length], path.name)
        assert "ENG204" not in [issue.rule for issue in report.issues]
        assert report.issues, length
        if b"learner_model_param" in data[:length] or not path.name.endswith(".json"):
            assert report.exit_code == 1 or (length < 30 and path.suffix in (".lgb", ".txt")), length


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_bytes_behind_the_model_are_said_and_scanned(path: Path) -> None:
    found = rules(path.read_bytes() + EVIL, path.name)
    assert {"BST104", "BST101", "PKL101"} & set(found)
    if path.suffix in (".bst", ".ubj", ".cbm"):
        assert {"BST104", "PKL101"} <= set(found)


# XGBoost


def ubjson(value: Any) -> bytes:
    """Encode as XGBoost does: keys and texts with long lengths, lists with a count."""

    def text(string: str) -> bytes:
        return b"L" + struct.pack(">q", len(string.encode())) + string.encode()

    if isinstance(value, dict):
        return b"{" + b"".join(text(key) + ubjson(item) for key, item in value.items()) + b"}"
    if isinstance(value, list):
        if value and all(type(item) is int for item in value):
            return b"[$l#L" + struct.pack(">q", len(value)) + struct.pack(f">{len(value)}i", *value)
        return b"[#L" + struct.pack(">q", len(value)) + b"".join(map(ubjson, value))
    if isinstance(value, str):
        return b"S" + text(value)
    if isinstance(value, float):
        return b"d" + struct.pack(">f", value)
    return b"L" + struct.pack(">q", value)


def to_json(value: Any) -> bytes:
    return json.dumps(value).encode()


def tree_of(model: Any) -> Any:
    return model["learner"]["gradient_booster"]["model"]["trees"][0]


def set_in(name: str, at: int, value: int) -> Callable[[Any], None]:
    def change(model: Any) -> None:
        tree_of(model)[name][at] = value

    return change


def shorten(name: str) -> Callable[[Any], None]:
    return lambda model: tree_of(model)[name].pop()


def nodes_of(count: str) -> Callable[[Any], None]:
    return lambda model: tree_of(model)["tree_param"].update(num_nodes=count)


def trees_of(model: Any) -> None:
    model["learner"]["gradient_booster"]["model"]["gbtree_model_param"]["num_trees"] = "999"


@pytest.mark.parametrize("encode", [ubjson, to_json])
@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (set_in("left_children", 0, 1_000_000), "BST102"),
        (set_in("right_children", 0, -7), "BST102"),
        (set_in("left_children", 0, 0), "BST107"),
        (set_in("parents", 1, 99), "BST102"),
        (set_in("split_indices", 0, 100_000), "BST102"),
        (set_in("split_indices", 0, -5), "BST102"),
        (shorten("left_children"), "BST103"),
        (shorten("split_conditions"), "BST103"),
        (nodes_of("1000000000"), "BST103"),
        (nodes_of("-1"), "BST101"),
        (nodes_of("9" * 5000), "BST101"),
        (trees_of, "BST103"),
        (
            lambda model: tree_of(model).update(categories_nodes=[0], categories_segments=[5], categories_sizes=[9]),
            "BST102",
        ),
        (lambda model: tree_of(model).update(left_children=[[]] * len(tree_of(model)["parents"])), "BST101"),
        (lambda model: model["learner"].pop("gradient_booster"), "BST101"),
    ],
)
def test_wrong_arithmetic_of_xgboost(encode: Callable[[Any], bytes], change: Callable[[Any], Any], rule: str) -> None:
    model = json.loads(read("xgb.json"))
    assert not rules(encode(model))
    change(model)
    assert rule in rules(encode(model))


def test_weights_of_a_linear_booster_are_counted() -> None:
    model = json.loads(read("xgb_linear.json"))
    model["learner"]["gradient_booster"]["model"]["weights"].append(1.0)
    assert rules(to_json(model)) == ["BST103"]
    assert rules(ubjson(model)) == ["BST103"]


def test_a_configuration_without_a_model_is_silent() -> None:
    learner = {"gradient_booster": {"name": "gbtree"}, "learner_model_param": {}}
    assert rules(to_json({"learner": {**learner, "generic_param": {}}})) == []
    assert rules(to_json({"learner": learner})) == ["BST101"]
    hidden = json.loads(read("xgb.json"))
    hidden["learner"]["generic_param"] = {}
    trees_of(hidden)
    assert set(rules(to_json(hidden))) == {"BST103"}


def test_a_key_that_stands_twice_is_said() -> None:
    assert rules(read("xgb.json").replace(b'{"learner"', b'{"learner":1,"learner"', 1)) == ["BST106", "MAN103"]
    model = ubjson(json.loads(read("xgb.json")))
    key = b"L" + struct.pack(">q", 7) + b"version"
    assert rules(model[:-1] + key + b"Z}") == ["BST106"]


@pytest.mark.parametrize(
    "value",
    [
        b"[" * 100_000,
        b"[#L" + struct.pack(">q", 1 << 60),
        b"[#L" + struct.pack(">q", -1),
        b"[$d#L" + struct.pack(">q", (1 << 63) - 1),
        b"[$Z#L" + struct.pack(">q", 1 << 40),
        b"SL" + struct.pack(">q", 1 << 62),
        b"SL" + struct.pack(">q", -5),
        b"SS",
        b"?",
        b"{" * 10,
    ],
)
def test_ubjson_that_lies_is_not_clean(value: bytes) -> None:
    found = rules(b"{L" + struct.pack(">q", 7) + b"learner" + value)
    assert found in (["BST101"], ["BST105"])


def test_json_that_is_nested_deeply_is_not_clean() -> None:
    deep = b'{"learner":{"gradient_booster":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_002
    assert set(rules(deep)) == {"BST101", "MAN104"}


def test_what_is_beyond_the_limits_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "JSON", 100)
    monkeypatch.setattr(limits, "UBJSON_VALUES", 20)
    assert set(rules(read("xgb.json"))) == {"BST105", "MAN102"}
    assert rules(read("xgb.bst")) == ["BST105"]


def test_old_binary_models_are_held_against_their_counts() -> None:
    data = read("xgb_old.bst")
    names = data.index(b"gbtree") + len(b"gbtree")
    assert data.startswith(b"binf")
    assert not rules(data[4:])
    trees = bytearray(data)
    struct.pack_into("<i", trees, names, 1 << 30)
    assert rules(bytes(trees)) == ["BST101"]
    child = bytearray(data)
    struct.pack_into("<i", child, names + 160 + 148 + 4, 1 << 20)
    assert rules(bytes(child)) == ["BST102"]
    circle = bytearray(data)
    struct.pack_into("<i", circle, names + 160 + 148 + 4, 0)
    assert rules(bytes(circle)) == ["BST107"]
    feature = bytearray(data)
    struct.pack_into("<I", feature, names + 160 + 148 + 12, 77)
    assert rules(bytes(feature)) == ["BST102"]


def test_models_in_base64_are_not_looked_into() -> None:
    assert rules(b"bs64\tAAAA") == ["ENG104"]


def test_keys_in_another_order_hide_no_model() -> None:
    model = json.loads(read("xgb.json"))
    set_in("left_children", 0, 1_000_000)(model)
    assert "BST102" in rules(to_json({"aaa": "x" * 8000, **model}))
    assert "BST102" in rules(ubjson({"aaa": "x" * 8000, **model}))


# LightGBM


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (b"left_child=1 ", b"left_child=9 ", "BST102"),
        (b"left_child=1 ", b"left_child=0 ", "BST107"),
        (b"\nsplit_feature=", b"\nsplit_feature=999999 ", "BST103"),
        (b"\nmax_feature_idx=5", b"\nmax_feature_idx=1", "BST102"),
        (b"\nnum_leaves=7", b"\nnum_leaves=8", "BST103"),
        (b"\nnum_leaves=7", b"\nnum_leaves=0", "BST101"),
        (b"\nnum_leaves=7", b"\nnum_leaves=" + b"7" * 5000, "BST101"),
        (b"\nnum_leaves=7", b"\nnum_leaves=x", "BST101"),
        (b"\nnum_leaves=7", b"\nnum_leaves=7\nnum_leaves=7", "BST106"),
        (b"\ntree_sizes=", b"\ntree_sizes=1", "BST103"),
        (b"\ntree_sizes=", b"\ntree_sizes=1 ", "BST103"),
        (b"\nleaf_value=", b"\nleaf_value=1 ", "BST103"),
        (b"\nend of trees", b"\n\0end of trees", "BST101"),
        (b"\nend of parameters", b"\n#!/bin/sh", "BST101"),
        (b"\nend of parameters", b"\n[a: b]", "BST101"),
    ],
)
def test_wrong_arithmetic_of_lightgbm(old: bytes, new: bytes, rule: str) -> None:
    data = read("lgbm_categorical.txt")
    assert old in data
    assert rule in rules(data.replace(old, new, 1), "model.txt")


def test_categories_and_linear_leaves_of_lightgbm() -> None:
    linear = read("lgbm_linear.txt")
    assert "BST103" in rules(linear.replace(b"\nnum_features=0", b"\nnum_features=1", 1))
    split = (
        b"tree\nversion=v4\nmax_feature_idx=0\nfeature_names=a\n\nTree=0\nnum_leaves=2\nnum_cat=1\nsplit_feature=0\n"
    )
    split += b"threshold=%d\ndecision_type=1\nleft_child=-1\nright_child=-2\nleaf_value=1 2\n"
    split += b"cat_boundaries=0 %d\ncat_threshold=7\n\nend of trees\n"
    assert rules(split % (0, 1)) == []
    assert rules(split % (3, 1)) == ["BST102"]
    assert rules(split % (0, 5)) == ["BST103"]
    assert rules((split % (0, 1)).replace(b"threshold=0", b"threshold=nan", 1)) == ["BST101"]


def test_a_line_without_end_is_not_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LINE", 100)
    assert rules(read("lgbm.lgb")) == ["BST101"]


# CatBoost


def cut(data: bytes, at: int, form: str, value: int) -> bytes:
    changed = bytearray(data)
    struct.pack_into(form, changed, at, value)
    return bytes(changed)


def test_offsets_and_sizes_of_catboost() -> None:
    data = read("catboost.cbm")
    assert rules(cut(data, 4, "<I", len(data))) == ["BST101"]
    assert rules(cut(data, 8, "<I", 0x7FFFFFFF)) == ["BST101"]
    assert rules(cut(data, 4, "<I", 4)) == ["BST101"]
    found: set[str] = set()
    for at in range(8, len(data) - 4, 4):
        found.update(rules(cut(data, at, "<i", 0x01000001)))
    assert {"BST101", "BST102", "BST103"} <= found
    assert "ENG204" not in found


def test_tables_of_statistics_of_catboost_reach_the_end() -> None:
    data = read("catboost_statistics.cbm")
    end = 8 + struct.unpack_from("<I", data, 4)[0]
    assert rules(cut(data, end + 4, "<I", 0x7FFFFFFF)) == ["BST101"]
    assert rules(cut(data, end, "<I", 0xFFFFFFFE)) == ["BST105"]


def test_many_trees_take_little_time() -> None:
    model = json.loads(read("xgb.json"))
    trees = model["learner"]["gradient_booster"]["model"]
    trees["trees"] *= 500
    count = len(trees["trees"])
    trees["gbtree_model_param"]["num_trees"] = str(count)
    trees["tree_info"] = [0] * count
    trees["iteration_indptr"] = list(range(count + 1))
    report = modelaudit.scan_bytes(ubjson(model))
    assert not report.issues
    assert report.duration < 5


def test_members_of_archives_are_recognised() -> None:
    model = json.loads(read("xgb.json"))
    set_in("left_children", 0, 1_000_000)(model)
    old = bytearray(read("xgb_old_dart.bst")[4:])
    struct.pack_into("<i", old, old.index(b"dart") + 4 + 160 + 148 + 4, 1 << 20)
    members = {
        "a.txt": read("lgbm.lgb").replace(b"\nnum_leaves=", b"\nnum_leaves=1", 1),
        "b.json": to_json(model),
        "c": bytes(old),
        "d": cut(read("catboost.cbm"), 4, "<I", 4),
        "e": ubjson(model),
    }
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as made:
            for name, data in members.items():
                made.writestr(name, data)
        issues = modelaudit.scan_bytes(out.getvalue(), "models.zip").issues
        assert {issue.location.members[0] for issue in issues if issue.rule.startswith("BST")} == set(members)
