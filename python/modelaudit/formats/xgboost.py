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

from modelaudit import limits
from modelaudit.formats.base import Format
from modelaudit.formats.xgboost_trees import TreeCheck
from modelaudit.ubjson import BrokenError, LimitError, Reader
from modelaudit.window import EndedError, StoppedError, Window

if TYPE_CHECKING:
    from modelaudit.formats.base import Context, Probe
    from modelaudit.model import Detail

_FORMAT = "XGBoost"

#: Keys of the outermost object: of a model, and of one with its configuration, as pickles hold it.
_OUTER = (b"learner", b"Model", b"Config", b"version")

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
    ends = probe.head + b"\n" + probe.tail()
    return any(b'"' + key + b'"' in ends for key in _OUTER) and any(key in ends for key in _INNER)


def _check_of(ctx: Context) -> TreeCheck:
    said: set[tuple[str, Detail]] = set()

    def say(rule: str, **facts: Detail) -> None:
        key = (rule, facts.get("what", facts.get("reason")))
        if key not in said:
            said.add(key)
            ctx.report(rule, None, {"format": _FORMAT, **facts})

    return TreeCheck(say)


def _scan_ubjson(ctx: Context) -> None:
    window = Window(ctx.source, ctx.deadline)
    check = _check_of(ctx)
    reader = Reader(window, check.close)
    try:
        root = reader.read()
        trailing = not window.ended()
    except BrokenError as error:
        ctx.incomplete("BST101", window.position, {"format": _FORMAT, "reason": str(error)})
        return
    except EndedError:
        ctx.incomplete("BST101", window.position, {"format": _FORMAT, "reason": "it ends too early"})
        return
    except LimitError:
        ctx.incomplete("BST105", window.position, {"format": _FORMAT})
        return
    except StoppedError:
        ctx.incomplete("ENG101" if ctx.deadline.expired else "BST105", window.position, {"format": _FORMAT})
        return
    _finish(ctx, check, root, tuple(reader.duplicates))
    if trailing:
        ctx.report("BST104", window.position, {"format": _FORMAT})
        ctx.descend(ctx.source.slice(window.position, 1 << 62), "bytes after the model")


def _scan_json(ctx: Context) -> None:
    from modelaudit import strictjson

    data = ctx.source.read(0, limits.JSON + 1)
    if len(data) > limits.JSON:
        ctx.incomplete("BST105", limits.JSON, {"format": _FORMAT})
        return
    check = _check_of(ctx)
    try:
        parsed = strictjson.parse(data, limits.JSON_DEPTH, check.close)
    except ValueError as error:
        ctx.incomplete("BST101", None, {"format": _FORMAT, "reason": str(error)})
        return
    _finish(ctx, check, parsed.value, parsed.duplicates)


def _finish(ctx: Context, check: TreeCheck, root: object, duplicates: tuple[str, ...]) -> None:
    for key in duplicates[:10]:
        ctx.report("BST106", None, {"format": _FORMAT, "key": key})
    check.model(root)
    if check.incomplete:
        ctx.incomplete("BST105", None, {"format": _FORMAT})


FORMATS = (
    Format(name="xgboost-ubjson", sniff=_is_ubjson, scan=_scan_ubjson, suffixes=(".ubj",), first=b"{"),
    Format(name="xgboost-json", sniff=_is_json, scan=_scan_json, marks=tuple((None, key) for key in _INNER)),
)
