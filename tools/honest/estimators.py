"""Every estimator of scikit-learn, fitted, and combinations of them."""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Where the data, between nought and one, is cut in two classes.
MIDDLE = 0.5


def fitted(estimator: Any) -> Any:
    """Return an estimator fitted to whichever of several kinds of data it takes; unfitted if none fits."""
    import numpy as np

    state = np.random.RandomState(0)
    data = state.rand(60, 4)
    labels = (data[:, 0] > MIDDLE).astype(int)
    texts = ["some text here", "other text there", "words and more words"] * 20
    for arguments in (
        (data, labels),
        (data, data[:, 1]),
        (data,),
        (texts,),
        (labels,),
        (np.round(data * 5), labels),
        (data, np.c_[labels, labels]),
        (data, data[:, :2]),
        ([{"a": 1}, {"b": 2}],),
        ([["a"], ["b", "c"]],),
        (data[:, 0], labels),
    ):
        try:
            return estimator.fit(*arguments)
        except (ValueError, TypeError, AttributeError, IndexError, KeyError, NotImplementedError, RuntimeError):
            continue
    return estimator


def sklearn_objects() -> Iterator[tuple[str, Any]]:
    """Yield every estimator of scikit-learn, fitted, and combinations of them."""
    from sklearn import linear_model
    from sklearn.utils import all_estimators

    for name, kind in all_estimators():
        try:
            estimator = kind()
        except TypeError:
            try:
                estimator = kind(linear_model.LogisticRegression())
            except TypeError:
                try:
                    estimator = kind(
                        [
                            (
                                "a",
                                linear_model.LinearRegression()
                                if "Regressor" in name
                                else linear_model.LogisticRegression(),
                            )
                        ]
                    )
                except TypeError:
                    estimator = kind(linear_model.LogisticRegression(), {"C": [1, 2]})
        yield name, fitted(estimator)
    yield from combinations()
    yield from parts()


def combinations() -> Iterator[tuple[str, Any]]:
    """Yield estimators made of others."""
    import numpy as np
    import scipy.stats
    from sklearn import compose, ensemble, linear_model, metrics, model_selection, pipeline, preprocessing, svm, tree

    scaled = pipeline.make_pipeline(
        preprocessing.FunctionTransformer(np.log1p, validate=True),
        preprocessing.StandardScaler(),
        svm.SVC(probability=True),
    )
    yield "pipeline", fitted(scaled)
    yield (
        "columns",
        fitted(
            compose.ColumnTransformer(
                [
                    ("a", preprocessing.StandardScaler(), [0, 1]),
                    ("b", preprocessing.OneHotEncoder(), [2]),
                    ("c", "passthrough", slice(3, 4)),
                    ("d", preprocessing.MinMaxScaler(), compose.make_column_selector()),
                ]
            )
        ),
    )
    yield (
        "grid",
        fitted(
            model_selection.GridSearchCV(
                tree.DecisionTreeClassifier(), {"max_depth": [1, 2]}, scoring=metrics.make_scorer(metrics.f1_score)
            )
        ),
    )

    yield (
        "random search",
        fitted(
            model_selection.RandomizedSearchCV(
                linear_model.LogisticRegression(), {"C": scipy.stats.loguniform(0.01, 1)}, n_iter=2
            )
        ),
    )
    yield (
        "voting",
        fitted(
            ensemble.VotingClassifier([("a", linear_model.LogisticRegression()), ("b", tree.DecisionTreeClassifier())])
        ),
    )
    yield (
        "stacking",
        fitted(ensemble.StackingRegressor([("a", linear_model.Ridge()), ("b", tree.DecisionTreeRegressor())])),
    )


def parts() -> Iterator[tuple[str, Any]]:
    """Yield what estimators are given: kernels, distances, losses, splitters, scorers."""
    import numpy as np
    from sklearn import ensemble, feature_selection, gaussian_process, linear_model, metrics, model_selection, neighbors

    for score in ("f_classif", "chi2", "mutual_info_classif", "f_regression", "r_regression", "mutual_info_regression"):
        yield f"best {score}", fitted(feature_selection.SelectKBest(getattr(feature_selection, score), k=2))
    for name in gaussian_process.kernels.__dict__:
        thing = getattr(gaussian_process.kernels, name)
        if isinstance(thing, type) and issubclass(thing, gaussian_process.kernels.Kernel):
            try:
                yield f"kernel {name}", thing()
            except TypeError:
                continue
    for metric in (
        "euclidean",
        "manhattan",
        "chebyshev",
        "minkowski",
        "hamming",
        "haversine",
        "canberra",
        "braycurtis",
        "jaccard",
        "seuclidean",
        "mahalanobis",
    ):
        for storage in (np.float64, np.float32):
            yield f"metric {metric} {storage.__name__}", distance(metric, storage)
    for metric in ("euclidean", "manhattan", "chebyshev"):
        plane = np.random.RandomState(0).rand(30, 2)
        yield f"trees {metric}", [neighbors.KDTree(plane, metric=metric), neighbors.BallTree(plane, metric=metric)]
    for loss in ("squared_error", "absolute_error", "poisson", "quantile", "gamma"):
        regressor = ensemble.HistGradientBoostingRegressor(
            loss=loss, quantile=0.5 if loss == "quantile" else None, max_iter=3
        )
        yield (
            f"histogram {loss}",
            regressor.fit(np.random.RandomState(0).rand(60, 4), np.random.RandomState(1).rand(60) + 0.1),
        )
    for loss in (
        "hinge",
        "log_loss",
        "modified_huber",
        "squared_hinge",
        "perceptron",
        "huber",
        "epsilon_insensitive",
        "squared_error",
    ):
        yield f"descent {loss}", fitted(linear_model.SGDClassifier(loss=loss))
    for cv in (
        "KFold",
        "StratifiedKFold",
        "ShuffleSplit",
        "TimeSeriesSplit",
        "GroupKFold",
        "LeaveOneOut",
        "RepeatedKFold",
        "StratifiedShuffleSplit",
    ):
        yield f"splitter {cv}", getattr(model_selection, cv)()
    yield "scorers", [metrics.get_scorer(name) for name in metrics.get_scorer_names()]
    yield (
        "metrics",
        [
            getattr(metrics, name)
            for name in ("accuracy_score", "f1_score", "r2_score", "roc_auc_score", "log_loss", "mean_squared_error")
        ],
    )


def distance(metric: str, storage: Any) -> Any:
    """Return a distance of scikit-learn for one of the element types it is compiled for."""
    import numpy as np
    from sklearn.metrics import DistanceMetric

    arguments: dict[str, dict[str, Any]] = {"seuclidean": {"V": np.ones(2)}, "mahalanobis": {"V": np.eye(2)}}
    return DistanceMetric.get_metric(metric, dtype=storage, **arguments.get(metric, {}))
