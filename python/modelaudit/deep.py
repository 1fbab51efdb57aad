"""Every byte of a source, also of numbers: programs and nested formats that begin anywhere in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from modelaudit import _native

if TYPE_CHECKING:
    from modelaudit._native import Deadline, Signature, Source

#: Nested formats of one source that are looked into.
_FOLLOWED = 64


class Found(NamedTuple):
    """What begins in a source behind its first byte."""

    #: Programs and byte code.
    code: list[Signature]
    #: The beginnings of nested formats.
    nested: list[Signature]
    #: Why the search ended early: empty, 'late' or 'crowded'.
    left: str


def search(source: Source, parts: list[Source], known: list[str], deadline: Deadline) -> Found:
    """Search a source, but for what lies in its `parts`, for code and for formats other than those that are known."""
    if _native.code_at_start(source) is not None:
        # Programs hold programs, and are reported as what they are.
        return Found([], [], "")
    signatures, left = _native.signatures(source, parts, known, deadline)
    # Whoever reads an archive from its first member on finds the others.
    first = {found.name: found.offset for found in reversed(signatures)}
    nested = [
        found for found in signatures if not found.is_code and (found.is_alone or found.offset == first[found.name])
    ]
    left = left or ("crowded" if len(nested) > _FOLLOWED else "")
    return Found([found for found in signatures if found.is_code], nested[:_FOLLOWED], left)
