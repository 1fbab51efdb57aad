"""Models of boosters, of libraries that follow scikit-learn, and of statsmodels."""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from honest.estimators import fitted

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Where the data, between nought and one, is cut in two classes.
MIDDLE = 0.5


def booster_objects() -> Iterator[tuple[str, Any]]:
    """Yield models of xgboost, lightgbm and catboost, through their wrappers and without."""
    import catboost
    import lightgbm
    import numpy as np
    import xgboost
    from sklearn.pipeline import make_pipeline

    data = np.random.RandomState(0).rand(80, 4)
    labels = (data[:, 0] > MIDDLE).astype(int)
    group = np.repeat(8, 10)
    for kind in (xgboost.XGBClassifier, xgboost.XGBRegressor, xgboost.XGBRFClassifier, xgboost.XGBRFRegressor):
        for booster in ("gbtree", "gblinear", "dart") if kind is xgboost.XGBClassifier else ("gbtree",):
            yield f"{kind.__name__} {booster}", kind(n_estimators=3, booster=booster).fit(data, labels)
    yield "XGBRanker", xgboost.XGBRanker(n_estimators=3).fit(data, labels, group=group)
    yield "xgboost unfitted", xgboost.XGBClassifier(callbacks=[xgboost.callback.EarlyStopping(3)])
    yield "xgboost raw", xgboost.train({"max_depth": 2}, xgboost.DMatrix(data, labels), 3)
    for lightgbm_kind in (lightgbm.LGBMClassifier, lightgbm.LGBMRegressor):
        for boosting in ("gbdt", "dart", "rf"):
            extra = {"subsample": 0.5, "subsample_freq": 1} if boosting == "rf" else {}
            yield (
                f"{lightgbm_kind.__name__} {boosting}",
                lightgbm_kind(n_estimators=3, boosting_type=boosting, verbose=-1, **extra).fit(data, labels),
            )
    yield "LGBMRanker", lightgbm.LGBMRanker(n_estimators=3, verbose=-1).fit(data, labels, group=group)
    train = lightgbm.Dataset(data, labels, params={"verbose": -1})
    yield "lightgbm raw", lightgbm.train({"objective": "binary", "verbose": -1}, train, 3, keep_training_booster=True)
    yield (
        "lightgbm folds",
        lightgbm.cv({"objective": "binary", "verbose": -1}, train, 3, return_cvbooster=True)["cvbooster"],
    )
    settings: dict[str, Any] = {"iterations": 3, "verbose": 0, "allow_writing_files": False}
    for catboost_kind in (catboost.CatBoostClassifier, catboost.CatBoostRegressor):
        yield catboost_kind.__name__, catboost_kind(**settings).fit(data, labels)
    yield "CatBoost", catboost.CatBoost(settings).fit(data, labels)
    yield "in a pipeline", make_pipeline(xgboost.XGBClassifier(n_estimators=2)).fit(data, labels)


def companion_objects() -> Iterator[tuple[str, Any]]:
    """Yield estimators of imbalanced-learn and category_encoders, and results of statsmodels."""
    import category_encoders
    import imblearn.over_sampling
    import imblearn.pipeline
    import imblearn.utils.testing
    import numpy as np
    import pandas as pd
    import statsmodels.api as sm
    import statsmodels.formula.api as smf
    from sklearn.linear_model import LogisticRegression

    for name, kind in imblearn.utils.testing.all_estimators():
        try:
            yield f"imblearn {name}", fitted(kind())
        except TypeError:
            continue
    data = np.random.RandomState(0).rand(60, 3)
    labels = (data[:, 0] > MIDDLE).astype(int)
    yield (
        "imblearn pipeline",
        imblearn.pipeline.make_pipeline(imblearn.over_sampling.SMOTE(k_neighbors=2), LogisticRegression()).fit(
            data, labels
        ),
    )
    frame = pd.DataFrame({"a": ["x", "y", "z"] * 20, "b": data[:, 0]})
    for name in category_encoders.__all__:
        yield f"encoder {name}", getattr(category_encoders, name)(cols=["a"]).fit(frame, labels)
    yield "statsmodels OLS", sm.OLS(data[:, 0], sm.add_constant(data[:, 1:])).fit()
    yield "statsmodels GLM", sm.GLM(labels, sm.add_constant(data[:, 1:]), family=sm.families.Binomial()).fit()
    yield "statsmodels Logit", sm.Logit(labels, sm.add_constant(data[:, 1:])).fit(disp=0)
    yield "statsmodels ARIMA", sm.tsa.ARIMA(data[:, 0], order=(1, 0, 0)).fit()
    yield "statsmodels smoothing", sm.tsa.ExponentialSmoothing(data[:, 0]).fit()
    yield "statsmodels formula", smf.ols("b ~ c", pd.DataFrame({"b": data[:, 0], "c": data[:, 1]})).fit()
