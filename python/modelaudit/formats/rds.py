"""Objects of R, `.rds`, and saved workspaces, `.RData` and `.rda`, in all three encodings, usually compressed.

What it is: one tree of R objects: vectors, lists, environments, functions, calls. A workspace is a list with names.
What can run: promises, which are code that R runs when their value is used (CVE-2024-27322); `.First` and `.Last` of a
workspace; functions and calls when the model is used; vectors whose package makes them from what stands in the file.
What is checked: every object to the end of the file, where promises stand and what they call, which functions of a
workspace run by themselves, names in code that start programs, how vectors are kept; raw vectors as files of their own.
What is not checked: what other functions do when the model is used, text that code might parse, packages that R loads
because the file names them, workspaces of version 1 (before R 1.4).
References: R Internals, "Serialization Formats", https://cran.r-project.org/doc/manuals/r-release/R-ints.html;
R's `src/main/serialize.c`; https://blog.r-project.org/2024/05/10/statement-on-cve-2024-27322/; CVE-2024-27322.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit.formats.base import Format

if TYPE_CHECKING:
    from modelaudit.formats.base import Context, Probe

#: Workspaces in each encoding; those of version 1 are recognised to be told.
_WORKSPACES = tuple(b"RD" + kind + version + b"\n" for kind in (b"X", b"A", b"B") for version in (b"1", b"2", b"3"))

#: Objects: the encoding, then the version of the format as a number in it.
_OBJECTS = tuple(
    mark
    for version in range(1, 10)
    for mark in (
        b"X\n\0\0\0" + bytes([version]),
        b"B\n\0\0\0" + bytes([version]),
        b"B\n" + bytes([version]) + b"\0\0\0",
    )
)
_TEXT = (b"A\n", b"\nA\n")

#: Rules that say that something was not looked at.
_UNSEEN = frozenset({"RDS101", "RDS109", "RDS110"})


def _sniff(probe: Probe) -> bool:
    head = probe.head
    return head.startswith((*_WORKSPACES, *_OBJECTS)) or (head.startswith(_TEXT) and _is_text(head))


def _is_text(head: bytes) -> bool:
    """Return whether three small numbers follow, each on a line of its own, as no other text has them."""
    words = head.lstrip(b"\n").split(b"\n", 4)
    return len(words) == 5 and all(word.isdigit() for word in words[1:4]) and len(words[1]) == 1  # noqa: PLR2004


def _scan(ctx: Context) -> None:
    from modelaudit import _native, corewalk

    corewalk.hand_on(ctx, _native.scan_rds(ctx.source, ctx.deadline), _UNSEEN)


FORMAT = Format(
    name="rds",
    sniff=_sniff,
    scan=_scan,
    suffixes=(".rds", ".rdata", ".rda"),
    first=b"XAB\nR",
    marks=tuple((0, mark) for mark in (b"RDX", b"RDA", b"RDB", b"X\n", b"A\n", b"B\n", b"\nA\n")),
)
