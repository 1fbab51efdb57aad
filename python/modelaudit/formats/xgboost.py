"""XGBoost models in JSON and in UBJSON.

What it is: the parameters, trees or weights of a booster as one object, as text or in binary form.
What can run: nothing in the file; the native library reads it, so wrong counts and indexes are a danger to memory.
What is checked: the file to its last byte, duplicate keys, and the arithmetic of trees (`xgboost_trees`).
What is not checked: names of objectives, which are texts; texts whose typical keys stand far from both ends.
References: https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html, https://ubjson.org,
xgboost `src/common/json.cc`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit.formats.base import Format

if TYPE_CHECKING:
    from modelaudit.formats.base import Context, Probe

#: Keys of the outermost object: of a model, and of one with its configuration, as pickles hold it.
_OUTER = (b'"learner"', b'"Model"', b'"Config"', b'"version"')

#: Keys deeper in, which a text shows near its beginning or its end, whatever the order.
_INNER = (b'"gradient_booster"', b'"learner_model_param"')


def _is_ubjson(probe: Probe) -> bool:
    """Return whether an object with a long key length begins: JSON has a quote or white space there."""
    head = probe.head
    length = int.from_bytes(head[2:10], "big")
    return head.startswith(b"{L") and 0 < length <= 0xFFFF and b"\0" not in head[10 : 10 + length]  # noqa: PLR2004


def _is_json(probe: Probe) -> bool:
    if not probe.head.lstrip(b" \t\r\n").startswith(b"{"):
        return False
    head, tail = probe.head, probe.tail()
    return any(key in head or key in tail for key in _INNER) and any(key in head or key in tail for key in _OUTER)


def _scan_ubjson(ctx: Context) -> None:
    from modelaudit.xgboost_objects import scan_ubjson

    scan_ubjson(ctx)


def _scan_json(ctx: Context) -> None:
    from modelaudit.xgboost_objects import scan_json

    scan_json(ctx)


FORMATS = (
    Format(
        name="xgboost-ubjson", sniff=_is_ubjson, scan=_scan_ubjson, suffixes=(".ubj",), first=b"{", marks=((0, b"{L"),)
    ),
    Format(name="xgboost-json", sniff=_is_json, scan=_scan_json, marks=tuple((None, key) for key in _INNER)),
)
