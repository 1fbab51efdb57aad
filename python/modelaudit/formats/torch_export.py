"""Exported programs and compiled models of PyTorch (`.pt2`).

What it is: a zip archive: graphs in JSON (`models/*.json`), weights and constants as plain numbers or as checkpoints,
  sample inputs as checkpoints, and for AOTInductor libraries, kernels and their source (`data/aotinductor/`).
What can run: the libraries, which are opened when the model is loaded; the checkpoints, which `torch.export.load`
  may load without the weights-only restriction.
What is checked: every member by its content; native code and Python source.
What is not checked: the graphs.
References: PyTorch, `torch/export/pt2_archive/constants.py`, "PT2 Archive Spec" and "AOTInductor" in the documentation.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from modelaudit.formats.base import Layout

if TYPE_CHECKING:
    from typing import Callable

    from modelaudit._native import ZipMember
    from modelaudit.formats.base import Archive, Context

#: What only these archives have, in the two forms since torch 2.1.
_PARTS = ("archive_format\n", "data/aotinductor/", "serialized_exported_program.json\n")
_MARKS = re.compile(r"(?:^|/)(?:archive_format|data/aotinductor/.+|serialized_exported_program\.json)$")

_RAW = re.compile(
    r"(?:^|/)(?:data/weights/weight_\d+|data/constants/tensor_\d+|archive_format|archive_version|version|byteorder"
    r"|\.format_version|\.storage_alignment|\.data/(?:version|serialization_id))$"
)


def _fits(archive: Archive) -> bool:
    return any(part in archive.glance for part in _PARTS) and any(map(_MARKS.search, archive.names))


def _raw(name: str) -> bool:
    return _RAW.search(name) is not None


def _after(_archive: Archive, _member: ZipMember) -> Callable[[Context], None]:
    return _check


def _check(ctx: Context) -> None:
    from modelaudit import pythontext

    if pythontext.is_python(ctx.name, ctx.head):
        ctx.report("PTH122", 0)


LAYOUT = Layout(name="torch-export", fits=_fits, raw=_raw, after=_after, suffixes=(".pt2",))
