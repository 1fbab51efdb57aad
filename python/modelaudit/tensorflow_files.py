"""What is reported of a graph of TensorFlow in either encoding, and what its files have to do with each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelaudit._native import TensorFlowScan
    from modelaudit.formats.base import Context

#: The encodings of one message, by the ends of file names.
_TWINS = {".pb": ".pbtxt", ".pbtxt": ".pb"}


def report(ctx: Context, scan: TensorFlowScan) -> None:
    """Report what a scan of the core found, and hand on what is of other formats."""
    for finding in scan.findings:
        ctx.report(finding.rule, finding.offset, finding.facts, finding.details)
    if not scan.complete:
        ctx.incomplete("ENG101")
    for offset, text in scan.json:
        ctx.descend(text, f"keras metadata at {offset}.json")
    stem, dot, ending = ctx.name.rpartition(".")
    other = _TWINS.get(dot + ending.lower())
    if other is not None and ctx.beside(stem + other) is not None:
        ctx.report("TFG113", None, {"name": stem + other})
