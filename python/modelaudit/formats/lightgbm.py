"""LightGBM models, saved as text.

What it is: lines of `key=value`: a header, one block a tree, importances of features, parameters, pandas categories.
What can run: nothing in the file; the native library reads it, and follows the indexes of trees without looking.
What is checked: every line to the end of the file; lengths of the arrays of each tree; children, split features and
categories in range; that no tree leads back into itself; `tree_sizes` against the places where trees begin.
What is not checked: values of thresholds and leaves; the parameters, which are a record of the training.
References: CVE-2024-43598; LightGBM `src/io/tree.cpp`, `src/boosting/gbdt_model_text.cpp`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit.formats.base import Format

if TYPE_CHECKING:
    from modelaudit.formats.base import Context, Probe

_FIRST_LINES = (b"tree\n", b"tree\r\n")


def _sniff(probe: Probe) -> bool:
    return probe.head.startswith(_FIRST_LINES) and (
        b"\nversion=" in probe.head or b"\nnum_class=" in probe.head or b"\nmax_feature_idx=" in probe.head
    )


def _scan(ctx: Context) -> None:
    from modelaudit import credentials
    from modelaudit.lightgbm_model import scan

    scan(ctx)
    credentials.check_plain(ctx)


FORMAT = Format(name="lightgbm", sniff=_sniff, scan=_scan, marks=tuple((0, line) for line in _FIRST_LINES))
