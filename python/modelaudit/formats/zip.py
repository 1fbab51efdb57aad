"""Zip archives: what any reader would find in them, and what they hide.

What it is: members, each behind a header of its own, and a directory of them at the end of the file.
What can run: nothing by itself; members are scanned as files of their own. Names and links can lead out of the folder
  that the archive is unpacked into, and an archive can show different members to different readers.
What is checked: every end record, directory and local header, in `rust/src/zip`; where they contradict each other, all
  readings are scanned. What belongs to no member is scanned too. Checksums are compared where a member is read to its
  end anyway: compressed members always, stored ones only if they are small.
What is not checked: what is encrypted, or compressed by a method that is not known; both are reported.
References: PKWARE, APPNOTE.TXT 6.3.10; Info-ZIP, `proginfo/extrafld.txt`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from modelaudit import _native, limits
from modelaudit.formats.base import Archive, Format

if TYPE_CHECKING:
    from modelaudit._native import Source, ZipMember
    from modelaudit.formats.base import Context, Probe

#: Rules by which the core says that it did not see everything.
_INCOMPLETE = frozenset({"ENG101", "ZIP118", "ZIP119", "ZIP120", "ZIP126", "ZIP127", "ZIP128", "ZIP131"})

#: The length of an end record (APPNOTE 4.3.16).
_END = 22


def _sniff(probe: Probe) -> bool:
    """Return whether the file begins with a member or ends with an end record: readers go by the latter alone."""
    if probe.head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08PK\x03\x04")):
        return True
    tail = probe.tail()
    record = tail.rfind(b"PK\x05\x06")
    return record >= 0 and len(tail) - record >= _END


def _scan(ctx: Context) -> None:
    from modelaudit.formats import LAYOUTS
    from modelaudit.spool import TooLongError, seekable

    try:
        source = seekable(ctx.source, limits.SPOOL, ctx.deadline)
    except TooLongError:
        ctx.incomplete("ZIP131", None, {"limit": limits.SPOOL, "what": "bytes of a compressed archive"})
        return
    found = _native.scan_zip(source, ctx.deadline)
    told = found.complete
    for finding in found.findings:
        if finding.rule in _INCOMPLETE:
            told = True
            ctx.incomplete(finding.rule, finding.offset, finding.facts, finding.details)
        else:
            ctx.report(finding.rule, finding.offset, finding.facts, finding.details)
    if not told:
        ctx.incomplete("ZIP128", None, {"reason": "not all of it was understood"})
    archive = Archive(found)
    layouts = [layout for layout in LAYOUTS if layout.fits(archive)]
    for layout in layouts:
        ctx.seen(layout)
        layout.scan(ctx, archive)
    empty = []
    for member in found.members:
        if not member.compressed_size and not member.size:
            empty.append(member.name)
        else:
            raw = member.encrypted or any(layout.raw(member.name) for layout in layouts)
            own = next(filter(None, (layout.own(archive, member.name) for layout in layouts)), "")
            content = member.source
            checks = [_after(member, content), *(layout.after(archive, member) for layout in layouts)]
            ctx.descend(content, member.name, _in_turn([check for check in checks if check]), raw, own=own)
    ctx.pass_over(empty)
    for slack in found.slack:
        if slack.source.size == source.size:
            # Scanned as a file of its own it would be the same again.
            ctx.incomplete("ZIP128", None, {"reason": "no member of it can be read"})
            continue
        ctx.descend(slack.source, f"({slack.place})", raw=slack.place == "extra field")


def _in_turn(checks: list[Callable[[Context], None]]) -> Callable[[Context], None] | None:
    if len(checks) < 2:  # noqa: PLR2004
        return checks[0] if checks else None

    def check(ctx: Context) -> None:
        for each in checks:
            each(ctx)

    return check


def _after(member: ZipMember, content: Source) -> Callable[[Context], None] | None:
    """Return what holds a compressed member against its header, once it is scanned."""
    if content.size is not None:
        return None

    def check(ctx: Context) -> None:
        end = _native.drain(content, ctx.deadline)
        if end.status == "broken":
            ctx.incomplete("CMP101", None, {"codec": member.method, "size": end.size})
        elif end.status == "limit":
            ctx.incomplete("CMP102", None, {"codec": member.method, "limit": limits.DECODED})
        elif end.status == "deadline":
            ctx.incomplete("ENG101")
        elif end.size != member.size:
            ctx.report("ZIP111", None, {"size": end.size, "declared": member.size})
        elif end.trailing:
            ctx.incomplete("CMP103", None, {"codec": member.method, "size": end.trailing})
        elif end.crc != member.crc:
            ctx.report("ZIP109")

    return check


FORMAT = Format(name="zip", sniff=_sniff, scan=_scan, suffixes=(".zip",))
