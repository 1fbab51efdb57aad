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

_SPACE = rb"(?:\s|#[^\n]*\n)*"
_OPENED = _SPACE + rb":?" + _SPACE + rb"[{<\[]"

#: Fields that only these messages have.
_OWN = (
    _SPACE + rb"(?:saved_model_schema_version" + _SPACE + rb":|(?:meta_graphs|meta_info_def|graph_def|object_graph_def"
    rb"|saver_def|collection_def|signature_def|asset_file_def)" + _OPENED + rb")"
)

#: Fields of a graph or library, whose names are common words.
_COMMON = _SPACE + rb"(?:node|library|versions|function)" + _OPENED
_OP = rb"\bop" + _SPACE + rb":" + _SPACE + rb"[\"']"


def _sniff(probe: Probe) -> bool:
    """Return whether a field of one of the messages comes first."""
    if re.match(_OWN, probe.head) is not None:
        return True
    return re.match(_COMMON, probe.head) is not None and re.search(_OP, probe.head) is not None


def _scan(ctx: Context) -> None:
    from modelaudit import credentials
    from modelaudit.tensorflow_files import report

    report(ctx, _native.scan_tensorflow_text(ctx.source, ctx.deadline))
    credentials.check_plain(ctx)


FORMAT = Format(
    name="tensorflow-text",
    sniff=_sniff,
    scan=_scan,
    suffixes=("saved_model.pbtxt",),
    # White space, a comment, or the names of the fields that are looked for.
    first=b" \t\r\n\f\v#acfglmnosv",
    # `graph_def`, `meta_graphs`, `object_graph_def`; other messages have nodes somewhere.
    marks=((None, b"node"), (None, b"_def"), (None, b"meta_graphs"), (None, b"meta_info")),
)
