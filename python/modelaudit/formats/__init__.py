"""The registry: one line a format, in the order in which their scanners run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit.formats import (
    catboost,
    compressed,
    executable,
    joblib_zf,
    lightgbm,
    npy,
    pickle,
    python_source,
    pytorch,
    skops,
    tar,
    torch_export,
    torch_package,
    torchscript,
    torchserve,
    unsupported,
    xgboost,
    xgboost_binary,
)
from modelaudit.formats import zip as zip_archive

if TYPE_CHECKING:
    from modelaudit.formats.base import Layout

FORMATS = (
    pickle.FORMAT,
    *compressed.FORMATS,
    joblib_zf.FORMAT,
    npy.FORMAT,
    tar.FORMAT,
    zip_archive.FORMAT,
    catboost.FORMAT,
    lightgbm.FORMAT,
    *xgboost.FORMATS,
    xgboost_binary.FORMAT,
    *executable.FORMATS,
    python_source.FORMAT,
    *unsupported.FORMATS,
)

#: Formats that are zip archives with certain members. All that fit are asked.
LAYOUTS: tuple[Layout, ...] = (
    pytorch.LAYOUT,
    torchscript.LAYOUT,
    torch_package.LAYOUT,
    torch_export.LAYOUT,
    torchserve.LAYOUT,
    skops.LAYOUT,
)
