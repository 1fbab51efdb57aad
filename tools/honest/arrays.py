"""Arrays, generators and functions of numpy; frames, series and indexes of pandas."""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


def numpy_objects() -> Iterator[tuple[str, Any]]:
    """Yield arrays, scalars, generators and functions of numpy."""
    import numpy as np

    for code in (
        "?",
        "i1",
        "i2",
        "i4",
        "i8",
        "u1",
        "u2",
        "u4",
        "u8",
        "f2",
        "f4",
        "f8",
        "c8",
        "c16",
        "S3",
        "U3",
        "M8[ns]",
        "m8[s]",
        "V4",
    ):
        yield f"array {code}", np.zeros((2, 3), dtype=code)
        yield f"scalar {code}", np.zeros(1, dtype=code)[0]
    yield "big endian", np.arange(3, dtype=">f8")
    yield "objects", np.array([1, "a", None, [2]], dtype=object)
    yield "fortran", np.asfortranarray(np.ones((3, 4)))
    yield "structured", np.zeros(3, dtype=[("a", "i4"), ("b", "f8", (2,)), ("c", "U5")])
    yield "aligned", np.zeros(3, dtype=np.dtype([("a", "i1"), ("b", "f8")], align=True))
    yield "records", np.rec.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")])
    yield "masked", np.ma.array([1, 2, 3], mask=[False, True, False])
    yield "masked constant", np.ma.masked
    yield "masked records", np.ma.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")])
    yield "matrix", np.asmatrix(np.eye(2))
    yield "text", np.char.array(["a", "b"])
    yield "poly1d", np.poly1d([1, 2, 3])
    for name in ("Polynomial", "Chebyshev", "Legendre", "Hermite", "HermiteE", "Laguerre"):
        yield name, getattr(np.polynomial, name)([1.0, 2.0])
    yield "legacy generator", np.random.RandomState(3)
    for name in ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"):
        yield f"generator {name}", np.random.Generator(getattr(np.random, name)(1))
        yield f"bits {name}", getattr(np.random, name)(1)
    yield "seeds", np.random.SeedSequence(5)
    yield "types", [np.float32, np.int64, np.dtype("f4"), np.dtype("O"), np.ndarray, np.bool_]
    names = (
        "log1p expm1 sqrt exp log mean sum max median std nanmean abs add multiply ravel where clip concatenate argsort"
    )
    yield "functions", [getattr(np, name) for name in names.split()]


def pandas_objects() -> Iterator[tuple[str, Any]]:
    """Yield frames, series and indexes of every element type."""
    import numpy as np
    import pandas as pd

    columns: dict[str, Any] = {
        "int": [1, 2], "float": [1.0, 2.0], "bool": [True, False], "text": ["a", "b"], "object": [1, "a"],
        "category": pd.Categorical(["x", "y"]), "ordered": pd.Categorical(["x", "y"], ordered=True),
        "moment": pd.to_datetime(["2024-01-01", "2024-01-02"]),
        "zone": pd.to_datetime(["2024-01-01", "2024-01-02"], utc=True),
        "named zone": pd.to_datetime(["2024-01-01", "2024-01-02"]).tz_localize("Europe/Berlin"),
        "duration": pd.to_timedelta([1, 2], unit="D"), "period": pd.period_range("2024-01", periods=2, freq="M"),
        "interval": pd.interval_range(0, 2), "Int64": pd.array([1, None], dtype="Int64"),
        "UInt8": pd.array([1, None], dtype="UInt8"), "Float64": pd.array([1.5, None], dtype="Float64"),
        "boolean": pd.array([True, None], dtype="boolean"), "string": pd.array(["a", None], dtype="string"),
        "sparse": pd.arrays.SparseArray([0, 1]), "complex": [1j, 2j], "small": np.array([1, 2], dtype="int8"),
        "bytes": [b"a", b"b"], "lists": [[1], [2]],
    }  # fmt: skip
    for name, values in columns.items():
        yield f"column {name}", pd.DataFrame({name: values})
        yield f"series {name}", pd.Series(values, name=name)
        yield f"index {name}", pd.Index(values) if name not in ("sparse", "lists") else pd.Index([1])
    yield "frame", pd.DataFrame(columns)
    yield "multi", pd.DataFrame({"a": [1, 2]}, index=pd.MultiIndex.from_tuples([("x", 1), ("y", 2)], names=["p", "q"]))
    yield "range", pd.RangeIndex(5)
    yield (
        "scalars",
        [
            pd.Timestamp("2024-01-01", tz="UTC"),
            pd.Timedelta(1, "D"),
            pd.NaT,
            pd.NA,
            pd.Period("2024-01"),
            pd.Interval(0, 1),
        ],
    )
    offsets = """
        Day Hour Minute Second Milli Micro Nano BusinessDay MonthEnd MonthBegin QuarterEnd YearEnd Week BMonthEnd
        BusinessHour CustomBusinessDay SemiMonthEnd WeekOfMonth LastWeekOfMonth FY5253Quarter Easter DateOffset
    """
    for name in offsets.split():
        arguments = {"weekday": 1, "startingMonth": 1, "qtr_with_extra_week": 1} if name == "FY5253Quarter" else {}
        yield f"offset {name}", getattr(pd.offsets, name)(**arguments)
    yield (
        "types",
        [
            pd.CategoricalDtype(["a"]),
            pd.Int64Dtype(),
            pd.StringDtype(),
            pd.DatetimeTZDtype(tz="UTC"),
            pd.PeriodDtype("M"),
            pd.IntervalDtype("int64"),
            pd.SparseDtype("float"),
        ],
    )
    yield "grouped", pd.DataFrame({"a": [1, 2], "b": [1, 1]}).groupby("b").agg(["mean", "std"])
    yield "described", pd.DataFrame({"a": [1, 2]}).describe()
