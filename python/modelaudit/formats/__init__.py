"""The registry: one line a format, in the order in which their scanners run."""

from __future__ import annotations

from modelaudit.formats import compressed, npy, pickle, tar, unsupported

FORMATS = (
    pickle.FORMAT,
    *compressed.FORMATS,
    npy.FORMAT,
    tar.FORMAT,
    *unsupported.FORMATS,
)
