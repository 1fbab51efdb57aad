"""Gradient boosting libraries, whose boosters live in native memory and are saved as bytes."""

from __future__ import annotations

from tables.group import Group
from tables.groups.estimators import NEWEST as SKLEARN
from tables.lists import pins, words

#: Their `__setstate__` hands the bytes of a saved model to the library, as every way of loading it does, and `__del__`
#: frees the handle that came of it: read by a person.
BOOSTER = "refer new build"

WRAPPERS = words("Classifier Model RFClassifier RFRegressor Ranker Regressor")

GROUPS = (
    Group(
        "xgboost",
        (*pins("xgboost", "0.90 1.2.1 1.4.2 1.6.2 1.7.6 2.0.3 2.1.4 3.2.0"),),
        classes=words(
            """
            xgboost.core xgboost.sklearn xgboost.callback xgboost.training xgboost.compat xgboost._typing
            xgboost.data
            """
        ),
        functions=words("xgboost.objective xgboost.sklearn xgboost.callback"),
        needs=(SKLEARN,),
        by_hand={
            "xgboost.core:Booster": BOOSTER,
            # Their state holds a booster as bytes in the oldest releases.
            **{f"xgboost.sklearn:XGB{kind}": "refer call build" for kind in WRAPPERS},
        },
    ),
    Group(
        "lightgbm",
        (*pins("lightgbm", "2.2.3 2.3.1 3.1.1 3.3.5 4.0.0 4.3.0 4.7.0"),),
        classes=words("lightgbm.basic lightgbm.sklearn lightgbm.engine lightgbm.callback lightgbm.compat"),
        functions=words("lightgbm.sklearn lightgbm.callback"),
        needs=(SKLEARN,),
        by_hand={
            "lightgbm.basic:Booster": BOOSTER,
        },
    ),
    Group(
        "catboost",
        (*pins("catboost", "0.26.1 1.0.6 1.2.2 1.2.10"),),
        classes=words("catboost.core catboost.metrics"),
        needs=(SKLEARN,),
        by_hand={
            "catboost.core:CatBoost": BOOSTER,
            "catboost.core:CatBoostClassifier": BOOSTER,
            "catboost.core:CatBoostRanker": BOOSTER,
            "catboost.core:CatBoostRegressor": BOOSTER,
            "_catboost:_CatBoost": BOOSTER,
        },
    ),
)
