"""What a walk of the core over a file leaves, handed on to the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from modelaudit._native import Walk
    from modelaudit.formats.base import Context

#: The end of the time ends every walk early.
_LATE = "ENG101"


def hand_on(ctx: Context, walk: Walk, unseen: Collection[str]) -> None:
    """Report what was found, and hand over bytes; `unseen` are rules that say what was not seen."""
    for finding in walk.findings:
        say = ctx.incomplete if finding.rule in unseen or finding.rule == _LATE else ctx.report
        say(finding.rule, finding.offset, finding.facts, finding.details)
    for start, length in walk.loose:
        ctx.descend(ctx.source.slice(start, length), f"bytes at {start}")
    for start, length in walk.nested:
        ctx.descend(ctx.source.slice(start, length), f"bytes at {start}", raw=True)
