"""`keras_metadata.pb`, which Keras 2 writes into the folder of a SavedModel: the description of every layer.

What it is: protobuf, for each object its place, what kind it is, and its configuration as JSON.
What can run: the JSON makes layers, as that of any Keras model does: Lambda layers carry code.
What is checked: the encoding; each JSON is handed on and scanned as such.
What is not checked: whether the layers are those of the graph beside it.
References: keras 2.15 `keras/protobuf/saved_metadata.proto`, `keras/saving/legacy/saved_model/load.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit import _native
from modelaudit.formats.base import Format

if TYPE_CHECKING:
    from modelaudit.formats.base import Context, Probe

#: How names of kinds begin that Keras writes: `_tf_keras_layer`, `_tf_keras_model` and so on.
_KIND = b"_tf_keras_"


def _sniff(probe: Probe) -> bool:
    """Return whether an object with a kind and a configuration comes first."""
    return _KIND in probe.head and _native.sniff_keras_metadata(probe.source)


def _scan(ctx: Context) -> None:
    scan = _native.scan_keras_metadata(ctx.source, ctx.deadline)
    for finding in scan.findings:
        ctx.report(finding.rule, finding.offset, finding.facts, finding.details)
    if not scan.complete:
        ctx.incomplete("ENG101")
    for offset, text in scan.json:
        ctx.descend(text, f"metadata at {offset}.json")


FORMAT = Format(
    name="keras-metadata",
    sniff=_sniff,
    scan=_scan,
    suffixes=("keras_metadata.pb",),
    first=b"\x0a",
    marks=((None, _KIND),),
)
