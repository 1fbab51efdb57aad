"""Arrays of numpy: honest ones of all kinds, headers that attack the reader, objects, cut and lengthened files."""

from __future__ import annotations

import gzip
import io
import pickle
import struct
import warnings
from pathlib import Path

import numpy as np
import pytest

import modelaudit
from assembly import EVIL
from modelaudit import literal


def scan(data: bytes, name: str = "a.npy") -> modelaudit.Report:
    return modelaudit.scan_bytes(data, name)


def rules(report: modelaudit.Report) -> list[str]:
    return [issue.rule for issue in report.issues]


def loud(report: modelaudit.Report) -> list[str]:
    return [f"{issue.rule} {issue.message}" for issue in report.issues if issue.severity in ("warning", "critical")]


def saved(array: object, version: tuple[int, int] | None = None) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.lib.format.write_array(file, np.asanyarray(array), version=version)
    return file.getvalue()


def headed(header: str | bytes, data: bytes = b"", version: tuple[int, int] = (1, 0)) -> bytes:
    """A file with a header of any content."""
    text = header if isinstance(header, bytes) else header.encode("utf-8")
    return b"\x93NUMPY" + bytes(version) + struct.pack("<H" if version == (1, 0) else "<I", len(text)) + text + data


def described(descr: str, shape: str = "(2,)", data: bytes = b"") -> bytes:
    return headed(f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n", data)


CODES = (
    "?", "i1", "u1", "<i2", ">i2", "<u4", "<i8", ">u8", "<f2", ">f4", "<f8", "g", "<c8", "<c16", "G", "S5", "<U7",
    ">U3", "V9", "M8[ns]", "<M8[25s]", "m8[D]", "M8", "S0", "U0",
)  # fmt: skip

STRUCTURED = (
    np.dtype([("a", "<i4"), ("b", "<f8", (2, 3)), ("c", [("d", ">u2"), ("e", "S3")])]),
    np.dtype({"names": ["x", "y"], "formats": ["i1", "f8"]}, align=True),
    np.dtype({"names": ["x"], "formats": ["i4"], "titles": ["the x"]}),
    np.dtype([("größe", "<f4")]),
    np.dtype([("世界", "<f4")]),
    np.dtype([('it\'s \\ "quoted"\n', "<f4")]),
    np.dtype([]),
)


@pytest.mark.parametrize("dtype", [*map(np.dtype, CODES), *STRUCTURED], ids=str)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (0, 5), (1,) * 20], ids=str)
def test_honest_arrays_are_silent(dtype: np.dtype, shape: tuple[int, ...]) -> None:
    array = np.zeros(shape, dtype)
    for version in (None, (2, 0), (3, 0)):
        if version == (2, 0) and "世界" in (dtype.names or ()):
            continue
        report = scan(saved(array, version))
        assert rules(report) == []
        assert report.formats == ("npy",)
        assert report.files[0].coverage.status == "complete"


def test_fortran_order_and_random_numbers_are_silent() -> None:
    numbers = np.random.default_rng(1).integers(0, 255, (64, 64, 7), np.uint8)
    assert rules(scan(saved(np.asfortranarray(numbers)))) == []
    assert rules(scan(saved(numbers), "weights.bin")) == []


def test_numbers_that_begin_like_a_pickle_are_looked_into() -> None:
    assert "PKL101" in rules(scan(saved(np.frombuffer(EVIL, np.uint8))))
    assert rules(scan(saved(np.frombuffer(pickle.dumps({"a": [1, 2]}, 4), np.uint8)))) == []
    assert rules(scan(saved(np.frombuffer(b"x" + EVIL, np.uint8)))) == []


def test_headers_of_old_writers_are_read() -> None:
    assert rules(scan(described("'<f8'", "(2L,)", bytes(16)))) == []
    assert rules(scan(headed("{'shape': (), 'fortran_order': True, 'descr': u\"<f8\"}", bytes(8)))) == []


def test_arrays_that_follow_each_other_are_all_read() -> None:
    one, two = saved(np.arange(3)), saved(np.ones((2, 2)))
    assert rules(scan(one + two + one)) == []
    assert rules(scan(gzip.compress(one + two + one), "a.npy.gz")) == []
    assert rules(scan(one + two[:-1])) == ["NPY102"]
    assert rules(scan(gzip.compress(one + two[:-1]), "a.npy.gz")) == ["NPY102"]


def test_many_arrays_end_at_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modelaudit.limits, "ARRAYS", 10)
    assert rules(scan(saved(np.zeros(0)) * 11)) == ["NPY107"]


@pytest.mark.parametrize("content", [["a", None, {"b": 1}], [np.arange(3), "x"], []])
def test_honest_object_arrays_are_a_note(content: list[object]) -> None:
    array = np.empty(len(content), object)
    array[:] = content
    report = scan(saved(array))
    assert rules(report) == ["NPY106"]
    assert report.exit_code == 0
    assert report.formats == ("npy", "pickle")


@pytest.mark.parametrize(
    "descr",
    ["'|O'", "'O'", "'|O8'", "[('a', '<i4'), ('b', '|O')]", "[('a', [('b', '|O')], (2,))]", "('|O', (3,))",
     "[(('title', 'a'), '|O')]"],
)  # fmt: skip
@pytest.mark.parametrize("shape", ["(1,)", "()", "(0,)"])
def test_the_pickle_of_objects_is_scanned(descr: str, shape: str) -> None:
    report = scan(described(descr, shape, EVIL))
    assert rules(report) == ["NPY106", "PKL101", "PKL131"]
    assert report.formats == ("npy", "pickle")
    assert ":objects.pkl (pos" in str(report.issues[1].location)


def test_what_is_no_npy_is_loaded_as_a_pickle() -> None:
    assert "PKL101" in rules(scan(EVIL))


def test_compressed_objects_are_scanned() -> None:
    assert "PKL101" in rules(scan(gzip.compress(described("'|O'", "(1,)", EVIL)), "a.npy.gz"))


def test_bytes_after_the_data_are_reported_and_scanned() -> None:
    for data in (described("'<f8'", "(2,)", bytes(16) + EVIL), saved(np.zeros(0)) + EVIL):
        report = scan(data)
        assert {"NPY105", "PKL101"} <= set(rules(report))


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2,)",
        "{'descr': __import__('os').system('echo pwned'), 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), 'more': 1}",
        "{'descr': '<f8', 'fortran_order': False}",
        "{'descr': '<f8', 'descr': '|O', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (True,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2.0,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': 2}",
        "{'descr': '<f8', 'fortran_order': 0, 'shape': (2,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (" + "9" * 5000 + ",)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (" + "1," * 100 + ")}",
        "{'descr': 'object', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': 'f8,O', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': 'f', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': 'f8[ns]', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': ['aO'], 'fortran_order': False, 'shape': (2,)}",
        "{'descr': [(1, 'O')], 'fortran_order': False, 'shape': (2,)}",
        "{'descr': {'a': 'O'}, 'fortran_order': False, 'shape': (2,)}",
        "{'descr': b'O', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '|' 'O', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '\\117', 'fortran_order': False, 'shape': (2,)}",
        "{1: '<f8', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2,)} # and more",
        "['descr']",
        "(" * 100_000,
        "-" * 60_000 + "1",
        "1+" * 30_000 + "1",
        "[" * 5_000 + "]" * 5_000,
        "\0\0\0",
        "",
    ],
    ids=lambda header: header[:60] or "empty",
)
def test_headers_that_numpy_does_not_write_are_reported_and_the_rest_is_scanned(header: str) -> None:
    report = scan(headed(header, EVIL, (2, 0)))
    assert rules(report) == ["NPY104", "PKL101", "PKL131"]
    assert report.files[0].coverage.status == "partial"


def test_a_header_in_no_encoding_is_reported() -> None:
    header = b"{'descr': [('\xff', '<f8')], 'fortran_order': False, 'shape': (2,)}"
    assert rules(scan(headed(header, bytes(16), (1, 0)))) == []
    assert rules(scan(headed(header, EVIL, (3, 0)))) == ["NPY104", "PKL101", "PKL131"]


def test_a_header_without_an_honest_length_is_not_read() -> None:
    report = scan(b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + EVIL)
    assert rules(report) == ["NPY104", "PKL101", "PKL131"]


def test_a_long_header_of_an_honest_array_is_a_note() -> None:
    report = scan(saved(np.zeros(2, [(f"column {number}", "<f8") for number in range(1000)])))
    assert rules(report) == ["NPY108"]
    assert report.exit_code == 0


@pytest.mark.parametrize("version", [(0, 0), (1, 1), (4, 0), (255, 255)])
def test_unknown_versions_are_not_clean(version: tuple[int, int]) -> None:
    report = scan(b"\x93NUMPY" + bytes(version) + EVIL)
    assert rules(report) == ["NPY101", "PKL101", "PKL131"]


def test_a_header_that_is_cut_is_said_to_be() -> None:
    for data in (b"\x93NUMPY", b"\x93NUMPY\x01\x00\x10", b"\x93NUMPY\x01\x00\x10\x00{'descr"):
        assert rules(scan(data)) == ["NPY103"]


def test_what_is_an_array_by_its_name_only_is_reported() -> None:
    assert rules(scan(bytes(range(255, 0, -1)))) == ["NPY104"]


def test_a_declared_size_allocates_nothing() -> None:
    report = scan(described("'<f8'", "(1152921504606846975,)", bytes(16)))
    assert rules(report) == ["NPY102"]
    assert report.issues[0].details["declared"] == 8 * 1152921504606846975
    report = scan(gzip.compress(described("'<f8'", "(1152921504606846975,)", bytes(16))), "a.npy.gz")
    assert rules(report) == ["NPY102"]


@pytest.mark.parametrize("array", [np.arange(5.0), np.array([{"a": 1}, "b"], object)], ids=["numbers", "objects"])
@pytest.mark.parametrize("compressed", [False, True])
def test_a_cut_file_is_never_clean(array: np.ndarray, compressed: bool) -> None:
    whole = saved(array)
    for length in range(1, len(whole)):
        part = whole[:length]
        report = scan(gzip.compress(part, 1) if compressed else part, "a.npy.gz" if compressed else "a.npy")
        assert report.exit_code == 1, length
        assert report.files[0].coverage.status != "complete"


def test_flipped_bits_never_fail() -> None:
    whole = bytearray(saved(np.array([{"a": 1}, "b"], object)))
    for place in range(len(whole)):
        for bit in range(8):
            whole[place] ^= 1 << bit
            assert scan(bytes(whole)).exit_code in (0, 1)
            whole[place] ^= 1 << bit


def test_literals_are_read_as_python_reads_them() -> None:
    import ast

    for text in ("(1,)", "(1)", "()", "[1, (2, 'a\\x41\\u00e9\\n'), True, None, -3,]", '"it\'s"', "''", " [ ] "):
        assert literal.parse(text) == ast.literal_eval(text.strip())
    assert literal.parse("{'a': {1: 2}, 'a': [],}") == (("a", ((1, 2),)), ("a", []))


def test_arrays_of_the_corpus_are_silent() -> None:
    for path in sorted((Path(__file__).parent / "data").rglob("*.npy")):
        assert loud(modelaudit.scan(path)) == []
