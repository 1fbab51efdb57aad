"""Saves honest objects of every kind as mainstream libraries save them: run by `make honest`, then scanned.

Each object is pickled with all protocols and, where joblib is there, with all of its compressors. A scan of the folder
has to give nothing above info: what it gives is a false alarm, whose cause is a gap in the safe tables.
"""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

import array
import collections
import datetime
import decimal
import enum
import fractions
import ipaddress
import pathlib
import pickle
import random
import re
import statistics
import sys
import types
import uuid
import warnings
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional

if TYPE_CHECKING:
    from collections.abc import Iterator

COMPRESSORS: tuple[Any, ...] = (0, ("zlib", 3), ("gzip", 3), ("bz2", 3), ("lzma", 3), ("xz", 3), ("lz4", 3))

Named = tuple[str, Any]


def standard() -> Iterator[Named]:
    """Yield objects of the standard library."""
    yield (
        "numbers",
        [1, 2**70, -1.5, 1j, True, None, ..., NotImplemented, decimal.Decimal("1.5"), fractions.Fraction(1, 3)],
    )
    yield "containers", [{1}, frozenset({2}), (3,), bytearray(b"4"), range(5), slice(6), b"7", "8"]
    yield (
        "collections",
        [
            collections.OrderedDict(a=1),
            collections.Counter("abca"),
            collections.deque([1, 2], maxlen=3),
            collections.defaultdict(list, a=[1]),
            collections.defaultdict(collections.Counter),
            collections.ChainMap({"a": 1}, {"b": 2}),
            collections.UserDict(a=1),
            collections.UserList([1]),
            collections.UserString("a"),
        ],
    )
    moment = datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
    yield (
        "moments",
        [moment, moment.date(), moment.time(), datetime.timedelta(1), datetime.timezone(datetime.timedelta(hours=1))],
    )
    yield (
        "identifiers",
        [uuid.UUID(int=5), pathlib.PurePosixPath("a/b"), pathlib.PureWindowsPath("a"), pathlib.Path("x")],
    )
    yield (
        "addresses",
        [ipaddress.ip_address("10.0.0.1"), ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_address("::1")],
    )
    yield "patterns", [re.compile("a+", re.IGNORECASE), re.IGNORECASE]
    yield "generators", [random.Random(1), statistics.NormalDist(0, 1), array.array("d", [1.0]), array.array("i", [1])]
    yield "types", [int, str, dict, type(None), types.SimpleNamespace(a=1), List[int], Dict[str, int], Optional[int]]
    yield "functions", [len, sum, max, min, sorted, abs, print, str.lower, "".join, dict.fromkeys]
    yield "exceptions", [ValueError("a"), KeyError("b"), OSError(2, "c"), UnicodeDecodeError("utf-8", b"a", 0, 1, "d")]
    yield "enumerations", [enum.Enum, re.DOTALL, uuid.SafeUUID.safe]
    if sys.version_info >= (3, 9):
        import zoneinfo

        yield "zones", [list[int], dict[str, int], zoneinfo.ZoneInfo("UTC")]


def numpy_objects() -> Iterator[Named]:
    """Yield arrays, scalars, generators and functions of numpy."""
    import numpy as np

    for code in (
        "?",
        "i1",
        "i2",
        "i4",
        "i8",
        "u1",
        "u2",
        "u4",
        "u8",
        "f2",
        "f4",
        "f8",
        "c8",
        "c16",
        "S3",
        "U3",
        "M8[ns]",
        "m8[s]",
        "V4",
    ):
        yield f"array {code}", np.zeros((2, 3), dtype=code)
        yield f"scalar {code}", np.zeros(1, dtype=code)[0]
    yield "big endian", np.arange(3, dtype=">f8")
    yield "objects", np.array([1, "a", None, [2]], dtype=object)
    yield "fortran", np.asfortranarray(np.ones((3, 4)))
    yield "structured", np.zeros(3, dtype=[("a", "i4"), ("b", "f8", (2,)), ("c", "U5")])
    yield "aligned", np.zeros(3, dtype=np.dtype([("a", "i1"), ("b", "f8")], align=True))
    yield "records", np.rec.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")])
    yield "masked", np.ma.array([1, 2, 3], mask=[0, 1, 0])
    yield "masked constant", np.ma.masked
    yield "masked records", np.ma.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")])
    yield "matrix", np.asmatrix(np.eye(2))
    yield "text", np.char.array(["a", "b"])
    yield "poly1d", np.poly1d([1, 2, 3])
    for name in ("Polynomial", "Chebyshev", "Legendre", "Hermite", "HermiteE", "Laguerre"):
        yield name, getattr(np.polynomial, name)([1.0, 2.0])
    yield "legacy generator", np.random.RandomState(3)
    for name in ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"):
        yield f"generator {name}", np.random.Generator(getattr(np.random, name)(1))
        yield f"bits {name}", getattr(np.random, name)(1)
    yield "seeds", np.random.SeedSequence(5)
    yield "types", [np.float32, np.int64, np.dtype("f4"), np.dtype("O"), np.ndarray, np.bool_]
    names = (
        "log1p expm1 sqrt exp log mean sum max median std nanmean abs add multiply ravel where clip concatenate argsort"
    )
    yield "functions", [getattr(np, name) for name in names.split()]


def pandas_objects() -> Iterator[Named]:
    """Yield frames, series and indexes of every element type."""
    import numpy as np
    import pandas as pd

    columns: dict[str, Any] = {
        "int": [1, 2], "float": [1.0, 2.0], "bool": [True, False], "text": ["a", "b"], "object": [1, "a"],
        "category": pd.Categorical(["x", "y"]), "ordered": pd.Categorical(["x", "y"], ordered=True),
        "moment": pd.to_datetime(["2024-01-01", "2024-01-02"]), "zone": pd.to_datetime(["2024-01-01", "2024-01-02"], utc=True),
        "named zone": pd.to_datetime(["2024-01-01", "2024-01-02"]).tz_localize("Europe/Berlin"),
        "duration": pd.to_timedelta([1, 2], unit="D"), "period": pd.period_range("2024-01", periods=2, freq="M"),
        "interval": pd.interval_range(0, 2), "Int64": pd.array([1, None], dtype="Int64"),
        "UInt8": pd.array([1, None], dtype="UInt8"), "Float64": pd.array([1.5, None], dtype="Float64"),
        "boolean": pd.array([True, None], dtype="boolean"), "string": pd.array(["a", None], dtype="string"),
        "sparse": pd.arrays.SparseArray([0, 1]), "complex": [1j, 2j], "small": np.array([1, 2], dtype="int8"),
        "bytes": [b"a", b"b"], "lists": [[1], [2]],
    }  # fmt: skip
    for name, values in columns.items():
        yield f"column {name}", pd.DataFrame({name: values})
        yield f"series {name}", pd.Series(values, name=name)
        yield f"index {name}", pd.Index(values) if name not in ("sparse", "lists") else pd.Index([1])
    yield "frame", pd.DataFrame(columns)
    yield "multi", pd.DataFrame({"a": [1, 2]}, index=pd.MultiIndex.from_tuples([("x", 1), ("y", 2)], names=["p", "q"]))
    yield "range", pd.RangeIndex(5)
    yield (
        "scalars",
        [
            pd.Timestamp("2024-01-01", tz="UTC"),
            pd.Timedelta(1, "D"),
            pd.NaT,
            pd.NA,
            pd.Period("2024-01"),
            pd.Interval(0, 1),
        ],
    )
    offsets = ("Day Hour Minute Second Milli Micro Nano BusinessDay MonthEnd MonthBegin QuarterEnd YearEnd Week BMonthEnd "
               "BusinessHour CustomBusinessDay SemiMonthEnd WeekOfMonth LastWeekOfMonth FY5253Quarter Easter DateOffset")  # fmt: skip
    for name in offsets.split():
        arguments = {"weekday": 1, "startingMonth": 1, "qtr_with_extra_week": 1} if name == "FY5253Quarter" else {}
        yield f"offset {name}", getattr(pd.offsets, name)(**arguments)
    yield (
        "types",
        [
            pd.CategoricalDtype(["a"]),
            pd.Int64Dtype(),
            pd.StringDtype(),
            pd.DatetimeTZDtype(tz="UTC"),
            pd.PeriodDtype("M"),
            pd.IntervalDtype("int64"),
            pd.SparseDtype("float"),
        ],
    )
    yield "grouped", pd.DataFrame({"a": [1, 2], "b": [1, 1]}).groupby("b").agg(["mean", "std"])
    yield "described", pd.DataFrame({"a": [1, 2]}).describe()


def scipy_objects() -> Iterator[Named]:
    """Yield sparse arrays, distributions, interpolators and results of scipy."""
    import numpy as np
    import scipy.interpolate
    import scipy.optimize
    import scipy.sparse
    import scipy.spatial
    import scipy.special
    import scipy.stats

    eye = np.eye(4)
    for form in ("csr", "csc", "coo", "bsr", "dia", "dok", "lil"):
        yield f"sparse matrix {form}", getattr(scipy.sparse, f"{form}_matrix")(eye)
        if hasattr(scipy.sparse, f"{form}_array"):
            yield f"sparse array {form}", getattr(scipy.sparse, f"{form}_array")(eye)
    points = np.linspace(0, 1, 9)
    yield "interp1d", scipy.interpolate.interp1d(points, points**2, kind="cubic")
    yield "linear interp1d", scipy.interpolate.interp1d(points, points**2)
    for name in (
        "CubicSpline",
        "PchipInterpolator",
        "Akima1DInterpolator",
        "UnivariateSpline",
        "InterpolatedUnivariateSpline",
        "make_interp_spline",
        "BarycentricInterpolator",
        "KroghInterpolator",
    ):
        yield name, getattr(scipy.interpolate, name)(points, points**2)
    yield "grid", scipy.interpolate.RegularGridInterpolator((points, points), np.outer(points, points))
    plane = np.random.RandomState(0).rand(20, 2)
    yield "rbf", scipy.interpolate.RBFInterpolator(plane, plane[:, 0])
    yield "nearest", scipy.interpolate.NearestNDInterpolator(plane, plane[:, 0])
    yield "cKDTree", scipy.spatial.cKDTree(plane)
    yield "KDTree", scipy.spatial.KDTree(plane)
    yield (
        "rotation",
        scipy.spatial.transform.Rotation.from_euler("x", 90, degrees=True)
        if hasattr(scipy.spatial, "transform")
        else 0,
    )
    for name in sorted(set(dir(scipy.stats))):
        thing = getattr(scipy.stats, name)
        if isinstance(thing, (scipy.stats.rv_continuous, scipy.stats.rv_discrete)):
            yield f"distribution {name}", thing
    yield (
        "frozen",
        [
            scipy.stats.norm(0, 1),
            scipy.stats.uniform(0, 2),
            scipy.stats.poisson(3),
            scipy.stats.randint(1, 5),
            scipy.stats.loguniform(1e-3, 1),
        ],
    )
    yield (
        "multivariate",
        [scipy.stats.multivariate_normal([0, 0]), scipy.stats.dirichlet([1.0, 2.0]), scipy.stats.wishart(3, np.eye(2))],
    )
    yield "density", scipy.stats.gaussian_kde(points)
    yield (
        "test",
        [
            scipy.stats.ttest_ind(points, points + 1),
            scipy.stats.pearsonr(points, points**2),
            scipy.stats.linregress(points, points**2),
        ],
    )
    yield "minimum", scipy.optimize.minimize(np.sum, np.zeros(2), method="L-BFGS-B", bounds=[(0, 1)] * 2)
    yield "root", scipy.optimize.root(np.sin, 0.1)
    yield (
        "functions",
        [scipy.special.expit, scipy.special.logit, scipy.special.softmax, scipy.stats.zscore, scipy.stats.pearsonr],
    )
    yield "bounds", [scipy.optimize.Bounds([0], [1]), scipy.optimize.LinearConstraint(np.eye(2), 0, 1)]


def fitted(estimator: Any) -> Any:
    """Return an estimator fitted to whichever of several kinds of data it takes; unfitted if none fits."""
    import numpy as np

    state = np.random.RandomState(0)
    data = state.rand(60, 4)
    labels = (data[:, 0] > 0.5).astype(int)
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


def sklearn_objects() -> Iterator[Named]:
    """Yield every estimator of scikit-learn, fitted, and combinations of them."""
    import numpy as np
    from sklearn import (
        compose,
        ensemble,
        feature_selection,
        gaussian_process,
        linear_model,
        metrics,
        model_selection,
        pipeline,
        preprocessing,
        svm,
        tree,
    )
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
    import scipy.stats

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
    from sklearn import neighbors

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

    arguments: dict[str, Any] = {"seuclidean": {"V": np.ones(2)}, "mahalanobis": {"V": np.eye(2)}}.get(metric, {})
    return DistanceMetric.get_metric(metric, dtype=storage, **arguments)


def booster_objects() -> Iterator[Named]:
    """Yield models of xgboost, lightgbm and catboost, through their wrappers and without."""
    import catboost
    import lightgbm
    import numpy as np
    import xgboost
    from sklearn.pipeline import make_pipeline

    data = np.random.RandomState(0).rand(80, 4)
    labels = (data[:, 0] > 0.5).astype(int)
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


def companion_objects() -> Iterator[Named]:
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
    labels = (data[:, 0] > 0.5).astype(int)
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


KINDS: tuple[Callable[[], Iterator[Named]], ...] = (
    standard,
    numpy_objects,
    pandas_objects,
    scipy_objects,
    sklearn_objects,
    booster_objects,
    companion_objects,
)


def save(folder: pathlib.Path, name: str, thing: Any) -> int:
    """Save an object in every way; return how many files were written."""
    stem = re.sub(r"\W+", "_", name)
    count = 0
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        try:
            content = pickle.dumps(thing, protocol)
        except (
            TypeError,
            pickle.PicklingError,
            AttributeError,
            ValueError,
            RecursionError,
            NotImplementedError,
        ) as error:
            if protocol == pickle.HIGHEST_PROTOCOL:
                print(f"not pickled: {name}: {error}", file=sys.stderr)
            continue
        (folder / f"{stem}.{protocol}.pkl").write_bytes(content)
        count += 1
    return count + save_by_others(folder, stem, thing) if count else 0


def save_by_others(folder: pathlib.Path, stem: str, thing: Any) -> int:
    """Save an object with joblib and cloudpickle."""
    import cloudpickle
    import joblib

    for compressor in COMPRESSORS:
        kind = compressor[0] if isinstance(compressor, tuple) else "raw"
        joblib.dump(thing, folder / f"{stem}.{kind}.joblib", compress=compressor)
    (folder / f"{stem}.cloudpickle.pkl").write_bytes(cloudpickle.dumps(thing))
    return len(COMPRESSORS) + 1


def main() -> None:
    """Write the objects of all kinds below the folder named on the command line; kinds may be named after it."""
    warnings.simplefilter("ignore")
    root = pathlib.Path(sys.argv[1])
    for kind in KINDS:
        if sys.argv[2:] and kind.__name__ not in sys.argv[2:]:
            continue
        folder = root / kind.__name__
        folder.mkdir(parents=True, exist_ok=True)
        print(f"{kind.__name__}: {sum(save(folder, name, thing) for name, thing in kind())} files")


if __name__ == "__main__":
    main()
