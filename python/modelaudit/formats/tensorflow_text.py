"""Graphs of TensorFlow in the text form of protobuf: `saved_model.pbtxt`, `graph.pbtxt`.

What it is: the messages of `formats/tensorflow.py`, written as names and values.
What can run: the same ops; a loader takes `saved_model.pbtxt` where there is no `saved_model.pb`.
What is checked: the same as in the binary form, by the same tables; the syntax.
What is not checked: text under another name that begins with none of the fields of a graph.
References: https://protobuf.dev/reference/protobuf/textformat-spec/, `tensorflow/python/saved_model/loader_impl.py`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from modelaudit import _native
from modelaudit.formats.base import Format

if TYPE_CHECKING:
    from modelaudit.formats.base import Context, Probe

#: A field of one of the messages, behind white space and comments.
_FIRST = re.compile(
    rb"(?:\s|#[^\n]*\n)*(?:saved_model_schema_version|meta_graphs|meta_info_def|graph_def|saver_def|collection_def"
    rb"|signature_def|asset_file_def|object_graph_def|node|library|versions|version|function)(?:\s|#[^\n]*\n)*[:{<]"
)

#: What all graphs have at some place: nodes, or a message that holds them.
_WORDS = re.compile(rb"\b(?:node|node_def|graph_def|meta_graphs|library)\b")


def _sniff(probe: Probe) -> bool:
    """Return whether a field of a graph comes first, and one that holds nodes somewhere in the front."""
    return _FIRST.match(probe.head) is not None and _WORDS.search(probe.head) is not None


def _scan(ctx: Context) -> None:
    from modelaudit.tensorflow_files import report

    report(ctx, _native.scan_tensorflow_text(ctx.source, ctx.deadline))


FORMAT = Format(
    name="tensorflow-text",
    sniff=_sniff,
    scan=_scan,
    suffixes=("saved_model.pbtxt",),
    marks=((None, b"node"), (None, b"graph"), (None, b"library")),
)
