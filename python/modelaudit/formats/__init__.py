"""The registry: one line a format, in the order in which their scanners run."""

from __future__ import annotations

from modelaudit.formats import catboost, compressed, lightgbm, pickle, unsupported, xgboost, xgboost_binary

FORMATS = (
    pickle.FORMAT,
    *compressed.FORMATS,
    catboost.FORMAT,
    lightgbm.FORMAT,
    *xgboost.FORMATS,
    xgboost_binary.FORMAT,
    *unsupported.FORMATS,
)
