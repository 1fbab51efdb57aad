"""Programs, libraries, byte code and scripts: ELF, PE, Mach-O, CUDA, WebAssembly, Java, dex, LLVM, compiled Python.

What it is: code for a processor, a virtual machine or a shell, as a whole file, as a member of an archive, or where a
  tensor should begin.
What can run: all of it. Compiled models are opened as libraries, which run before anything can be checked; a llamafile
  is a program; compiled Python runs when it is imported. Any other model has no use for them.
What is checked: the header, as far as loaders look at it (`rust/src/signature`).
What is not checked: what the code does.
References: the ELF specification; PE Format; `mach-o/loader.h`; WebAssembly core specification 5; JVM specification 4;
  PEP 552; CWE-506.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit import _native
from modelaudit.formats.base import Format

if TYPE_CHECKING:
    from modelaudit.formats.base import Context, Probe

_ELF = b"\x7fELF"

#: By name: the bytes that come first, and bytes that stand at a place or anywhere.
_KINDS: tuple[tuple[str, bytes | None, tuple[tuple[int | None, bytes], ...]], ...] = (
    ("pe", b"M", ((None, b"PE\0\0"),)),
    (
        "mach-o",
        b"\xfe\xce\xcf\xca",
        ((1, b"\xed\xfa"), (0, b"\xce\xfa\xed\xfe"), (1, b"\xfa\xed\xfe"), (1, b"\xfe\xba")),
    ),
    ("cuda-fatbin", b"\x50", ((0, b"\x50\xed\x55\xba"),)),
    ("wasm", b"\0", ((0, b"\0asm"),)),
    ("java-class", b"\xca", ((0, b"\xca\xfe\xba\xbe"),)),
    ("dex", b"d", ((0, b"dex\n"),)),
    ("llvm-bitcode", b"B", ((0, b"BC\xc0\xde"),)),
)

#: Interpreters of Python read their own format.
_PYTHON = b"python"


def _report(ctx: Context) -> None:
    code = _native.code_at_start(ctx.source)
    if code is not None:
        ctx.report("PAY101", 0, {"kind": code.words})


def _scan_elf(ctx: Context) -> None:
    """Report a program; where only the magic number is right, nothing runs it, and nobody has looked into it."""
    if _native.code_at_start(ctx.source) is None:
        ctx.incomplete("ENG104", None, {"format": "a native executable or library (ELF)"})
    else:
        _report(ctx)


def _format(name: str, first: bytes | None, marks: tuple[tuple[int | None, bytes], ...]) -> Format:
    def sniff(probe: Probe) -> bool:
        if not any(probe.head.startswith(mark, place) if place is not None else True for place, mark in marks):
            return False
        code = _native.code_at_start(probe.source)
        return code is not None and code.name == name

    return Format(name=name, sniff=sniff, scan=_report, first=first, proof=True, marks=marks)


def _is_compiled(probe: Probe) -> bool:
    """Return whether a code object follows a version number of Python, CR and LF."""
    if probe.head[2:4] != b"\r\n":
        return False
    code = _native.code_at_start(probe.source)
    return code is not None and code.name == "pyc"


def _scan_compiled(ctx: Context) -> None:
    ctx.report("PAY102", 0)


def _is_script(probe: Probe) -> bool:
    """Return whether the first line names an interpreter by its path, and no archive follows it."""
    line = probe.head[:256].split(b"\n", 1)[0]
    named = line.startswith(b"#!") and line[2:].lstrip(b" \t").startswith(b"/") and _PYTHON not in line
    return named and b"\0" not in probe.head and b"PK\5\6" not in probe.tail()


def _scan_script(ctx: Context) -> None:
    interpreter = ctx.head[2:256].split(b"\n", 1)[0].strip().decode("utf-8", "replace")
    ctx.report("PAY104" if ctx.is_member else "PAY103", 0, {"interpreter": interpreter})
    from modelaudit import credentials

    credentials.check_plain(ctx)


FORMATS = (
    Format(name="elf", sniff=lambda probe: probe.head.startswith(_ELF), scan=_scan_elf, first=_ELF[:1], proof=True),
    *(_format(*row) for row in _KINDS),
    Format(name="pyc", sniff=_is_compiled, scan=_scan_compiled, proof=True, marks=((2, b"\r\n"),)),
    Format(name="shell-script", sniff=_is_script, scan=_scan_script, first=b"#", marks=((0, b"#!"),)),
)
