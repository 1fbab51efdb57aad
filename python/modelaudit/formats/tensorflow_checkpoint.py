"""Checkpoints of TensorFlow: `x.index`, `x.data-00000-of-00001`, and the file `checkpoint` that names the newest.

What it is: the index is a sorted table of LevelDB that tells for each tensor its type, its shape, and where it lies in
which file of data; the data are numbers and strings without any header; `checkpoint` is protobuf in the text form.
What can run: nothing. Native code reads the tensors from where the index says.
What is checked: the structure of the table; each tensor against its type, its shape, and the file of data beside it;
the data as bytes that should be numbers; whether `checkpoint` leads elsewhere.
What is not checked: checksums; the values of tensors; files of data under another name than TensorFlow gives them.
References: `tensorflow/core/util/tensor_bundle/tensor_bundle.cc`, `tensorflow/core/protobuf/tensor_bundle.proto`,
`tensorflow/tsl/lib/io/table_format.txt`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit.formats.base import Format

if TYPE_CHECKING:
    from modelaudit.formats.base import Context, Probe

#: The last bytes of a table of LevelDB.
_MAGIC = b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"

_STATE = b"model_checkpoint_path:"

#: Files of data of one checkpoint whose names are known as such.
_SHARDS = 64


def _is_index(probe: Probe) -> bool:
    return probe.source.tail(len(_MAGIC)) == _MAGIC


def _scan_index(ctx: Context) -> None:
    from modelaudit.tensorflow_index import scan

    scan(ctx)


def _is_state(probe: Probe) -> bool:
    return probe.head.startswith(_STATE)


def _scan_state(ctx: Context) -> None:
    from modelaudit.tensorflow_index import scan_state

    scan_state(ctx)


def _is_data(_probe: Probe) -> bool:
    """Return False: any bytes can be data, only the name tells."""
    return False


def _scan_data(ctx: Context) -> None:
    stem, _, _ = ctx.name.rpartition(".data-")
    if not ctx.alone and ctx.beside(f"{stem}.index") is None:
        ctx.incomplete("ENG103")
        return
    ctx.descend(ctx.source, "values", raw=True)


FORMATS = (
    # The first entry of a block has no front that it shares with one before it.
    Format(name="tensorflow-index", sniff=_is_index, scan=_scan_index, suffixes=(".index",), first=b"\0", proof=True),
    Format(name="tensorflow-checkpoint", sniff=_is_state, scan=_scan_state, first=_STATE[:1], marks=((0, _STATE),)),
    Format(
        name="tensorflow-data",
        sniff=_is_data,
        scan=_scan_data,
        suffixes=tuple(f"-of-{count:05}" for count in range(1, _SHARDS + 1)),
        first=b"",
    ),
)
