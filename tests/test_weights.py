"""Heads of classifiers: which tensor it is, which rows stand out, and that it stays a note."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

import modelaudit
import onnxes
from archives import Member, archive
from checkpoints import state_dict, tensor
from modelaudit import heads, weights
from modelaudit.config import ScanConfig
from modelaudit.scanning import scan_paths

Array = NDArray[np.float64]


def matrix(name: str, values: Array, dtype: str = "float32") -> heads.Matrix:
    if dtype == "bfloat16":
        data = (values.astype("<f4").view("<u4") >> 16).astype("<u2").tobytes()
    else:
        data = values.astype(f"<f{heads.FLOATS[dtype]}").tobytes()
    return heads.Matrix(name, dtype, values.shape, lambda start, length: data[start : start + length])


def honest(classes: int = 10, features: int = 64, seed: int = 0) -> Array:
    return np.random.default_rng(seed).normal(0, 0.1, (classes, features))


def implanted(row: int = 3, **kwargs: int) -> Array:
    values = honest(**kwargs)
    values[row, :4] += 3
    return values


def safetensors(tensors: dict[str, Array]) -> bytes:
    header: dict[str, object] = {}
    data = b""
    for name, values in tensors.items():
        packed = values.astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": values.shape, "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def found(report: modelaudit.Report) -> list[tuple[str, object]]:
    return [(issue.rule, issue.details.get("row")) for issue in report.issues if issue.rule.startswith("WGT")]


@pytest.mark.parametrize("dtype", sorted(heads.FLOATS))
@pytest.mark.parametrize("name", ["fc.weight", "dense/kernel:0"])
def test_an_implanted_row_stands_out_in_every_type_and_direction(dtype: str, name: str) -> None:
    values = implanted(7)
    rows = weights.measure(matrix(name, values if name == "fc.weight" else values.T.copy(), dtype))
    assert [row for row, _ in weights.outliers(rows)] == [7]


def test_the_measures_are_those_of_the_whole_matrix_however_it_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    values = honest(20, 300).astype("f4").astype("f8")
    norm = np.linalg.norm(values, axis=1)
    unit = values / norm[:, None]
    cosines = (unit @ unit.T - np.eye(20)).sum(axis=1) / 19
    for block in (1, 5000, 1 << 20):
        monkeypatch.setattr("modelaudit.limits.HEAD_BLOCK", block)
        for name, given in (("fc.weight", values), ("fc/kernel", values.T.copy())):
            rows = weights.measure(matrix(name, given))
            np.testing.assert_allclose(rows.norm, norm)
            np.testing.assert_allclose(rows.dissimilarity, 1 - cosines)
            np.testing.assert_allclose(rows.extreme, np.abs(values).max(axis=1))


def test_honest_rows_do_not_stand_out() -> None:
    for seed in range(50):
        assert list(weights.outliers(weights.measure(matrix("fc.weight", honest(10, 64, seed))))) == []
    for same in (np.ones((10, 8)), np.zeros((10, 8))):
        assert list(weights.outliers(weights.measure(matrix("fc.weight", same)))) == []


@pytest.mark.parametrize(
    ("names", "shape", "expected"),
    [
        (["conv.weight", "fc.weight"], (10, 64), "fc.weight"),
        (["fc.weight", "other.weight"], (10, 64), "fc.weight"),
        (["layer.0.weight", "layer.2.weight"], (10, 64), "layer.2.weight"),
        (["model.classifier.weight"], (1000, 64), "model.classifier.weight"),
        (["fc.weight"], (4, 64), None),
        (["fc.weight"], (1001, 64), None),
        (["classifier.embedding.weight"], (10, 64), None),
        (["encoder.attention.query.weight"], (10, 64), None),
        (["classifier.bias"], (10, 64), None),
        (["lm_head.weight"], (10, 64), None),
    ],
)
def test_the_head_is_told_by_name_and_shape(names: list[str], shape: tuple[int, int], expected: str | None) -> None:
    head = heads.head([matrix(name, np.zeros(shape)) for name in names])
    assert (head and head.name) == expected


def test_models_of_language_have_no_head() -> None:
    words = heads.Matrix("embedding.weight", "float32", (30_000, 8), lambda *_: b"")
    assert heads.head([words, matrix("classifier.weight", honest())]) is None


def test_a_row_is_told_as_a_note_with_its_numbers(tmp_path: Path) -> None:
    report = modelaudit.scan_bytes(safetensors({"a.weight": honest(64, 64), "fc.weight": implanted(3)}), "m")
    assert found(report) == [("WGT101", 3)]
    issue = next(issue for issue in report.issues if issue.rule == "WGT101")
    assert issue.severity == "info"
    assert {"norm", "dissimilarity", "extreme", "threshold", "rows", "tensor"} <= set(issue.details)
    assert report.exit_code == 0


def test_weights_that_are_no_numbers_are_told() -> None:
    values = honest()
    values[1, 2], values[3, 4] = np.nan, np.inf
    report = modelaudit.scan_bytes(safetensors({"fc.weight": values}), "m")
    assert found(report) == [("WGT102", None)]
    assert next(iter(report.issues)).details["count"] == 2


def test_heads_of_checkpoints_of_torch_are_compared(tmp_path: Path) -> None:
    data = implanted(5).astype("<f4").tobytes()
    pickled = state_dict(tensor("0", (10, 64), 640))
    made = archive(Member(b"m/data.pkl", pickled), Member(b"m/data/0", data), Member(b"m/version", b"3\n"))
    path = tmp_path / "m.pt"
    path.write_bytes(made)
    assert found(modelaudit.scan(path)) == [("WGT101", 5)]


def test_the_choice_of_the_caller_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(safetensors({"fc.weight": implanted(3)}))

    def rows(mode: str) -> list[tuple[str, object]]:
        return found(scan_paths([str(path)], ScanConfig(weights=mode)))

    assert rows("off") == []
    assert rows("on") == rows("auto") == [("WGT101", 3)]
    monkeypatch.setattr("modelaudit.limits.WEIGHTS_FILE", 10)
    assert rows("auto") == []
    assert rows("on") == [("WGT101", 3)]
    with pytest.raises(ValueError, match="weights must be one of"):
        ScanConfig(weights="perhaps")


def test_missing_data_is_no_error() -> None:
    data = safetensors({"fc.weight": honest()})
    report = modelaudit.scan_bytes(data[:-100], "m")
    assert not {issue.rule for issue in report.issues} & {"WGT101", "WGT102", "ENG204"}


@pytest.mark.parametrize("chunks", [None, (16, 4)])
@pytest.mark.parametrize("name", ["model_weights/predictions/predictions/kernel:0", "layers/dense_1/vars/0"])
def test_heads_of_keras_are_compared(tmp_path: Path, name: str, chunks: tuple[int, int] | None) -> None:
    path = tmp_path / "m.weights.h5"
    with h5py.File(path, "w") as file:
        packing = "gzip" if chunks else None
        file.create_dataset(name, data=implanted(4).T.astype("f4"), chunks=chunks, compression=packing)
        file.create_dataset("optimizer/vars/1", data=implanted(6).T.astype("f4"))
    assert found(modelaudit.scan(path)) == [("WGT101", 4)]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(("name", "told"), [("fc.weight.npy", True), ("classifier.kernel.npy", True), ("x.npy", False)])
def test_arrays_are_compared_if_they_are_called_heads(tmp_path: Path, name: str, told: bool, order: str) -> None:
    values = implanted(2).T if "kernel" in name else implanted(2)
    np.save(tmp_path / name, np.asarray(values, "f4", order=order))  # type: ignore[call-overload]
    assert found(modelaudit.scan(tmp_path)) == ([("WGT101", 2)] if told else [])


@pytest.mark.parametrize("name", ["fc.weight", "dense/kernel"])
def test_heads_of_onnx_models_are_compared(name: str) -> None:
    values = implanted(8).astype("<f4") if name == "fc.weight" else implanted(8).T.astype("<f4").copy()
    weight = onnxes.tensor(name=name, dims=values.shape, raw=values.tobytes())
    data = onnxes.model(onnxes.graph(onnxes.node("Gemm"), initializers=(weight,)))
    assert found(modelaudit.scan_bytes(data, "m.onnx")) == [("WGT101", 8)]
