"""CatBoost models in their binary format (`.cbm`).

What it is: a mark, the length of a FlatBuffer, the FlatBuffer with trees and features, then parts that it announces.
What can run: nothing in the file; the native library reads it, so wrong offsets and sizes are a danger to memory.
What is checked: every table, text and vector of the FlatBuffer against its bounds; sizes of trees against splits and
leaves; steps of trees that are not symmetric; the tables of categorical statistics, to the end of the file.
What is not checked: values of borders and leaves; the content of those tables; parts for texts and embeddings, and
what follows them.
References: catboost `catboost/libs/model/flatbuffers/model.fbs`, `features.fbs`, `ctr_data.fbs`, `model.cpp`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit.formats.base import Format

if TYPE_CHECKING:
    from modelaudit.formats.base import Context, Probe

_MAGIC = b"CBM1"


def _sniff(probe: Probe) -> bool:
    return probe.head.startswith(_MAGIC)


def _scan(ctx: Context) -> None:
    from modelaudit.catboost_model import scan

    scan(ctx)


FORMAT = Format(name="catboost", sniff=_sniff, scan=_scan, suffixes=(".cbm",), first=b"C", marks=((0, _MAGIC),))
