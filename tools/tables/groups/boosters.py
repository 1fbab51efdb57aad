"""Gradient boosting libraries, whose boosters live in native memory and are saved as bytes."""

from __future__ import annotations

from tables.group import Group

from .estimators import NEWEST as SKLEARN

# Their `__setstate__` hands the bytes of a saved model to the library, as every way of loading it does; `__del__` frees
# the handle that came of it. Read by a person.
BOOSTER = "refer new build"

GROUPS = (
    Group(
        "xgboost",
        tuple(f"xgboost=={version}" for version in ("0.90", "1.2.1", "1.4.2", "1.6.2", "1.7.6", "2.0.3", "2.1.4", "3.2.0")),
        classes=("xgboost.core", "xgboost.sklearn", "xgboost.callback", "xgboost.training", "xgboost.compat", "xgboost._typing", "xgboost.data"),
        functions=("xgboost.objective", "xgboost.sklearn", "xgboost.callback"),
        needs=(SKLEARN,),
        by_hand={
            "xgboost.core:Booster": BOOSTER,
        },
    ),
    Group(
        "lightgbm",
        tuple(f"lightgbm=={version}" for version in ("2.2.3", "2.3.1", "3.1.1", "3.3.5", "4.0.0", "4.3.0", "4.7.0")),
        classes=("lightgbm.basic", "lightgbm.sklearn", "lightgbm.engine", "lightgbm.callback", "lightgbm.compat"),
        functions=("lightgbm.sklearn", "lightgbm.callback"),
        needs=(SKLEARN,),
        by_hand={
            "lightgbm.basic:Booster": BOOSTER,
        },
    ),
    Group(
        "catboost",
        tuple(f"catboost=={version}" for version in ("0.26.1", "1.0.6", "1.2.2", "1.2.10")),
        classes=("catboost.core", "catboost.metrics"),
        needs=(SKLEARN,),
        by_hand={
            "catboost.core:CatBoost": BOOSTER,
            "catboost.core:CatBoostClassifier": BOOSTER,
            "catboost.core:CatBoostRanker": BOOSTER,
            "catboost.core:CatBoostRegressor": BOOSTER,
            "_catboost:_CatBoost": "refer new build",
        },
    ),
)  # fmt: skip
