"""HDF5 files: Keras models and weights, stores of pandas and PyTables, MATLAB 7.3, NetCDF 4, AnnData.

What it is: a graph of groups and datasets behind a superblock at offset 0, 512, 1024 and so on; groups hold links, all
objects may have attributes, data is stored in one piece, in compressed chunks or in other files.
What can run: nothing by the C library itself; but links, raw data and virtual datasets lead into other files of the
machine, and filters it does not have are looked for as plugins. Keras builds a model from the JSON of attributes;
PyTables and pandas unpickle attributes and sequences of bytes; applications unpickle byte strings that they stored.
What is checked: every object that links lead to, by all indexes that the library may use; links, storage and filters
that leave the file; declared against stored sizes; JSON with class names in any attribute or small text dataset, as a
configuration of Keras; attributes, byte datasets and sequences, as nested content; bytes around the file. It is read by
a reader of our own in the core, since the C library is not made for hostile files.
What is not checked: numbers; fields of compound types; checksums; objects that only references lead to; text datasets
of more than some megabytes and compressed byte datasets beyond their front, which HDF122 lists.
References: "HDF5 File Format Specification Version 3.0"; CVE-2026-1669, CVE-2025-9905; keras,
`keras/src/legacy/saving/legacy_h5_format.py`; PyTables, `tables/attributeset.py` and `tables/atom.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit import _native, limits
from modelaudit.formats.base import Format

if TYPE_CHECKING:
    from modelaudit._native import Hdf5Scan
    from modelaudit.formats.base import Context, Probe

_MAGIC = b"\x89HDF\r\n\x1a\n"

#: Rules by which the core says that it did not see everything.
_INCOMPLETE = ("HDF101", "HDF102", "HDF103", "HDF104", "HDF118", "ENG")


def _sniff(probe: Probe) -> bool:
    if probe.head.startswith(_MAGIC):
        return True
    if any(probe.head.startswith(_MAGIC, place) for place in (512, 1024, 2048)):
        return True
    # Farther on, only a longer file can have it.
    return len(probe.head) == limits.HEAD and _native.find_hdf5(probe.source) is not None


def _scan(ctx: Context) -> None:
    from modelaudit.hdf5_values import check

    scan = _native.scan_hdf5(ctx.source, ctx.deadline)
    for finding in scan.findings:
        say = ctx.incomplete if finding.rule.startswith(_INCOMPLETE) else ctx.report
        say(finding.rule, finding.offset, finding.facts, finding.details)
    check(ctx, scan)
    if ctx.wants_weights:
        from modelaudit import hdf5_weights, weights

        weights.check(ctx, hdf5_weights.matrices(ctx, scan))
    _around(ctx, scan)


def _around(ctx: Context, scan: Hdf5Scan) -> None:
    """Report and hand over what lies before and behind the file."""
    if scan.start:
        ctx.report("HDF132", 0, {"start": scan.start})
        if not ctx.shared:
            ctx.descend(scan.source.slice(0, scan.start), "user block", raw=True)
    behind = (scan.source.size or 0) - scan.end
    # A tape archive whose first member is an HDF5 file looks like one with a user block.
    if behind > 0 and not (scan.start and ctx.shared) and not _is_empty(ctx, scan):
        ctx.report("HDF131", scan.end, {"size": behind})
        ctx.descend(scan.source.slice(scan.end, behind), f"bytes at {scan.end}")


def _is_empty(ctx: Context, scan: Hdf5Scan) -> bool:
    """Return whether nothing but zeros follows the file; what is not looked at counts as something."""
    place, size = scan.end, scan.source.size or 0
    while place < size and not ctx.deadline.expired:
        if scan.source.read(place, limits.BLOCK).strip(b"\0"):
            return False
        place += limits.BLOCK
    return place >= size


FORMAT = Format(
    name="hdf5",
    sniff=_sniff,
    scan=_scan,
    suffixes=(".h5", ".hdf5", ".h5ad"),
    marks=((None, _MAGIC),),
    proof=True,
)
