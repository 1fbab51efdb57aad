"""Sparse arrays, distributions, interpolators and results of scipy."""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


def scipy_objects() -> Iterator[tuple[str, Any]]:
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
