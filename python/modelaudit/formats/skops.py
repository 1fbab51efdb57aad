"""skops models: a zip archive whose `schema.json` says how to build the objects, with arrays as further members.

What it is: the outer half of the format; the inner one, the tree of nodes, is in `skops_schema`.
What can run: see `skops_schema`.
What is checked: every member that is called `schema.json`, as two readers of a lying archive may find different ones.
What is not checked: the arrays, which the archive hands over as files of their own.
References: https://skops.readthedocs.io/en/stable/persistence.html, skops `io/_persist.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit import limits
from modelaudit.formats.base import Layout

if TYPE_CHECKING:
    from modelaudit._native import ZipMember
    from modelaudit.formats.base import Archive, Context

#: The member that says what the others are.
SCHEMA = "schema.json"

#: A word that every node has, and what a text without it would need to hold it all the same: escapes or wide letters.
_MARKS = (b"__loader__", b"\\u00", b"\0")


def _fits(archive: Archive) -> bool:
    schemas = map(_read, archive.members(SCHEMA))
    return any(len(schema) > limits.JSON or any(mark in schema for mark in _MARKS) for schema in schemas)


def _read(member: ZipMember) -> bytes:
    """Return the content of a member; none where it is broken, which the member's own scan tells."""
    try:
        return member.source.read(0, limits.JSON + 1)
    except OSError:
        return b""


def _scan(ctx: Context, archive: Archive) -> None:
    from modelaudit.formats.skops_schema import check

    names = frozenset(archive.names)
    for member in archive.members(SCHEMA):
        data = _read(member)
        if len(data) > limits.JSON:
            ctx.incomplete("SKO109")
            continue
        for finding in check(data, names, ctx.deadline) if data else ():
            say = ctx.incomplete if finding.rule == "ENG101" else ctx.report
            say(finding.rule, None, finding.facts, {**finding.details, "member": SCHEMA})


def _raw(name: str) -> bool:
    """Return whether a member holds a value of type bytes, as `BytesNode` writes it: any bytes at all."""
    return name.endswith(".bin")


LAYOUT = Layout(name="skops", fits=_fits, scan=_scan, raw=_raw, suffixes=(".skops",))
