"""The machine against joblib's unpickler, which reads raw array data and inner pickles out of the stream."""

from __future__ import annotations

import io

import joblib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import modelaudit
from assembly import PAYLOAD, named, text
from loaders import names_asked
from test_differential import is_safe, missed, scan, seeded

DTYPES = ["<f8", ">f4", "<i2", "|u1", "|b1", "<c16", "<U3", "|S5", "<M8[ns]", "<m8[D]", "|V3"]

ARRAYS = {
    **{dtype: np.zeros(4, dtype) for dtype in DTYPES},
    "Fortran order": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "no elements": np.zeros((0, 3)),
    "no dimensions": np.array(2.5),
    "record": np.zeros(3, [("a", "<i4"), ("b", "<f8", (2,))]),
    "objects": np.array([None, "text", 3], dtype=object),
    "record with objects": np.zeros(2, [("a", "<i4"), ("b", "O")]),
    "several": {"weights": [np.ones(300), np.arange(7)], "names": np.array(["x", "y"]), "more": (1, None)},
}


def dumped(value: object) -> bytes:
    stream = io.BytesIO()
    joblib.dump(value, stream)
    return stream.getvalue()


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_are_read_to_the_end_of_the_stream(name: str) -> None:
    data = dumped(ARRAYS[name])
    asked = names_asked(data, joblib=True)
    assert ("joblib.numpy_pickle", "NumpyArrayWrapper") in asked
    assert all(map(is_safe, asked))
    result = scan(data)
    assert (result.findings, result.complete) == ([], True)


@pytest.mark.parametrize("name", ARRAYS)
def test_what_stands_behind_an_array_is_read(name: str) -> None:
    data = dumped(ARRAYS[name])[:-1] + PAYLOAD + b"."
    asked = names_asked(data, joblib=True)
    assert ("posix", "system") in asked
    assert missed(data, asked) == set()


@pytest.mark.parametrize("compress", [("zlib", 3), ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3)])
def test_what_a_compressed_dump_holds_is_read(compress: tuple[str, int]) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, ...]:
            return eval, ("1",)

    stream = io.BytesIO()
    joblib.dump([np.arange(5), Evil()], stream, compress=compress)
    report = modelaudit.scan_bytes(stream.getvalue(), "m.joblib")
    assert "builtins.eval" in [issue.details.get("callable") or issue.message.split()[-1] for issue in report.issues]


PIECES = [PAYLOAD, PAYLOAD + b"0", named("mod", "name") + b"0", b"0", b"N", text("mod"), b"\x940", b"."]


@seeded(max_examples=300)
@given(
    st.sampled_from(["<f8", "<i2", "|S5", "|V3"]),
    st.integers(1, 40),
    st.integers(0, 10_000),
    st.sampled_from(PIECES),
    st.booleans(),
)
def test_no_name_in_a_dump_with_changed_data_is_missed(
    dtype: str, size: int, place: int, piece: bytes, cut: bool
) -> None:
    # Only from the array's bytes on: numpy itself crashes on dtypes whose state was changed.
    filler = b"\xa5" * np.dtype(dtype).itemsize * size
    data = dumped([np.frombuffer(filler, dtype), np.arange(3), "tail"])
    start = data.index(filler)
    place = start + place % (len(data) - start)
    changed = data[:place] + piece + (b"" if cut else data[place:])
    assert missed(changed, names_asked(changed, joblib=True)) == set()


def dtype(code: str, *states: bytes) -> bytes:
    """A dtype of this code, and the states that are built into it."""
    return named("numpy", "dtype") + text(code) + b"\x89\x88\x87R" + b"".join(states)


def dtype_state(order: str, size: int, alignment: int, flags: int) -> bytes:
    numbers = b"".join(b"J" + number.to_bytes(4, "little", signed=True) for number in (size, alignment, flags))
    return b"(K\x03" + text(order) + b"NNN" + numbers + b"tb"


def entries(shape: bytes, of: bytes, *more: bytes) -> bytes:
    known = [text("subclass"), named("numpy", "ndarray"), text("shape"), shape, text("order"), text("C")]
    return b"".join([*known, text("dtype"), of, text("allow_mmap"), b"\x88", *more])


WRAPPER = named("joblib.numpy_pickle", "NumpyArrayWrapper")
MADE = WRAPPER + b")\x81"
EIGHT, NONE = b"K\x08\x85", b"K\x00\x85"
ALIGNMENT = text("numpy_array_alignment_bytes")
OBJECTS = b"N."

#: What stands before the payload, and what joblib reads as array data in between: other than a plain reading would say.
FORGED = {
    "shape changed through DUP": (
        MADE + b"}(" + entries(EIGHT, dtype("f8")) + b"u2" + text("shape") + NONE + b"s0b",
        b"",
    ),
    "shape changed through the memo": (
        MADE + b"}\x94(" + entries(EIGHT, dtype("f8")) + b"uh\x00" + text("shape") + NONE + b"s0b",
        b"",
    ),
    "state filled through the memo": (
        b"}\x940" + MADE + b"h\x00(" + entries(EIGHT, dtype("f8")) + b"uh\x00" + text("shape") + NONE + b"s0b",
        b"",
    ),
    "made by a call": (
        WRAPPER + b"(" + named("numpy", "ndarray") + NONE + text("C") + dtype("f8") + b"tRNb",
        b"\0",
    ),
    "state in two parts": (MADE + b"N}(" + entries(NONE, dtype("f8")) + b"u\x86b", b""),
    "the wrapper built twice": (MADE + b"\x94}(" + entries(NONE, dtype("f8")) + b"ub0h\x00}b", b""),
    "two fields in the code": (MADE + b"}(" + entries(b"K\x02\x85", dtype("i4,i4")) + b"ub", b"\xa5" * 16),
    "objects in the code": (MADE + b"}(" + entries(b"K\x02\x85", dtype("i4,O")) + b"ub", OBJECTS),
    "objects by the flags": (
        MADE + b"}(" + entries(EIGHT, dtype("f8", dtype_state("<", -1, -1, 1))) + b"ub",
        OBJECTS,
    ),
    "no objects by the flags": (
        MADE
        + b"}("
        + entries(b"K\x01\x85", dtype("V8", dtype_state("|", 8, 1, 27), dtype_state("|", 8, 1, 0)))
        + b"ub",
        b"\xa5" * 8,
    ),
    "larger elements by the state": (
        MADE + b"}(" + entries(b"K\x01\x85", dtype("S5", dtype_state("|", 30, 1, 0))) + b"ub",
        b"\xa5" * 30,
    ),
    "alignment that is no number": (
        MADE + b"}(" + entries(b"K\x01\x85", dtype("f8"), ALIGNMENT, b"\x88") + b"ub",
        b"\x03" + b"\xa5" * 11,
    ),
    "alignment of None": (MADE + b"}(" + entries(b"K\x01\x85", dtype("f8"), ALIGNMENT, b"N") + b"ub", b"\xa5" * 8),
}


@pytest.mark.parametrize("name", FORGED)
def test_array_data_is_read_as_joblib_reads_it(name: str) -> None:
    front, raw = FORGED[name]
    data = b"\x80\x04" + front + raw + PAYLOAD + b"0N" + b"N" * 80 + b"."
    asked = names_asked(data, joblib=True)
    assert ("posix", "system") in asked
    assert missed(data, asked) == set()
    assert "critical" in [issue.severity for issue in modelaudit.scan_bytes(data, "m.joblib").issues]


def test_array_data_is_also_read_as_plain_unpicklers_do() -> None:
    # `pickle.load` knows nothing of array data and goes on with opcodes.
    data = b"\x80\x04" + MADE + b"}(" + entries(EIGHT, dtype("f8")) + b"ub" + (PAYLOAD + b"0").ljust(64, b"N") + b"."
    asked = names_asked(data)
    assert ("posix", "system") in asked
    assert ("posix", "system") not in names_asked(data, joblib=True)
    assert missed(data, asked) == set()
