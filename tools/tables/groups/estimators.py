"""scikit-learn and the libraries that follow its estimators."""

from __future__ import annotations

from tables.group import Group

NEWEST = "scikit-learn==1.9.1"

SKLEARN = tuple(
    f"scikit-learn=={version}"
    for version in (
        "0.18.2", "0.20.4", "0.21.3", "0.22.2.post1", "0.24.2", "1.0.2", "1.2.2", "1.4.2", "1.6.1",
    )
)  # fmt: skip

#: Packages whose classes are estimators, their parts, or parameters of them.
PACKAGES = (
    "_config", "_isotonic", "_loss", "base", "calibration", "callback", "cluster", "compose", "covariance", "cross_decomposition",
    "cross_validation", "decomposition", "discriminant_analysis", "dummy", "ensemble", "experimental", "feature_extraction",
    "feature_selection", "frozen", "gaussian_process", "grid_search", "impute", "isotonic", "kernel_approximation", "kernel_ridge",
    "lda", "learning_curve", "linear_model", "manifold", "metrics", "mixture", "model_selection", "multiclass", "multioutput",
    "naive_bayes", "neighbors", "neural_network", "pipeline", "preprocessing", "qda", "random_projection", "semi_supervised", "svm",
    "tree", "utils._bunch", "utils._metadata_requests", "utils._tags", "utils._random", "utils._weight_vector", "utils.weight_vector",
    "utils.seq_dataset", "utils._seq_dataset", "utils.metaestimators", "utils.deprecation", "utils", "utils.extmath", "utils.validation",
    "utils._mask", "utils.fixes", "utils._set_output", "utils.class_weight", "utils.random", "utils.metadata_routing",
    "utils._repr_html.base", "utils._repr_html.estimator", "utils._repr_html.params", "utils._estimator_html_repr",
    "utils._available_if", "utils.stats", "utils.murmurhash",
)  # fmt: skip

READ = (*(f"sklearn.{name}" for name in PACKAGES), *(f"sklearn.{name}.*" for name in PACKAGES if name != "utils"))

GROUPS = (
    Group(
        "sklearn",
        (*SKLEARN, NEWEST),
        classes=READ,
        functions=READ,
        compiled=READ,
        # skops and joblib name these too.
        by_hand={
            "sklearn.neighbors.dist_metrics:newObj": "refer call build",
            "sklearn.neighbors.kd_tree:newObj": "refer call build",
        },
    ),
    Group(
        "estimators",
        (
            "imbalanced-learn==0.5.0", "imbalanced-learn==0.9.1", "imbalanced-learn==0.14.0",
            "category-encoders==2.2.2", "category-encoders==2.8.1",
            "mlxtend==0.23.4", "sklearn-crfsuite==0.5.0",
            "hdbscan==0.8.40", "umap-learn==0.5.9.post2", "pynndescent==0.5.13", "ngboost==0.5.6",
            "feature-engine==1.8.3", "sklearn-pandas==2.2.0", "skorch==1.2.0", "scikit-optimize==0.10.2", "lifelines==0.30.0",
            "scikit-survival==0.25.0", "patsy==1.0.1", "statsmodels==0.12.2", "statsmodels==0.14.5",
        ),
        classes=(
            "imblearn.*", "category_encoders.*", "mlxtend.*", "sklearn_crfsuite.*", "hdbscan.*", "umap.*",
            "pynndescent.*", "ngboost.*", "feature_engine.*", "sklearn_pandas.*", "skorch.*", "skopt.*", "lifelines.*", "sksurv.*",
            "patsy.*", "statsmodels.*",
        ),
        functions=("imblearn.metrics.*", "imblearn.utils.*", "umap.distances", "pynndescent.distances", "ngboost.*", "hdbscan.dist_metrics"),
        compiled=("hdbscan.dist_metrics", "sksurv.tree.*", "statsmodels.tsa.*"),
        leave=("*.datasets*", "*.data.*", "*.keras.*", "*.plotting*", "*.graphics*", "*.sandbox*", "*.cli*", "*.server*", "*.visual.*", "statsmodels.iolib.openfile",
               "statsmodels.tools.web", "statsmodels.compat*"),
        needs=(NEWEST, "torch==2.13.0"),
    ),
)  # fmt: skip
