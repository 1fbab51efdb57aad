"""Tar archives: v7, ustar, pax and GNU, plain or in a compressed stream.

What it is: members, each behind a header block of 512 bytes; two blocks of zeros end it.
What can run: nothing by itself; members are scanned as files of their own. Extracting writes where names and links say.
What is checked: every header that some reader would see, also behind broken ones and behind the end; names, links,
devices; sizes; where headers of one member contradict each other; members with holes in both forms; bytes between and
behind members. In PyTorch's tar files, the pickles between the numbers.
What is not checked: owners, times, modes and extended attributes; the padding of a member to whole blocks.
References: POSIX.1-2024, pax; the GNU tar manual, "Basic Tar Format"; CVE-2007-4559, CVE-2025-4517, CVE-2025-62518.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit import _native
from modelaudit.formats.base import Format
from modelaudit.patience import paced

if TYPE_CHECKING:
    from modelaudit._native import TarMember, TarScan
    from modelaudit.formats.base import Context, Probe

#: Rules by which the core says that it did not see everything.
_INCOMPLETE = ("TAR101", "TAR121", "TAR122", "TAR124", "ENG")

#: Members from which on those that are harmless are counted instead of listed.
_MANY = 1000

#: A header is one block.
_BLOCK = 512


def _sniff(probe: Probe) -> bool:
    return len(probe.head) >= _BLOCK and _native.sniff_tar(probe.head)


def _scan(ctx: Context) -> None:
    scan = _native.scan_tar(ctx.source, ctx.deadline)
    for finding in scan.findings:
        say = ctx.incomplete if finding.rule.startswith(_INCOMPLETE) else ctx.report
        say(finding.rule, finding.offset, finding.facts, finding.details)
    torch = _is_torch({member.name for member in scan.members})
    for member in paced(_unsettled(ctx, scan, torch), ctx.deadline):
        parts = _pickles(member) if torch else None
        if parts is None:
            ctx.descend(member.source, member.name)
            continue
        for start, end in parts:
            ctx.descend(member.source.slice(start, end - start), f"{member.name} at {start}")


def _unsettled(ctx: Context, scan: TarScan, torch: bool) -> list[TarMember]:
    """Return the members that need a closer look; in a large archive, the others are settled in the core."""
    members = scan.members
    if torch or ctx.every_member or len(members) < _MANY:
        return members
    from modelaudit.formats import pickle
    from modelaudit.marks import sought

    left, texts, pickles = scan.sift(sought(), ctx.patterns, ctx.deadline)
    if pickles:
        ctx.seen(pickle.FORMAT)
    if texts or pickles:
        ctx.report("TAR125", None, {"count": texts + pickles})
        if ctx.patterns is not None:
            ctx.settled(scan.stored_but(left))
    return [members[index] for index in left]


def _is_torch(names: set[str]) -> bool:
    """Return whether these are the members that `torch.load` looks for in a tar archive, by exactly these names."""
    return {"pickle", "storages", "tensors"} <= names


def _pickles(member: _native.TarMember) -> list[tuple[int, int]] | None:
    """Return where the pickles lie in a member that holds numbers between them; None in any other member."""
    from modelaudit import torchtar

    if member.name not in (torchtar.STORAGES, torchtar.TENSORS):
        return None
    return torchtar.pickles(member.source, member.name)


#: Headers without a magic number have no mark; archives of many members look for their checksum.
FORMAT = Format(name="tar", sniff=_sniff, scan=_scan, suffixes=(".tar",), marks=((257, b"ustar"),), covers=True)
