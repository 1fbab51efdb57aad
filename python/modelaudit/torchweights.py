"""Tensors that a pickle of torch would rebuild, as matrices whose numbers can be read from their storages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from modelaudit.heads import FLOATS, Matrix

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from modelaudit._native import PickleScan, Source, Tensor

#: Types by the names of storage classes and of dtypes.
_DTYPES = {
    "FloatStorage": "float32", "HalfStorage": "float16", "DoubleStorage": "float64", "BFloat16Storage": "bfloat16",
    "float32": "float32", "float16": "float16", "float64": "float64", "bfloat16": "bfloat16",
}  # fmt: skip


def matrices(scans: Iterable[PickleScan], storage: Callable[[str], Source | None]) -> Iterator[Matrix]:
    """Yield the tensors of pickles; `storage` returns the bytes of a storage by its key."""
    for scan in scans:
        for tensor in scan.tensors:
            matrix = _matrix(tensor, storage)
            if matrix is not None:
                yield matrix


def _matrix(tensor: Tensor, storage: Callable[[str], Source | None]) -> Matrix | None:
    dtype = _DTYPES.get(tensor.dtype.rpartition(".")[2])
    shape = tensor.shape
    if dtype is None or len(shape) != 2 or tensor.stride not in ([], [shape[1], 1]):  # noqa: PLR2004
        return None
    start = tensor.offset * FLOATS[dtype]

    def read(offset: int, length: int) -> bytes:
        source = storage(tensor.storage)
        return b"" if source is None else source.read(start + offset, length)

    return Matrix(tensor.name, dtype, shape, read, by_columns=False)


def in_file(scan: PickleScan, source: Source) -> Callable[[str], Source | None]:
    """Return where storages are that follow the pickles in the same file."""
    places = {known.key: known for known in scan.storages if known.data is not None}

    def storage(key: str) -> Source | None:
        known = places.get(key)
        return None if known is None or known.data is None else source.slice(known.data, known.size or 0)

    return storage
