"""Zip checkpoints of PyTorch, under any name and extension.

What it is: a zip archive with one folder: the pickle `data.pkl`, a record of plain numbers for each storage of its
  tensors (`data/0`, `data/1`, ...), and a few records that say versions.
What can run: the pickle (rules PKL1xx), in `torch.load` unless it is told to load weights only.
What is checked: every member by its content; the records against the storages that the pickle asks for; folders and
  members among which loaders choose differently; native code and Python source, which no checkpoint needs.
What is not checked: the numbers themselves, but for the head of a classifier (rules WGT1xx).
References: PyTorch, `torch/serialization.py`, `caffe2/serialize/inline_container.cc`; CVE-2025-32434, CVE-2026-24747.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from modelaudit import _native
from modelaudit.formats.base import Layout

if TYPE_CHECKING:
    from typing import Callable

    from modelaudit._native import Source, ZipMember
    from modelaudit.formats.base import Archive, Context
    from modelaudit.model import Detail
    from modelaudit.torchzip import TorchZip

#: Records of numbers: storages, versions, byte order, identity.
_RAW = re.compile(
    r"(?:^|/)(?:(?:data|constants|tensors)/\d+|\.data/\d+\.storage|version|byteorder|\.format_version"
    r"|\.storage_alignment|\.data/(?:version|serialization_id))$",
    re.IGNORECASE,
)

#: Keys of records that are named in an issue.
_NAMED = 8


def _files(archive: Archive) -> TorchZip | None:
    from modelaudit.torchzip import torch_zip

    return archive.view(torch_zip)


def _fits(archive: Archive) -> bool:
    files = _files(archive)
    return files is not None and bool(files.folders)


def _raw(name: str) -> bool:
    return _RAW.search(name) is not None


def _scan(ctx: Context, archive: Archive) -> None:
    from modelaudit.torchzip import ENTRIES

    files = _files(archive)
    if files is None:
        return
    root = files.root
    if files.folders != {root}:
        folders = ", ".join(sorted(folder or "(the top)" for folder in files.folders)[:_NAMED])
        ctx.report("PTH101", None, {"folders": folders, "root": root or "(none)"})
    for name in (folder + entry for folder in sorted(files.folders)[:_NAMED] for entry in ENTRIES):
        copies = [member for member in files.by_name.get(name, ()) if not member.variant]
        chosen = files.chosen(name) if len(copies) > 1 else None
        if chosen is not None:
            names = ", ".join(sorted({member.name for member in copies}))
            ctx.report("PTH102", chosen.header_offset, {"name": names, "copies": len(copies)}, {"chosen": chosen.name})


def _after(archive: Archive, member: ZipMember) -> Callable[[Context], None] | None:
    if _raw(member.name):
        return None
    files = _files(archive)
    if files is None:
        return None
    folder = files.folder_of(member.name)
    name = member.name.lower()[len(folder or "") :]
    known = files

    def check(ctx: Context) -> None:
        if folder is not None and name.endswith(".pkl"):
            _check_records(ctx, known, folder, name[: -len(".pkl")])
        if not known.is_package and not (folder in known.scripted and name.startswith("code/")):
            # Other layouts know what source is for in those.
            _check_python(ctx)

    return check


def _scans(ctx: Context) -> list[_native.PickleScan]:
    return [found for found in ctx.learned if isinstance(found, _native.PickleScan)]


def _check_records(ctx: Context, files: TorchZip, folder: str, stem: str) -> None:
    """Hold the storages that a pickle asks for against the records of the archive."""
    from modelaudit import torchrecords

    scans = _scans(ctx)
    if not any(scan.storages for scan in scans):
        return
    if any(len(scan.storages) >= torchrecords.MOST for scan in scans):
        ctx.incomplete("PTH115", None, {"limit": torchrecords.MOST})
    found = torchrecords.check(files, folder, stem, scans)
    if found.missing:
        first = found.missing[0]
        ctx.report("PTH111", first.position, {"key": first.key}, {"count": len(found.missing)})
    if found.short:
        first, size = found.short[0]
        facts: dict[str, Detail] = {"key": first.key, "size": size, "needed": first.size}
        ctx.report("PTH112", first.position, facts, {"numel": first.numel, "count": len(found.short)})
    if found.long:
        ctx.report("PTH113", None, {"records": len(found.long)}, {"keys": ", ".join(found.long[:_NAMED])})
    _compare_weights(ctx, files, folder, stem)
    whole = all(scan.complete for scan in scans)
    if found.unused and whole and stem == "data" and folder not in files.scripted:
        ctx.report("PTH114", None, {"records": len(found.unused)}, {"keys": ", ".join(found.unused[:_NAMED])})


def _compare_weights(ctx: Context, files: TorchZip, folder: str, stem: str) -> None:
    from modelaudit import torchrecords, torchweights, weights

    def storage(key: str) -> Source | None:
        record = torchrecords.record_of(files, folder, stem, key)
        return record[0].source if record else None

    weights.check(ctx, torchweights.matrices(_scans(ctx), storage))


def _check_python(ctx: Context) -> None:
    from modelaudit import pythontext

    is_text = not _scans(ctx) and pythontext.looks_like_python(ctx.head)
    if is_text or pythontext.is_python(ctx.name, ctx.head):
        ctx.report("PTH122", 0)


LAYOUT = Layout(
    name="pytorch",
    fits=_fits,
    scan=_scan,
    raw=_raw,
    after=_after,
    suffixes=(".pt", ".pth", ".ckpt"),
)
