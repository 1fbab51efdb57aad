"""Writes the tables of safe callables that are enumerated from installed libraries: run by `make tables`.

Each group is rewritten wholly, sorted, with the versions it was made from in its header. What is listed: classes that
hold a model's state and do nothing but store their arguments when they are made, helpers that their pickles name, and
functions that models keep as values. What is left out: everything that reads, writes, fetches or evaluates.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

TABLES = Path(__file__).parent.parent / "rust" / "rules" / "callables" / "safe"

CLASS = "refer call build"
MAPPING = "refer call build setitem"
FUNCTION = "refer"
HELPER = "refer call build"

Table = dict[str, str]

#: Packages of scikit-learn whose classes are estimators, their parts, or parameters of them.
SKLEARN = (
    "_loss", "base", "calibration", "cluster", "compose", "covariance", "cross_decomposition", "decomposition",
    "discriminant_analysis", "dummy", "ensemble", "feature_extraction", "feature_selection", "frozen",
    "gaussian_process", "impute", "isotonic", "kernel_approximation", "kernel_ridge", "linear_model",
    "manifold", "metrics", "mixture", "model_selection", "multiclass", "multioutput", "naive_bayes",
    "neighbors", "neural_network", "pipeline", "preprocessing", "random_projection", "semi_supervised", "svm",
    "tree",
)  # fmt: skip

#: Where classes lived before scikit-learn 0.22, other than under the same name without its underscore.
BEFORE_0_22 = {
    "sklearn.tree._classes": "sklearn.tree.tree",
    "sklearn.preprocessing._discretization": "sklearn.preprocessing._discretization",
    "sklearn.neural_network._multilayer_perceptron": "sklearn.neural_network.multilayer_perceptron",
    "sklearn.mixture._gaussian_mixture": "sklearn.mixture.gaussian_mixture",
}


def modules(package: str) -> list[ModuleType]:
    """Import a package with all that lies below it, except tests; what cannot be imported is left out."""
    root = importlib.import_module(package)
    found = [root]
    for info in pkgutil.walk_packages(getattr(root, "__path__", []), f"{package}."):
        if any(part in ("tests", "conftest", "setup") for part in info.name.split(".")):
            continue
        try:
            found.append(importlib.import_module(info.name))
        except Exception as error:
            # An optional dependency of the library is not there; it raises what it likes.
            print(f"left out: {info.name}: {error}", file=sys.stderr)
    return found


def own(module: ModuleType, wanted: Callable[[object], bool]) -> list[tuple[str, object]]:
    """Return what a module defines itself, by name."""
    return [
        (name, thing)
        for name, thing in sorted(vars(module).items())
        if wanted(thing) and getattr(thing, "__module__", None) == module.__name__
    ]


def is_data_class(thing: object) -> bool:
    """Return whether a thing is a class other than an exception or a warning."""
    return inspect.isclass(thing) and not issubclass(thing, BaseException)


def sklearn_table() -> Table:
    """Return classes, Cython helpers and functions of scikit-learn, under present and former paths."""
    table: Table = {"sklearn.utils._bunch:Bunch": MAPPING, "sklearn.utils:Bunch": MAPPING}
    for package in SKLEARN:
        for module in modules(f"sklearn.{package}"):
            for name, _ in own(module, is_data_class):
                for path in {module.__name__, former(module.__name__)}:
                    table[f"{path}:{name}"] = CLASS
            compiled = str(getattr(module, "__file__", "")).endswith((".so", ".pyd"))
            for name, thing in sorted(vars(module).items()):
                if compiled and (name == "newObj" or name.startswith("__pyx_unpickle_")):
                    table[f"{module.__name__}:{name}"] = HELPER
                elif inspect.isfunction(thing) and thing.__module__ == module.__name__ and not name.startswith("__"):
                    table.setdefault(f"{module.__name__}:{name}", FUNCTION)
    for name, thing in own(importlib.import_module("sklearn.utils._tags"), is_data_class):
        table[f"{thing.__module__}:{name}"] = CLASS
    table["sklearn.neighbors.kd_tree:newObj"] = HELPER
    table["sklearn.neighbors.dist_metrics:newObj"] = HELPER
    for metric in ("EuclideanDistance", "ManhattanDistance", "MinkowskiDistance", "ChebyshevDistance"):
        table[f"sklearn.neighbors.dist_metrics:{metric}"] = CLASS
    return table


def former(module: str) -> str:
    """Return the path of a scikit-learn module before 0.22."""
    parent, _, last = module.rpartition(".")
    return BEFORE_0_22.get(module, f"{parent}.{last.lstrip('_')}")


def public_table(package: str, names: Mapping[str, tuple[str, ...]]) -> Table:
    """Return the named classes of a package, all of which have to exist."""
    table: Table = {}
    for module, classes in names.items():
        for name in classes:
            getattr(importlib.import_module(f"{package}.{module}"), name)
            table[f"{package}.{module}:{name}"] = CLASS
    return table


XGBOOST = {
    "core": ("Booster",),
    "sklearn": ("XGBClassifier", "XGBModel", "XGBRanker", "XGBRegressor", "XGBRFClassifier", "XGBRFRegressor"),
}
LIGHTGBM = {
    "basic": ("Booster",),
    "sklearn": ("LGBMClassifier", "LGBMModel", "LGBMRanker", "LGBMRegressor"),
}
CATBOOST = {"core": ("CatBoost", "CatBoostClassifier", "CatBoostRanker", "CatBoostRegressor")}

GROUPS: dict[str, tuple[tuple[str, ...], Callable[[], Table]]] = {
    "catboost": (("catboost",), lambda: public_table("catboost", CATBOOST)),
    "lightgbm": (("lightgbm",), lambda: public_table("lightgbm", LIGHTGBM)),
    "sklearn": (("sklearn",), sklearn_table),
    "xgboost": (("xgboost",), lambda: public_table("xgboost", XGBOOST)),
}


def known_dangerous() -> set[str]:
    """Return the exact paths of the dangerous table: a function that writes a picture of a tree is no safe value."""
    lines = (TABLES.parent / "dangerous.tsv").read_text(encoding="utf-8").splitlines()
    return {line.split("\t")[0] for line in lines if not line.startswith("#")}


def write(group: str, libraries: tuple[str, ...], table: Table) -> None:
    """Write one group, sorted by the bytes of its keys, without what is known to be dangerous."""
    dangerous = known_dangerous()
    table = {key: rights for key, rights in table.items() if key.replace(":", ".") not in dangerous}
    versions = ", ".join(f"{name} {importlib.import_module(name).__version__}" for name in libraries)
    lines = [
        f"# Enumerated by tools/safe_tables.py from {versions}: change the generator, not this file.",
        "# Columns: module:name, rights (refer, call or call(contract), build, append, setitem).",
        *(f"{key}\t{table[key]}" for key in sorted(table, key=str.encode)),
    ]
    (TABLES / f"{group}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{group}: {len(table)}")


def main() -> None:
    """Rewrite the groups named on the command line, or all."""
    warnings.simplefilter("ignore")
    for group in sys.argv[1:] or sorted(GROUPS):
        libraries, make = GROUPS[group]
        write(group, libraries, make())


if __name__ == "__main__":
    main()
