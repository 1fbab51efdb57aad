"""Native code by the bytes it begins with: what a system or a virtual machine would run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelaudit.formats.base import Context

#: Sources: the ELF specification, PE/COFF, `mach-o/loader.h`, the JVM and WebAssembly specifications, LLVM's bitcode
#: format, ART's `dex` format, CUDA's fat binaries.
_MAGIC = (
    (b"\x7fELF", "an ELF program or library"),
    (b"\xfe\xed\xfa\xce", "a Mach-O program or library"),
    (b"\xfe\xed\xfa\xcf", "a Mach-O program or library"),
    (b"\xce\xfa\xed\xfe", "a Mach-O program or library"),
    (b"\xcf\xfa\xed\xfe", "a Mach-O program or library"),
    (b"\xca\xfe\xba\xbe", "a Java class or a Mach-O library"),
    (b"\xca\xfe\xba\xbf", "a Mach-O library"),
    (b"\0asm\x01\0\0\0", "a WebAssembly module"),
    (b"BC\xc0\xde", "LLVM bitcode"),
    (b"dex\n03", "Android byte code"),
    (b"!<arch>\n", "an archive of object code"),
    (b"\x50\xed\x55\xba\x01\0", "a CUDA program"),
)

_ALL = tuple(magic for magic, _ in _MAGIC)


def native(head: bytes) -> str | None:
    """Return what kind of native code begins with these bytes; None for anything else."""
    if head.startswith(_ALL):
        return next(words for magic, words in _MAGIC if head.startswith(magic))
    if head.startswith(b"MZ") and head.startswith(b"PE\0\0", int.from_bytes(head[60:64], "little")):
        return "a Windows program or library"
    return None


def report(ctx: Context) -> None:
    """Report a member of a model that is native code."""
    kind = native(ctx.head)
    if kind is not None:
        ctx.report("PTH121", 0, {"kind": kind})
