"""XGBoost models in the binary format of versions before 2.1, which later ones no longer write.

What it is: C structures one after the other: parameters, names of objective and booster, trees or weights, attributes.
What can run: nothing in the file; the native library reads it, so wrong counts and indexes are a danger to memory.
What is checked: the file to its last byte; counts against what is there; the arithmetic of trees (`xgboost_trees`).
What is not checked: values of splits and leaves; models of versions before 0.80, and those in base64.
References: xgboost 1.7 `src/learner.cc`, `src/gbm/gbtree_model.h`, `include/xgboost/tree_model.h`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit.formats.base import Format

if TYPE_CHECKING:
    from modelaudit.formats.base import Context, Probe

#: Written in front by some interfaces.
_MAGIC = b"binf"
_BASE64 = b"bs64\t"

#: Bytes of LearnerModelParamLegacy.
_LEARNER = 136

_BOOSTERS = ("dart", "gblinear", "gbtree")

#: Bytes of a name of an objective or booster.
_NAME = 128


def _sniff(probe: Probe) -> bool:
    """Return whether the two names stand where the parameters end, or the mark of the encoding in base64 in front."""
    head = probe.head
    if head.startswith(_BASE64):
        return True
    start = len(_MAGIC) if head.startswith(_MAGIC) else 0
    at = start + _LEARNER
    length = int.from_bytes(head[at : at + 8], "little")
    objective = head[at + 8 : at + 8 + length]
    after = at + 16 + length
    return 0 < length <= _NAME and objective.isascii() and head.startswith(tuple(map(str.encode, _BOOSTERS)), after)


def _scan(ctx: Context) -> None:
    from modelaudit.xgboost_structures import scan

    if ctx.head.startswith(_BASE64):
        ctx.incomplete("ENG104", None, {"format": "an XGBoost model in base64"})
        return
    scan(ctx)


FORMAT = Format(
    name="xgboost-binary",
    sniff=_sniff,
    scan=_scan,
    suffixes=(".bst",),
    # A name stands behind its length, which is short.
    marks=((0, _BASE64), *((None, b"\0\0\0\0" + booster.encode()) for booster in _BOOSTERS)),
)
