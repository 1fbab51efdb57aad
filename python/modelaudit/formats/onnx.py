"""ONNX models: a protobuf message of graphs, functions and tensors, recognised by its fields under any name.

What it is: graphs of operators, sub-graphs in attributes, functions, and tensors, whose data may be in other files.
What can run: operators of other libraries, and those that call Python; the loader opens the files that tensors name.
What is checked: every graph, sub-graph, function and training graph; where operators come from; name, place and keys of
external data wherever a tensor can be, and whether the file beside the model has the bytes; sizes of tensors; strings
as files of their own; text of the model, its graphs and functions for credentials and encoded code; what follows it.
What is not checked: numbers of tensors but for how each begins; whether a graph does what it should; compiled plans;
files in other folders; links (the loader's own matter); text at single nodes and tensors.
References: https://github.com/onnx/onnx/blob/main/docs/IR.md, `onnx.proto`, docs/ExternalData.md;
CVE-2022-25882, CVE-2024-27318, CVE-2025-51480, CVE-2026-34445.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from modelaudit.formats.base import Format

if TYPE_CHECKING:
    from modelaudit._native import Walk
    from modelaudit.formats.base import Context, Probe

#: The tags of the fields of a model, any of which can come first.
_FIRST = b"\x08\x12\x1a\x22\x28\x32\x3a\x42\x72\xa2\xca\xd2"

#: Rules that say that something was not looked at.
_UNSEEN = frozenset({"ONX101", "ONX109", "ONX111"})


def _sniff(probe: Probe) -> bool:
    from modelaudit import _native

    return _native.sniff_onnx(probe.source)


def _scan(ctx: Context) -> None:
    from modelaudit import _native, corewalk, credentials, encoded_payload

    walk = _native.scan_onnx(ctx.source, ctx.deadline)
    corewalk.hand_on(ctx, walk, _UNSEEN)
    if ctx.wants_weights:
        _compare_weights(ctx, walk)
    if not ctx.alone:
        _hold_against_files(ctx, walk)
    for name, text, position in walk.texts:
        if ctx.deadline.expired:
            ctx.incomplete("ENG101")
            return
        credentials.check(ctx, text, position)
        encoded_payload.check(ctx, text, name, position)


def _compare_weights(ctx: Context, walk: Walk) -> None:
    """Compare the rows of the head of a classifier. Whether rows or columns are classes, its name has to tell."""
    from modelaudit import weights
    from modelaudit.heads import Matrix

    def reader(start: int) -> Callable[[int, int], bytes]:
        return lambda at, length: ctx.source.read(start + at, length)

    weights.check(
        ctx, [Matrix(name, dtype, (rows, columns), reader(at)) for name, dtype, rows, columns, at in walk.matrices]
    )


def _hold_against_files(ctx: Context, walk: Walk) -> None:
    """Check that the files beside the model have the bytes that its tensors ask for, and how those begin."""
    from modelaudit import _native

    for name, end, position in walk.files:
        source = ctx.beside(name)
        if source is None:
            ctx.report("ONX112", position, {"location": name})
            continue
        places = [(start, size) for known, start, size in walk.beside if known == name]
        for number in _native.suspects(source, places, ctx.deadline):
            start, size = places[number]
            ctx.descend(source.slice(start, size), f"{name} at {start}", raw=True)
        if source.size is not None and source.size < end:
            reason = "it is to lie behind the end of the file"
            ctx.report("ONX105", position, {"name": name, "reason": reason}, {"end": end, "size": source.size})


FORMAT = Format(name="onnx", sniff=_sniff, scan=_scan, suffixes=(".onnx",), first=_FIRST, asked=True)
