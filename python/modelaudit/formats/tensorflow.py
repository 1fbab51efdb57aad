"""Graphs of TensorFlow in protobuf: SavedModel, MetaGraphDef, frozen GraphDef, libraries of functions.

What it is: messages of nodes, each with an op, its inputs and attributes; graphs inside functions and inside strings.
What can run: ops. Some call Python, read and write files or open connections, when the graph runs and, from the main op
or an initialiser, when the model is loaded. Descriptions of Keras layers in a SavedModel are JSON of their own.
What is checked: every node of every graph, function and graph in a string against the table of registered ops
(`rust/rules/tensorflow`); constant file names; names of assets; what runs when the model is loaded; the encoding.
What is not checked: what a graph computes; file names that it computes; strings that only decoding (base64, gzip)
turns into graphs; code that a library of custom ops brings along.
References: `tensorflow/core/protobuf/saved_model.proto`, `meta_graph.proto`; `tensorflow/core/framework/graph.proto`,
`function.proto`; TensorFlow's SECURITY.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit import _native
from modelaudit.formats.base import Format

if TYPE_CHECKING:
    from modelaudit.formats.base import Context, Probe

#: Wire types of the first field: a number, eight bytes, text or a message, four bytes.
_WIRE_TYPES = (0, 1, 2, 5)


def _sniff(probe: Probe) -> bool:
    """Return whether a node with a registered op stands where a graph has its nodes."""
    return probe.head[0] & 7 in _WIRE_TYPES and b"\x12" in probe.head and _native.sniff_tensorflow(probe.source)


def _scan(ctx: Context) -> None:
    from modelaudit.tensorflow_files import report

    report(ctx, _native.scan_tensorflow(ctx.source, ctx.deadline))


FORMAT = Format(
    name="tensorflow",
    sniff=_sniff,
    scan=_scan,
    suffixes=(".pb",),
    # The tag of the op of a node.
    marks=((None, b"\x12"),),
)
