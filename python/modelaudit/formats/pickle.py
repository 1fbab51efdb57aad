"""Pickle streams, protocols 0 to 5, one or several in a file.

What it is: Python's serialisation format, a program for a stack machine.
What can run: any callable that the stream names; see the rules PKL1xx.
What is checked: everything, by evaluating the program without creating what it names (`rust/src/pickle`).
What is not checked: the code of callables that are in no table; they are reported as unknown.
References: CPython, `Lib/pickle.py` and `Modules/_pickle.c`; PEP 307, 3154, 574.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit import _native
from modelaudit.formats.base import Format

if TYPE_CHECKING:
    from modelaudit._native import Finding, PickleScan
    from modelaudit.formats.base import Context, Probe

#: Opcodes with which a stream can begin: they push something and need nothing. The core looks at the rest.
_FIRST = b"\x80(FIJKLMNPSTUVXcG)]}BC\x82\x83\x84\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x95\x96\x97"


def _sniff(probe: Probe) -> bool:
    return _native.sniff_pickle(probe.source)


#: Rules by which the core says that it did not interpret everything.
_INCOMPLETE = ("PKL20", "CMP", "ENG", "PAY123")


#: The rule about bytes that are no pickle, and how few of them are not looked at.
_NO_PICKLE, _SHORTEST = "PKL203", 8


def _scan(ctx: Context) -> None:
    scan = _native.scan_pickle(ctx.source, ctx.deadline, ctx.own)
    ctx.learned.append(scan)
    told = scan.complete
    for finding in scan.findings:
        if finding.rule.startswith(_INCOMPLETE):
            told = True
            ctx.incomplete(finding.rule, finding.offset, finding.facts, finding.details)
            _hand_on(ctx, finding)
        else:
            ctx.report(finding.rule, finding.offset, finding.facts, finding.details)
    if not told:
        ctx.incomplete("PKL204", scan.bytes_read, {"limit": "not all of it was interpreted"})
    if any(storage.data is not None for storage in scan.storages):
        _compare_weights(ctx, scan)
    for position, constant, is_text in scan.carried:
        _look_into(ctx, position, constant, is_text)
    storages = [(s.data, s.size or 0) for s in scan.storages if s.data is not None]
    for number in _native.suspects(ctx.source, storages, ctx.deadline):
        start, size = storages[number]
        ctx.descend(ctx.source.slice(start, size), f"storage at {start}", raw=True)
    for nested in scan.nested:
        ctx.descend(nested.source, nested.name, raw=nested.is_buffer)


def _hand_on(ctx: Context, finding: Finding) -> None:
    """Hand over bytes between or behind streams, whatever they are."""
    size = finding.facts.get("size")
    if finding.rule == _NO_PICKLE and isinstance(size, int) and size >= _SHORTEST:
        ctx.descend(ctx.source.slice(finding.offset, size), f"bytes at {finding.offset}", raw=True)


def _look_into(ctx: Context, position: int, constant: bytes, is_text: bool) -> None:
    from modelaudit import encoded_payload

    where = f"a constant at {position}"
    if ctx.deadline.expired:
        ctx.incomplete("ENG101", position)
    elif is_text:
        encoded_payload.check(ctx, constant.decode("utf-8", "replace"), where, position)
    else:
        encoded_payload.check(ctx, constant, where, position)


def _compare_weights(ctx: Context, scan: PickleScan) -> None:
    from modelaudit import torchweights, weights

    weights.check(ctx, torchweights.matrices([scan], torchweights.in_file(scan, ctx.source)))


FORMAT = Format(
    name="pickle",
    sniff=_sniff,
    scan=_scan,
    first=_FIRST,
    sifted=True,
    suffixes=(".pkl", ".pickle", ".joblib", ".dill", ".cloudpickle", ".p"),
)
