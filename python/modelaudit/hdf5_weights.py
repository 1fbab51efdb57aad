"""Datasets of HDF5 files as matrices whose numbers can be read: where Keras keeps the weights of its layers."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Callable

from modelaudit import _native, limits
from modelaudit.heads import Matrix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelaudit._native import Hdf5Dataset, Hdf5Scan
    from modelaudit.formats.base import Context

_DTYPES = {"<f2": "float16", "<f4": "float32", "<f8": "float64"}

#: Layouts whose bytes are not in the file.
_ELSEWHERE = ("virtual", "external")


def matrices(ctx: Context, scan: Hdf5Scan) -> Iterator[Matrix]:
    """Yield the datasets that can be the weights of a layer, one column a class."""
    for dataset in scan.datasets:
        dtype = _DTYPES.get(dataset.dtype)
        if dtype is not None and len(dataset.shape) == 2 and dataset.layout not in _ELSEWHERE:  # noqa: PLR2004
            yield Matrix(dataset.path, dtype, dataset.shape, _reader(ctx, scan, dataset))


def _reader(ctx: Context, scan: Hdf5Scan, dataset: Hdf5Dataset) -> Callable[[int, int], bytes]:
    @lru_cache(maxsize=1)
    def content() -> bytes:
        # Chunks lie anywhere and are compressed one by one.
        return _native.read_dataset(scan.source, dataset, limits.HEAD_WEIGHTS, ctx.deadline) or b""

    return lambda start, length: content()[start : start + length]
