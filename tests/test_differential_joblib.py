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
