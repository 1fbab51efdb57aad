"""The registry: one line a format, in the order in which their scanners run."""

from __future__ import annotations

from modelaudit.formats import compressed, joblib_zf, npy, pickle, tar, unsupported

FORMATS = (
    pickle.FORMAT,
    *compressed.FORMATS,
    joblib_zf.FORMAT,
    npy.FORMAT,
    tar.FORMAT,
    *unsupported.FORMATS,
)
