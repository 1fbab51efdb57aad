"""Packages of torch.package: models together with the Python source that makes them.

What it is: a zip archive with one folder: pickles, Python modules, storages in `.data/`, the modules it imports from
  outside in `.data/extern_modules`.
What can run: the modules, as soon as one of the pickles is loaded, and whatever the pickles call.
What is checked: every member by its content; the presence of source, which is what makes it dangerous.
What is not checked: what the source does.
References: PyTorch, `torch/package/package_importer.py` and "torch.package" in the documentation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit.formats.base import Layout

if TYPE_CHECKING:
    from typing import Callable

    from modelaudit._native import ZipMember
    from modelaudit.formats.base import Archive, Context
    from modelaudit.torchzip import TorchZip

#: Where source of scripted models lies, which Python does not import.
_SCRIPTED = ".data/ts_code/"

#: Records of one text each.
_TEXTS = (".data/extern_modules", ".data/python_version")


def _files(archive: Archive) -> TorchZip | None:
    from modelaudit.torchzip import torch_zip

    return archive.view(torch_zip)


def _fits(archive: Archive) -> bool:
    files = _files(archive)
    return files is not None and files.is_package


def _raw(name: str) -> bool:
    return name.endswith((".storage", *_TEXTS))


def _after(_archive: Archive, member: ZipMember) -> Callable[[Context], None] | None:
    return None if _SCRIPTED in member.name else _check


def _check(ctx: Context) -> None:
    from modelaudit import pythontext

    if pythontext.is_python(ctx.name, ctx.head):
        ctx.report("PTH123", 0)


LAYOUT = Layout(name="torch-package", fits=_fits, raw=_raw, after=_after)
