"""TorchScript: models with their code, which torch compiles and runs without Python.

What it is: a zip checkpoint with the pickles `data.pkl` and `constants.pkl`, and source in `code/` in a subset of
  Python that has operators of torch's C++ libraries and classes of the archive only. Beside each source lies a
  `.debug_pkl` with the places its lines came from.
What can run: methods of the archive's classes, when they are called; `__setstate__` of each of them at once when the
  model is loaded. `torch.load` hands such an archive to `torch.jit.load`, in old versions even for weights only.
What is checked: which operators the code names, as source or compiled for mobile devices: those that write and read
  files, and those of libraries that are not known. In the pickles, names below `__torch__` are classes of the archive:
  TorchScript's unpickler finds them there and imports nothing; to Python's they do not exist. All other names are
  judged as in any pickle.
What is not checked: what the code computes; code that is never called is not told from code that is.
References: PyTorch, `import.cpp` and `unpickler.cpp` in `torch/csrc/jit/serialization/`; CVE-2025-32434.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit import limits
from modelaudit.formats.base import Layout

if TYPE_CHECKING:
    from typing import Callable

    from modelaudit._native import ZipMember
    from modelaudit.formats.base import Archive, Context
    from modelaudit.torchzip import TorchZip

#: The module that the classes of the archive have.
_OWN = "__torch__"

#: The record by which `torch.load` knows a scripted model.
_DISPATCH = "constants.pkl"

#: The compiled form of the code, for mobile devices: a pickle with the names of all operators in it.
_BYTECODE = "bytecode.pkl"

#: Where packages keep the scripted models inside them.
_IN_PACKAGE = ".data/ts_code/"


def _files(archive: Archive) -> TorchZip | None:
    from modelaudit.torchzip import torch_zip

    return archive.view(torch_zip)


def _fits(archive: Archive) -> bool:
    files = _files(archive)
    if files is None:
        return False
    # The record alone decides what `torch.load` does; whether there is code decides whose the classes are.
    dispatched = any(f"{folder}{_DISPATCH}" in files.by_name for folder in files.folders)
    return dispatched or bool(files.scripted) or _scripted_in_package(files)


def _scripted_in_package(files: TorchZip) -> bool:
    return files.is_package and any(_IN_PACKAGE in name for name in files.by_name)


def _is_part(archive: Archive, name: str) -> bool:
    """Return whether a member belongs to a scripted model."""
    files = _files(archive)
    if files is None:
        return False
    return files.folder_of(name) in files.scripted or (files.is_package and _IN_PACKAGE in name.lower())


def _own(archive: Archive, name: str) -> str:
    return _OWN if name.lower().endswith(".pkl") and _is_part(archive, name) else ""


def _scan(ctx: Context, _archive: Archive) -> None:
    ctx.report("PTH131")


def _after(archive: Archive, member: ZipMember) -> Callable[[Context], None] | None:
    name = member.name.lower()
    if "code/" in name and name.endswith(".py") and _is_part(archive, name):
        return _check
    return _check if name.endswith(_BYTECODE) else None


def _check(ctx: Context) -> None:
    from modelaudit import scriptcode

    data = ctx.source.head(limits.SCRIPT + 1)
    if len(data) > limits.SCRIPT:
        ctx.incomplete("PTH136", limits.SCRIPT, {"limit": limits.SCRIPT})
    look = scriptcode.look_at_bytecode if ctx.name.lower().endswith(_BYTECODE) else scriptcode.look
    code = look(data[: limits.SCRIPT].decode("latin-1"))
    for rule, named in (("PTH132", code.writes), ("PTH133", code.reads), ("PTH134", code.unknown)):
        for operator, place in named.items():
            ctx.report(rule, place, {"operator": operator})
    if code.python is not None:
        ctx.report("PTH122", code.python)
    if code.setstate is not None:
        ctx.report("PTH135", code.setstate)


LAYOUT = Layout(name="torchscript", fits=_fits, scan=_scan, after=_after, own=_own, suffixes=(".ptl",))
