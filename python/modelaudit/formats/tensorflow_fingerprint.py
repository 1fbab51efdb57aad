"""`fingerprint.pb`, which TensorFlow writes into the folder of a SavedModel since 2.11.

What it is: protobuf of hashes of the model, a version and an identifier.
What can run: nothing; loaders compare or show it.
What is checked: that the file is nothing else, to its last byte.
What is not checked: whether the hashes are those of the model beside it.
References: `tensorflow/core/protobuf/fingerprint.proto`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit import _native
from modelaudit.formats.base import Format

if TYPE_CHECKING:
    from modelaudit.formats.base import Context, Probe

#: Bytes of the largest: five hashes of ten bytes, an identifier of forty.
_LARGEST = 200


def _sniff(probe: Probe) -> bool:
    """Return whether all of the file is a fingerprint."""
    return len(probe.head) <= _LARGEST and _native.is_tensorflow_fingerprint(probe.source)


def _scan(_ctx: Context) -> None:
    """Do nothing: what passed the test is numbers, and a text of letters and digits."""


FORMAT = Format(name="tensorflow-fingerprint", sniff=_sniff, scan=_scan, first=b"\x08\x10")
