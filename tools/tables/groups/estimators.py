"""scikit-learn and the libraries that follow its estimators."""

from __future__ import annotations

from tables.group import Group
from tables.lists import pins, words

NEWEST = "scikit-learn==1.9.1"

#: Packages whose classes are estimators, their parts, or parameters of them.
PACKAGES = words(
    """
    _config _isotonic _loss base calibration callback cluster compose covariance cross_decomposition
    cross_validation decomposition discriminant_analysis dummy ensemble experimental feature_extraction
    feature_selection frozen gaussian_process grid_search impute isotonic kernel_approximation kernel_ridge lda
    learning_curve linear_model manifold metrics mixture model_selection multiclass multioutput naive_bayes
    neighbors neural_network pipeline preprocessing qda random_projection semi_supervised svm tree utils._bunch
    utils._metadata_requests utils._tags utils._random utils._weight_vector utils.weight_vector utils.seq_dataset
    utils._seq_dataset utils.metaestimators utils.deprecation utils utils.extmath utils.validation utils._mask
    utils.fixes utils._set_output utils.class_weight utils.random utils.metadata_routing utils._repr_html.base
    utils._repr_html.estimator utils._repr_html.params utils._estimator_html_repr utils._available_if utils.stats
    utils.murmurhash
    """
)

READ = (*(f"sklearn.{name}" for name in PACKAGES), *(f"sklearn.{name}.*" for name in PACKAGES if name != "utils"))

GROUPS = (
    Group(
        "sklearn",
        (*pins("scikit-learn", "0.18.2 0.20.4 0.21.3 0.22.2.post1 0.24.2 1.0.2 1.2.2 1.4.2 1.6.1 1.9.1"),),
        classes=READ,
        functions=READ,
        compiled=READ,
        by_hand={
            "sklearn.neighbors.dist_metrics:newObj": "refer call build",
            "sklearn.neighbors.kd_tree:newObj": "refer call build",
        },
    ),
    Group(
        "estimators",
        (
            *pins("imbalanced-learn", "0.5.0 0.9.1 0.14.2"),
            *pins("category-encoders", "2.2.2 2.8.1 2.11.2"),
            *pins("mlxtend", "0.23.4"),
            *pins("sklearn-crfsuite", "0.5.0"),
            *pins("hdbscan", "0.8.40"),
            *pins("umap-learn", "0.5.9.post2"),
            *pins("pynndescent", "0.5.13"),
            *pins("ngboost", "0.5.6"),
            *pins("feature-engine", "1.8.3"),
            *pins("sklearn-pandas", "2.2.0"),
            *pins("skorch", "1.2.0"),
            *pins("scikit-optimize", "0.10.2"),
            *pins("lifelines", "0.30.0"),
            *pins("scikit-survival", "0.25.0"),
            *pins("patsy", "1.0.1"),
            *pins("statsmodels", "0.12.2 0.14.5 0.15.0"),
        ),
        classes=words(
            """
            imblearn.* category_encoders.* mlxtend.* sklearn_crfsuite.* hdbscan.* umap.* pynndescent.* ngboost.*
            feature_engine.* sklearn_pandas.* skorch.* skopt.* lifelines.* sksurv.* patsy.* statsmodels.*
            """
        ),
        functions=words(
            """
            imblearn.metrics.* imblearn.utils.* umap.distances pynndescent.distances ngboost.* hdbscan.dist_metrics
            """
        ),
        compiled=words("hdbscan.dist_metrics sksurv.tree.* statsmodels.tsa.*"),
        leave=words(
            """
            *.datasets* *.data.* *.keras.* *.plotting* *.graphics* *.sandbox* *.cli* *.server* *.visual.*
            statsmodels.iolib.openfile statsmodels.tools.web statsmodels.compat*
            """
        ),
        needs=(NEWEST, "torch==2.13.0"),
        by_hand={
            "imblearn.ensemble._easy_ensemble:EasyEnsembleClassifier": "refer new build",
            "statsmodels.base.data:FormulaicData": "refer new build(plain-formula)",
            "statsmodels.base.data:ModelData": "refer new build(plain-formula)",
            "statsmodels.base.data:PandasData": "refer new build(plain-formula)",
            "statsmodels.base.data:PatsyData": "refer new build(plain-formula)",
        },
    ),
)
