"""Model archives of TorchServe (`.mar`).

What it is: a zip archive with `MAR-INF/MANIFEST.json`, a checkpoint, and often a handler in Python.
What can run: the handler and the modules it imports, when the server loads the model; `requirements.txt` is installed
  before, if the server is told to.
What is checked: every member by its content; Python source, requirements, native code.
What is not checked: what the source does; which of several handlers the manifest names.
References: TorchServe, `model-archiver/README.md` and `docs/custom_service.md`; CVE-2023-43654.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit.formats.base import Layout

if TYPE_CHECKING:
    from typing import Callable

    from modelaudit._native import ZipMember
    from modelaudit.formats.base import Archive, Context

_MANIFEST = "mar-inf/manifest.json"


def _fits(archive: Archive) -> bool:
    return f"\n{_MANIFEST}\n" in archive.glance


def _after(_archive: Archive, _member: ZipMember) -> Callable[[Context], None]:
    return _check


def _check(ctx: Context) -> None:
    from modelaudit import pythontext

    if pythontext.is_python(ctx.name, ctx.head):
        ctx.report("PTH141", 0)
    elif ctx.name.lower().rpartition("/")[2] == "requirements.txt":
        ctx.report("PTH142", 0)


LAYOUT = Layout(name="torchserve", fits=_fits, after=_after, suffixes=(".mar",))
