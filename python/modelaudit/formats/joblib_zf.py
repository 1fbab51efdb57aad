"""Files of joblib before 0.10 that are compressed: "ZF", the size of the content in hexadecimal digits, zlib data.

What it is: a pickle, or the bytes of an array to which a pickle of the same folder refers.
What can run: what the pickle inside names; it is scanned decompressed.
What is checked: whether there is a pickle inside, and that; whether the content has the declared size.
What is not checked: bytes that are no pickle. Joblib makes an array of numbers of them, or fails.
References: joblib, `numpy_pickle_compat.py`, `read_zfile`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from modelaudit import _native, limits
from modelaudit.formats.base import Format
from modelaudit.formats.compressed import say_how_it_ended

if TYPE_CHECKING:
    from modelaudit.formats.base import Context, Probe

_MAGIC = b"ZF"

#: The size is padded to the length of `hex(2**64)`.
_HEADER = len(_MAGIC) + len(hex(1 << 64))

#: Python 2 wrote an "L" behind long numbers, and with it one character more.
_LONG = rb"\s*0[xX][0-9a-fA-F]{1,16}L\s*"


def _size(head: bytes) -> int | None:
    """Return the declared size, by the same function that joblib uses."""
    digits = head[len(_MAGIC) : _HEADER]
    if not head.startswith(_MAGIC) or len(digits) < _HEADER - len(_MAGIC):
        return None
    if re.fullmatch(_LONG, digits):
        digits = digits.strip()[:-1]
    try:
        return int(digits, 16)
    except ValueError:
        return None


def _sniff(probe: Probe) -> bool:
    return _size(probe.head) is not None


def _scan(ctx: Context) -> None:
    declared = _size(ctx.head)
    start = _HEADER + (ctx.head[_HEADER : _HEADER + 1] == b" ")
    decoded = ctx.source.slice(start, limits.DECODED).decode("zlib", limits.DECODED)

    def compare(after: Context) -> None:
        size = say_how_it_ended(after, "zlib", decoded)
        if size is not None and size != declared:
            after.report("JOB101", None, {"declared": declared, "size": size})

    if _native.sniff_pickle(decoded):
        ctx.descend(decoded, "zlib content", compare)
    else:
        ctx.report("JOB102")
        compare(ctx)


FORMAT = Format(name="joblib-zf", sniff=_sniff, scan=_scan, first=_MAGIC[:1], marks=((0, _MAGIC),))
