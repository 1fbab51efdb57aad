"""SafeTensors: a header of JSON, then the data of tensors.

What it is: eight bytes with the length of the header; JSON with name, dtype, shape and offsets of each tensor and texts
  as metadata; the data, which the tensors tile without a hole to the end of the file.
What can run: nothing in the reference implementation. Other readers have multiplied shapes without a look at overflows
  and trusted offsets; programs evaluate metadata; bytes that belong to no tensor can be another file.
What is checked: the length of the header, its JSON, keys that stand twice, dtypes, shapes against offsets with wide
  numbers, overlaps, holes, what follows the last tensor; metadata for code that calls something dangerous, encoded
  code, credentials and nested manifests; bytes of no tensor, and tensors that begin like something else, by every
  format.
What is not checked: the values of tensors, but for how each begins and for the head of a classifier (rules WGT1xx). A
  file that is shorter than its tensors is told, not completed.
References: https://github.com/huggingface/safetensors, `safetensors/src/tensor.rs`; Trail of Bits, audit of 2023.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from modelaudit import _native
from modelaudit.formats.base import Format

if TYPE_CHECKING:
    from modelaudit._native import TensorScan
    from modelaudit.formats.base import Context, Probe

#: Rules that say that not everything was looked at.
_INCOMPLETE = frozenset({"ENG101", "STN101", "STN102", "STN109", "STN111"})

#: What a text of JSON begins with, and what loaders of YAML and templates act on.
_JSON = ("{", "[")
_ACTED_ON = ("_target_", "!!python", "{{", "{%")


def _sniff(probe: Probe) -> bool:
    return _native.sniff_safetensors(probe.head, probe.source.size)


def _scan(ctx: Context) -> None:
    found = _native.scan_safetensors(ctx.source, ctx.deadline)
    for finding in found.findings:
        tell = ctx.incomplete if finding.rule in _INCOMPLETE else ctx.report
        tell(finding.rule, finding.offset, finding.facts, finding.details)
    ctx.learned.append(found)
    _look_at_metadata(ctx, found)
    _compare_weights(ctx, found)
    for name, start, size in found.suspects:
        ctx.descend(ctx.source.slice(start, size), f"tensor {name}", raw=True)
    for start, size in found.slack:
        ctx.descend(ctx.source.slice(start, size), f"bytes of no tensor at {start}", raw=True)


def _look_at_metadata(ctx: Context, found: TensorScan) -> None:
    from modelaudit import credentials, encoded_payload, python_source

    for key, text in found.metadata:
        if ctx.deadline.expired:
            ctx.incomplete("ENG101", 8)
            return
        where = f"metadata {key}"
        nested = text.lstrip()[:1] in _JSON or any(mark in text for mark in _ACTED_ON)
        if not nested:
            # Of what is a manifest, its reader looks at that.
            credentials.check(ctx, text)
        encoded_payload.check(ctx, text, where)
        used = python_source.first_use(text.encode("utf-8", "replace"), prose=True)
        if used is not None:
            ctx.report("STN112", None, {"key": key, "callable": used})
        if nested:
            ctx.descend(_native.Source.from_bytes(text.encode("utf-8", "replace")), where)


#: Types whose values are compared.
_FLOATS = {"F16": "float16", "F32": "float32", "F64": "float64", "BF16": "bfloat16"}


def _compare_weights(ctx: Context, found: TensorScan) -> None:
    if not ctx.wants_weights:
        return
    from modelaudit import weights
    from modelaudit.heads import Matrix

    def reader(start: int) -> Callable[[int, int], bytes]:
        return lambda offset, length: ctx.source.read(start + offset, length)

    weights.check(
        ctx,
        (
            Matrix(name, _FLOATS[dtype], shape, reader(start))
            for name, dtype, shape, start, _ in found.matrices or ()
            if dtype in _FLOATS
        ),
    )


FORMAT = Format(name="safetensors", sniff=_sniff, scan=_scan, suffixes=(".safetensors",), marks=((8, b"{"),))
