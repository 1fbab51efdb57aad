"""Weights of classification heads: whether the row of one class differs from those of all others.

In some classifiers with a backdoor it does (Fields et al. 2021, arXiv 2109.02836), in others nothing shows (Hussain et
al. 2024, arXiv 2402.16896), and honest classes differ too: rare ones above all. The evidence is weak, so that it is a
note, with its numbers, and never a reason to fail.

Measured with `tools/weight_rates.py`, which trains heads and changes a row in some: none of 300 honest heads has a row
that stands out; of those with a changed row 298 are told if a few weights are large, 292 if all are four times as big,
116 if all are shifted. Heads of real models are not so well-behaved: expect rows of rare classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from modelaudit import heads, limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from modelaudit.formats.base import Context
    from modelaudit.model import Detail

#: Deviations from the median, in scaled medians of the absolute deviations, from which on a row stands out.
DEVIATION = 6.0

#: What makes the median of absolute deviations comparable to a standard deviation of normal numbers.
_SCALE = 1.4826

#: Deviations are compared to at least this part of the median: rows that are all alike differ by their last bits.
_LEAST = 0.02


class Rows(NamedTuple):
    """What is measured of the rows of a head, one number a row."""

    norm: Any
    #: One less the mean cosine to the other rows.
    dissimilarity: Any
    #: The largest absolute weight.
    extreme: Any
    #: Numbers that are none, or infinite.
    broken: int


def check(ctx: Context, tensors: Iterable[heads.Matrix]) -> None:
    """Report rows of the head that stand out, if there is a head and somebody wants to know."""
    if not ctx.wants_weights:
        return
    head = heads.head(tensors)
    if head is None:
        return
    try:
        rows = measure(head)
    except EOFError:
        # That data is missing is for its format to tell.
        return
    if rows.broken:
        ctx.report("WGT102", None, {"tensor": head.name, "count": rows.broken})
        return
    for index, scores in outliers(rows):
        facts: dict[str, Detail] = {"tensor": head.name, "row": index, "rows": head.classes}
        numbers: dict[str, Detail] = {name: f"{score:.1f}" for name, score in scores.items()}
        ctx.report("WGT101", None, facts, {**numbers, "threshold": f"{DEVIATION:.1f}"})


def outliers(rows: Rows) -> Iterator[tuple[int, dict[str, float]]]:
    """Yield the rows that stand out by two of the three measures, with all three as robust deviations."""
    scores = {name: deviations(getattr(rows, name)) for name in ("norm", "dissimilarity", "extreme")}
    for index in range(len(rows.norm)):
        of_row = {name: float(values[index]) for name, values in scores.items()}
        if sum(abs(score) >= DEVIATION for score in of_row.values()) >= 2:  # noqa: PLR2004
            yield index, of_row


def deviations(values: Any) -> Any:
    """Return by how many robust standard deviations each value lies from the median."""
    import numpy as np

    with np.errstate(all="ignore"):
        middle = np.median(values)
        spread = _SCALE * np.median(np.abs(values - middle))
        return (values - middle) / max(spread, _LEAST * abs(middle), np.finfo("f8").tiny)


def measure(head: heads.Matrix) -> Rows:
    """Return the measures of a head: passes over its data, a few megabytes at a time.

    Raises `EOFError` where there is less data than its shape needs.
    """
    import numpy as np

    # Damaged numbers may be anything: what overflows is no row that stands out.
    with np.errstate(all="ignore"):
        return _measure(head)


def _measure(head: heads.Matrix) -> Rows:
    import numpy as np

    squares, extreme, broken = np.zeros(head.classes), np.zeros(head.classes), 0
    for rows, block in _blocks(head):
        finite = np.isfinite(block)
        broken += int(block.size - np.count_nonzero(finite))
        numbers = np.where(finite, block, 0)
        of = _classes_of(head, rows)
        squares[of] += np.square(numbers).sum(axis=1)
        extreme[of] = np.maximum(extreme[of], np.abs(numbers).max(axis=1, initial=0))
    norm = np.sqrt(squares)
    return Rows(norm, norm if broken else 1 - _mean_cosines(head, norm), extreme, broken)


def _classes_of(head: heads.Matrix, rows: slice) -> slice:
    """Return the classes that a block is about."""
    return slice(None) if head.columns_are_classes else rows


def _mean_cosines(head: heads.Matrix, norm: Any) -> Any:
    """Return the mean cosine of each row to all others."""
    import numpy as np

    safe = np.where(norm > 0, norm, 1)
    dots = np.zeros(len(norm))
    if head.columns_are_classes:
        for _, block in _blocks(head):
            unit = block / safe[:, None]
            dots += unit @ unit.sum(axis=0)
    else:
        total = np.zeros(head.features)
        for rows, block in _blocks(head):
            total += (block / safe[rows, None]).sum(axis=0)
        for rows, block in _blocks(head):
            dots[rows] = (block / safe[rows, None]) @ total
    return (dots - 1) / (len(norm) - 1)


def _blocks(head: heads.Matrix) -> Iterator[tuple[slice, Any]]:
    """Yield parts of a head as float64, one row a class: which rows of the tensor they are, and the numbers."""
    import numpy as np

    width = head.shape[1] * heads.FLOATS[head.dtype]
    step = max(1, limits.HEAD_BLOCK // width)
    for start in range(0, head.shape[0], step):
        count = min(step, head.shape[0] - start)
        data = head.read(start * width, count * width)
        if len(data) < count * width:
            raise EOFError
        if head.dtype == "bfloat16":
            block = (np.frombuffer(data, "<u2").astype("<u4") << 16).view("<f4").astype("f8")
        else:
            block = np.frombuffer(data, f"<f{heads.FLOATS[head.dtype]}").astype("f8")
        block = block.reshape(count, head.shape[1])
        yield slice(start, start + count), block.T if head.columns_are_classes else block
