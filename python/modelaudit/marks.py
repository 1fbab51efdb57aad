"""What formats say of themselves, gathered once: the core looks for it in one go, and settles what has none of it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from modelaudit import _native

if TYPE_CHECKING:
    from modelaudit._native import Marks


@cache
def sought() -> Marks:
    """Return what content is searched for: first bytes, marks, ends of names, and words in text."""
    from modelaudit.formats import FORMATS

    others = [known for known in FORMATS if not known.sifted and not known.asked]
    first = b"".join(known.first for known in others if known.first and not known.marks and not known.words)
    marks = [mark for known in others for mark in known.marks]
    suffixes = [suffix for known in FORMATS for suffix in known.suffixes]
    named = [suffix for known in FORMATS for suffix in known.named]
    words = sorted({word for known in others for word in known.words})
    return _native.Marks(first, marks, suffixes, named, words)
