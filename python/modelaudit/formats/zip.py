"""Zip archives: what any reader would find in them, and what they hide.

What it is: members, each behind a header of its own, and a directory of them at the end of the file.
What can run: nothing by itself; members are scanned as files of their own. Names and links can lead out of the folder
  that the archive is unpacked into, and an archive can show different members to different readers.
What is checked: every end record, directory and local header, in `rust/src/zip`; where they contradict each other, all
  readings are scanned. What belongs to no member is scanned too. Checksums are compared where a member is read to its
  end anyway: compressed members always, uncompressed ones up to 32 MiB of each archive, and no storages of tensors.
What is not checked: what is encrypted, or compressed by a method that is not known; both are reported.
References: PKWARE, APPNOTE.TXT 6.3.10; Info-ZIP, `proginfo/extrafld.txt`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from modelaudit import _native, limits
from modelaudit.formats.base import Archive, Format

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelaudit._native import Source, ZipMember, ZipScan
    from modelaudit.formats.base import Context, Layout, Probe

#: Rules by which the core says that it did not see everything.
_INCOMPLETE = frozenset({"ENG101", "ZIP118", "ZIP119", "ZIP120", "ZIP126", "ZIP127", "ZIP128", "ZIP131"})

#: The place of bytes that come before an archive, as the core calls it.
_PREFIX = "before the first member"

#: All places around an archive.
_AROUND = (_PREFIX, "behind the end record")

#: Bytes of uncompressed members of one archive that are read for their checksums alone: hundredths of a second.
_CHECKED = 32 << 20


def _sniff(probe: Probe) -> bool:
    """Return whether the file begins with a member or ends with an end record: readers go by the latter alone."""
    return _native.sniff_zip(probe.source)


def _scan(ctx: Context) -> None:
    source, kept = _native.spool(ctx.source, ctx.deadline)
    if kept == "full":
        ctx.incomplete("ZIP131", None, {"limit": source.size, "what": "bytes of a compressed archive"})
    found = _native.scan_zip(source, ctx.deadline)
    # What comes first may be of another format, which may hold the archive as data.
    around = _AROUND if ctx.shared and any(slack.place == _PREFIX for slack in found.slack) else ()
    _report(ctx, found, around)
    _descend(ctx, Archive(found))
    for slack in found.slack:
        if slack.source.size == source.size:
            # Scanned as a file of its own it would be the same again.
            ctx.incomplete("ZIP128", None, {"reason": "no member of it can be read"})
        elif slack.place not in around:
            ctx.descend(slack.source, f"({slack.place})", raw=slack.place == "extra field")


def _report(ctx: Context, found: ZipScan, around: tuple[str, ...]) -> None:
    told = found.complete
    for finding in found.findings:
        if finding.rule == "ZIP121" and finding.facts["place"] in around:
            ctx.report("ZIP135", finding.offset, finding.facts)
        elif finding.rule in _INCOMPLETE:
            told = True
            ctx.incomplete(finding.rule, finding.offset, finding.facts, finding.details)
        else:
            ctx.report(finding.rule, finding.offset, finding.facts, finding.details)
    if not told:
        ctx.incomplete("ZIP128", None, {"reason": "not all of it was understood"})


def _descend(ctx: Context, archive: Archive) -> None:
    from modelaudit.formats import LAYOUTS

    layouts = [layout for layout in LAYOUTS if layout.fits(archive)]
    for layout in layouts:
        ctx.seen(layout)
        layout.scan(ctx, archive)
    unread = _CHECKED
    for member in _unsettled(ctx, archive, layouts):
        raw = member.encrypted or any(layout.raw(member.name) for layout in layouts)
        own = next(filter(None, (layout.own(archive, member.name) for layout in layouts)), "")
        content = member.source
        checks = [check for layout in layouts if (check := layout.after(archive, member))]
        if content.size is None:
            checks.insert(0, _after(member, content))
        elif not raw and not member.variant and member.size == member.compressed_size <= unread:
            unread -= member.size
            checks.insert(0, _after(member, content))
        ctx.descend(content, member.name, _in_turn(checks), raw, own=own)


def _in_turn(checks: list[Callable[[Context], None]]) -> Callable[[Context], None] | None:
    if len(checks) < 2:  # noqa: PLR2004
        return checks[0] if checks else None

    def check(ctx: Context) -> None:
        for each in checks:
            each(ctx)

    return check


def _unsettled(ctx: Context, archive: Archive, layouts: list[Layout]) -> Iterator[ZipMember]:
    """Yield the members that need a closer look; the others are empty, text, or pickles that call nothing."""
    if ctx.every_member:
        yield from archive.all
        return
    if layouts:
        # What is harmless in itself may be out of place in such an archive.
        yield from (member for member in archive.all if member.size or member.compressed_size)
        return
    from modelaudit.formats import pickle
    from modelaudit.marks import sought

    left, texts, pickles = archive.scan.sift(sought(), ctx.deadline)
    if pickles:
        ctx.seen(pickle.FORMAT)
    if texts or pickles:
        ctx.report("ZIP134", None, {"count": texts + pickles})
    # Thousands of members take longer to hand out than to sift.
    yield from filter(None, map(archive.scan.member, left))


def _after(member: ZipMember, content: Source) -> Callable[[Context], None]:
    """Return what holds the content of a member against its header, once it is scanned."""

    def check(ctx: Context) -> None:
        end = _native.drain(content, ctx.deadline)
        if end.status == "broken":
            ctx.incomplete("CMP101", None, {"codec": member.method, "size": end.size})
        elif end.status == "limit":
            ctx.incomplete("CMP102", None, {"codec": member.method, "limit": min(end.size, limits.DECODED)})
        elif end.status == "deadline":
            ctx.incomplete("ENG101")
        elif end.size != member.size:
            ctx.report("ZIP111", None, {"size": end.size, "declared": member.size})
        elif end.trailing:
            ctx.incomplete("CMP103", None, {"codec": member.method, "size": end.trailing})
        elif end.crc != member.crc:
            ctx.report("ZIP109")

    return check


FORMAT = Format(
    name="zip",
    sniff=_sniff,
    scan=_scan,
    suffixes=(".zip",),
    marks=((0, b"PK\x03\x04"), (0, b"PK\x07\x08"), (None, b"PK\x05\x06")),
    behind=True,
)
