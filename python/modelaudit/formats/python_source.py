"""Python source, as a file or as a member of an archive.

What it is: text that Python compiles and runs.
What can run: all of it, once it is imported. Servers import the handlers of model archives, torch.package and pickles
  the modules beside them, transformers the `modeling_*.py` of a repository when it is told to (`trust_remote_code`).
What is checked: calls that run programs, code or native code, or open connections, by the names under which they were
  imported, and whether importing the source makes them. Source that cannot be parsed is looked at for words.
What is not checked: names that are computed, and what other modules do that the source calls.
References: the Python Language Reference; CWE-829.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit import limits
from modelaudit.formats.base import Format

if TYPE_CHECKING:
    from modelaudit.formats.base import Context, Probe

_SUFFIXES = (".py", ".pyw")

#: Calls of one file that are told.
_TOLD = 50


def _sniff(probe: Probe) -> bool:
    """Return whether a text is called Python by its name, or by the interpreter in its first line."""
    named = probe.name.lower().endswith(_SUFFIXES)
    if not named:
        line = probe.head[:256].split(b"\n", 1)[0]
        named = line.startswith(b"#!") and b"python" in line
    return named and b"\0" not in probe.head and b"PK\5\6" not in probe.tail()


def _scan(ctx: Context) -> None:
    from modelaudit import credentials, python_source, python_syntax

    source = ctx.source.read(0, limits.SCRIPT + 1)
    if b"\0" in source:
        # Only its name says that this is source.
        ctx.incomplete("ENG103")
        return
    if len(source) > limits.SCRIPT:
        ctx.incomplete("PAY116", None, {"limit": limits.SCRIPT})
    credentials.check_plain(ctx)
    try:
        found = python_source.uses(source)
    except python_syntax.NotParsedError:
        _words(ctx, source)
        return
    for use in found[:_TOLD]:
        _report(ctx, use.callable, use.line, use.at_import)
    if not found:
        ctx.report("PAY114")


def _report(ctx: Context, name: str, line: int, at_import: bool) -> None:
    details = {"line": line}
    if ctx.is_member and at_import:
        ctx.report("PAY111", None, {"callable": name}, details)
    elif ctx.is_member or at_import:
        when = "when it is imported" if at_import else "in one of its functions"
        ctx.report("PAY112", None, {"callable": name, "when": when}, details)
    else:
        ctx.report("PAY113", None, {"callable": name}, details)


def _words(ctx: Context, source: bytes) -> None:
    from modelaudit import python_source, python_syntax

    reason = "too long" if len(source) > python_syntax.LONGEST else "not understood by this version of Python"
    ctx.report("PAY115", None, {"reason": reason})
    for name, line in python_source.words(source)[:_TOLD]:
        # When it is called cannot be told; beside a model, most such files are old scripts.
        _report(ctx, name, line, at_import=False)


FORMAT = Format(name="python-source", sniff=_sniff, scan=_scan, named=_SUFFIXES, marks=((0, b"#!"),))
