"""Arrays of numpy, `.npy`, format versions 1.0, 2.0 and 3.0.

What it is: a header, which is a Python dict written as text, and the bytes of one array behind it.
What can run: arrays of objects are a pickle, which `numpy.load(allow_pickle=True)` loads; the header itself is a
literal that numpy parses, so that a deep or long one can exhaust the reader.
What is checked: the header, by a parser of its own; whether the data has the declared size; pickles of objects; what
follows the data. Several arrays in one file, as `numpy.save` appends them, are all read.
What is not checked: the numbers of an array, but for how they begin: programs and pickles are looked into.
References: numpy, `numpy/lib/_format_impl.py` and NEP 1; CVE-2019-6446.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from modelaudit import _native, limits
from modelaudit.formats.base import Format
from modelaudit.patience import ensure

if TYPE_CHECKING:
    from modelaudit._native import Source
    from modelaudit.formats.base import Context, Probe

_MAGIC = b"\x93NUMPY"

#: By version: the bytes of the length of the header, and its encoding.
_VERSIONS = {(1, 0): (2, "latin-1"), (2, 0): (4, "latin-1"), (3, 0): (4, "utf-8")}

_SUFFIX = ".npy"

_KEYS = {"descr", "fortran_order", "shape"}

#: A header as numpy writes it where the dtype has no fields; any other literal takes longer to read.
_SIZE = rb"(?:0|[1-9]\d{0,18})"
_WRITTEN = re.compile(
    rb"\{'descr': '([<>|][A-Za-z]\d{0,9})', 'fortran_order': (True|False), "
    rb"'shape': \(((?:" + _SIZE + rb",)?|" + _SIZE + rb"(?:, " + _SIZE + rb"){1,31})\), \} *\n"
)

#: `_MAX_HEADER_SIZE` of numpy: longer headers are refused, unless pickles are allowed.
_LONGEST = 10_000

#: Bytes of a header that are parsed in a second.
_PARSED = 500e3


class _Array(NamedTuple):
    """Where an array lies, and what its header says."""

    data: int
    size: int
    objects: bool
    #: Code of its dtype, empty where it has fields; dimensions; whether the first of them varies fastest.
    dtype: str
    shape: tuple[int, ...]
    fortran: bool


def _sniff(probe: Probe) -> bool:
    return probe.head.startswith(_MAGIC)


def _scan(ctx: Context) -> None:
    start, source = 0, ctx.source
    for _ in range(limits.ARRAYS):
        array = _header(ctx, source, start)
        if array is None:
            return
        if array.objects:
            _objects(ctx, source, start, array.data)
            return
        if len(array.shape) == 2 and ctx.wants_weights:  # noqa: PLR2004
            _compare_weights(ctx, source, array)
        end = array.data + array.size
        if _native.suspects(source, [(array.data, array.size)], ctx.deadline):
            ctx.descend(source.slice(array.data, array.size), f"array at {array.data}", raw=True)
        following = _read(source, end, len(_MAGIC))
        if not following:
            _say_if_cut(ctx, source, array)
            return
        if not following.startswith(_MAGIC):
            ctx.report("NPY105", end)
            ctx.descend(source.slice(end, limits.DECODED), f"bytes at {end}")
            return
        if ctx.deadline.expired:
            ctx.incomplete("ENG101", end)
            return
        # Each further look at a compressed stream would decompress all before it again.
        start = end
        source, kept = _native.spool(source, ctx.deadline)
        if kept == "full":
            ctx.incomplete("NPY107", end, {"limit": "as many bytes as can be kept of a compressed stream"})
            return
    ctx.incomplete("NPY107", start, {"limit": limits.ARRAYS})


def _compare_weights(ctx: Context, source: Source, array: _Array) -> None:
    """Compare the rows of an array whose file or member is called as heads of classifiers are."""
    from modelaudit import heads, weights

    name = ctx.name[: -len(_SUFFIX)] if ctx.name.endswith(_SUFFIX) else ctx.name
    dtype = {"<f2": "float16", "<f4": "float32", "<f8": "float64"}.get(array.dtype)
    if dtype is None or not heads.is_named(name):
        return
    shape = array.shape[::-1] if array.fortran else array.shape
    by_columns = heads.Matrix(name, dtype, shape, lambda *_: b"").columns_are_classes != array.fortran
    matrix = heads.Matrix(name, dtype, shape, lambda at, n: _read(source, array.data + at, n), by_columns)
    weights.check(ctx, [matrix])


def _objects(ctx: Context, source: Source, start: int, data: int) -> None:
    ctx.report("NPY106", start)
    if _read(source, data, 1):
        ctx.descend(source.slice(data, limits.DECODED), "objects.pkl")
    else:
        ctx.incomplete("NPY102", data, {"declared": "some", "size": 0})


def _read(source: Source, offset: int, length: int) -> bytes:
    """Return bytes of the source; none behind its end, or where a compressed stream breaks: its scan says so."""
    if offset >= limits.DECODED:
        return b""
    try:
        return source.read(offset, length)
    except OSError:
        if source.size is None:
            return b""
        raise


def _say_if_cut(ctx: Context, source: Source, array: _Array) -> None:
    """Report an array that has fewer bytes than its header declares."""
    if array.size == 0:
        return
    size = source.size
    if size is None:
        cut = not _read(source, array.data + array.size - 1, 1)
        there: int | str = "fewer"
    else:
        cut = size < array.data + array.size
        there = max(size - array.data, 0)
    if cut:
        ctx.incomplete("NPY102", array.data, {"declared": array.size, "size": there})


def _header(ctx: Context, source: Source, start: int) -> _Array | None:
    """Return what the header at an offset declares, or report why it cannot be told."""
    front = _read(source, start, 12)
    if not front.startswith(_MAGIC[: len(front)]):
        # Only its name says that this is an array. The loader would go on to take it for a pickle, which it is not.
        ctx.incomplete("NPY104", start, {"reason": "it does not begin like one"})
        return None
    version = (front[6], front[7]) if len(front) >= 8 else None  # noqa: PLR2004
    if version is None or (version in _VERSIONS and len(front) < 8 + _VERSIONS[version][0]):
        ctx.incomplete("NPY103", start)
        return None
    if version not in _VERSIONS:
        ctx.incomplete("NPY101", start, {"version": f"{version[0]}.{version[1]}"})
        ctx.descend(source.slice(start + 8, limits.DECODED), f"bytes at {start + 8}")
        return None
    width, encoding = _VERSIONS[version]
    length = int.from_bytes(front[8 : 8 + width], "little")
    text_at = start + 8 + width
    if length > limits.ARRAY_HEADER:
        _odd(ctx, source, text_at, "longer than any honest one", text_at)
        return None
    raw = _read(source, text_at, length)
    if len(raw) < length:
        ctx.incomplete("NPY103", start)
        return None
    return _declared(ctx, source, raw, encoding, text_at)


def _declared(ctx: Context, source: Source, raw: bytes, encoding: str, text_at: int) -> _Array | None:
    from modelaudit import dtypes, literal

    data = text_at + len(raw)
    ensure(ctx.deadline, len(raw), _PARSED)
    try:
        declared = _as_written(raw) or _fields(literal.parse(raw.decode(encoding)))
        element = dtypes.layout(declared["descr"])
        size = element.size * dtypes.count(declared["shape"])
    except UnicodeDecodeError:
        _odd(ctx, source, text_at, "not UTF-8", data)
    except (literal.NotLiteralError, dtypes.NotUnderstoodError) as error:
        _odd(ctx, source, text_at, str(error), data)
    else:
        if len(raw) > _LONGEST:
            ctx.report("NPY108", text_at, {"size": len(raw)})
        dtype = declared["descr"] if isinstance(declared["descr"], str) else ""
        return _Array(data, size, element.objects, dtype, declared["shape"], declared["fortran_order"])
    return None


def _as_written(raw: bytes) -> dict[str, Any] | None:
    """Return the dict of a header of numbers as numpy writes it, None for any other."""
    found = _WRITTEN.fullmatch(raw)
    if found is None:
        return None
    descr, order, shape = found.groups()
    sizes = tuple(int(size) for size in shape.split(b",") if size)
    return {"descr": descr.decode("ascii"), "fortran_order": order == b"True", "shape": sizes}


def _fields(header: Any) -> dict[str, Any]:
    """Return the dict of a header. Raises `NotLiteralError` where numpy would refuse it, or where readers differ."""
    from modelaudit.literal import NotLiteralError, Pairs

    if not isinstance(header, Pairs):
        raise NotLiteralError("not a dict")
    keys = [key for key, _ in header if isinstance(key, str)]
    if len(keys) < len(header):
        raise NotLiteralError("a key that is no text")
    if len(set(keys)) < len(keys):
        raise NotLiteralError("a key that stands there twice")
    if set(keys) != _KEYS:
        raise NotLiteralError("other keys than descr, fortran_order and shape")
    found = dict(header)
    if not isinstance(found["fortran_order"], bool) or type(found["shape"]) is not tuple:
        raise NotLiteralError("values of odd types")
    return found


def _odd(ctx: Context, source: Source, at: int, reason: str, data: int) -> None:
    """Report a header that numpy does not write; what follows it may be a pickle for all that can be told."""
    ctx.incomplete("NPY104", at, {"reason": reason})
    ctx.descend(source.slice(data, limits.DECODED), f"bytes at {data}")


FORMAT = Format(name="npy", sniff=_sniff, scan=_scan, suffixes=(_SUFFIX,), first=_MAGIC[:1])
