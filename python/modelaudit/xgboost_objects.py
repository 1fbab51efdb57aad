"""XGBoost's models in JSON and UBJSON: read whole, each tree checked when its object closes.

What is checked and what is not is told in `formats/xgboost.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit import limits
from modelaudit.formats.xgboost_trees import TreeCheck
from modelaudit.ubjson import BrokenError, LimitError, Reader
from modelaudit.window import EndedError, StoppedError, Window

if TYPE_CHECKING:
    from modelaudit.formats.base import Context
    from modelaudit.model import Detail

_FORMAT = "XGBoost"


def _check_of(ctx: Context) -> TreeCheck:
    said: set[tuple[str, Detail]] = set()

    def say(rule: str, **facts: Detail) -> None:
        key = (rule, facts.get("what", facts.get("reason")))
        if key not in said:
            said.add(key)
            ctx.report(rule, None, {"format": _FORMAT, **facts})

    return TreeCheck(say)


def scan_ubjson(ctx: Context) -> None:
    """Check a model in UBJSON to the end of its file."""
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


def scan_json(ctx: Context) -> None:
    """Check a model in JSON."""
    from modelaudit import strictjson

    data = ctx.source.read(0, limits.JSON + 1)
    if len(data) > limits.JSON:
        ctx.incomplete("BST105", limits.JSON, {"format": _FORMAT})
        return
    check = _check_of(ctx)
    try:
        parsed = strictjson.parse(data, limits.JSON_DEPTH, ctx.deadline, check.close)
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
