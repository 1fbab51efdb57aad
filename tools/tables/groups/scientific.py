"""numpy, pandas, scipy and joblib, besides what is written by hand for them."""

from __future__ import annotations

from tables.group import Group
from tables.lists import pins, words


def public(_: str) -> str:
    """Return where decorators of numpy show its functions."""
    return "numpy"


GROUPS = (
    Group(
        "numpy_enumerated",
        (*pins("numpy", "1.13.3 1.19.5 1.26.4 2.0.2 2.3.5"),),
        classes=words(
            """
            numpy.core.* numpy._core.* numpy.ma.* numpy.polynomial.* numpy.lib.* numpy.matrixlib.* numpy.random*
            numpy.exceptions numpy._globals numpy.dtypes numpy.rec* numpy.linalg.*
            """
        ),
        functions=words(
            """
            numpy.core.fromnumeric numpy._core.fromnumeric numpy.core.numeric numpy._core.numeric
            numpy.core.shape_base numpy._core.shape_base numpy.ma.core numpy.ma.extras numpy.lib.* numpy.linalg.*
            numpy.fft.* numpy.core.function_base numpy._core.function_base numpy.core._methods numpy._core._methods
            numpy.polynomial.*
            """
        ),
        compiled=words("numpy.random.*"),
        leave=words(
            """
            numpy.lib.npyio numpy.lib._npyio_impl numpy.lib.format numpy.lib._format_impl numpy.lib._datasource
            numpy.lib.utils numpy.lib._utils_impl numpy.core.memmap numpy._core.memmap *.cversions
            *.generate_numpy_api *.code_generators* numpy.lib.introspect
            """
        ),
    ),
    Group(
        "numpy_functions",
        (*pins("numpy", "1.19.5 1.26.4 2.3.5"),),
        functions=words(
            """
            numpy.core.fromnumeric numpy._core.fromnumeric numpy.core.numeric numpy._core.numeric
            numpy.core.shape_base numpy._core.shape_base numpy.lib.*_impl numpy.lib.function_base
            numpy.lib.nanfunctions numpy.lib.shape_base numpy.lib.arraysetops numpy.lib.twodim_base
            numpy.lib.type_check numpy.lib.ufunclike numpy.lib.index_tricks numpy.lib.arraypad numpy.lib.histograms
            numpy.lib.polynomial numpy.lib.stride_tricks numpy.core.function_base numpy._core.function_base
            numpy.core.einsumfunc numpy._core.einsumfunc
            """
        ),
        leave=words("numpy.lib._npyio_impl numpy.lib._format_impl numpy.lib._utils_impl"),
        shown=public,
    ),
    Group(
        "pandas_enumerated",
        (*pins("pandas", "0.25.3 1.0.5 1.2.5 1.5.3 2.0.3 2.2.3 3.0.0"),),
        classes=words("pandas.core.* pandas.tseries.* pandas._libs.* pandas.errors* pandas.api.*"),
        functions=words(
            """
            pandas.core.indexes.base pandas.core.indexes.datetimes pandas.core.indexes.interval
            pandas.core.indexes.period
            """
        ),
        compiled=words("pandas._libs.*"),
        leave=words(
            """
            pandas.core.computation* pandas.core.config_init pandas._libs.parsers pandas._libs.json
            pandas._libs.writers pandas._libs.window* pandas._libs.pandas_* pandas.core.interchange*
            pandas.core._numba* pandas.core.util.numba_
            """
        ),
    ),
    Group(
        "scipy_enumerated",
        (*pins("scipy", "1.2.3 1.5.4 1.7.3 1.9.3 1.11.4 1.14.1 1.17.0"),),
        classes=words(
            """
            scipy.sparse.* scipy.stats.* scipy.interpolate.* scipy.spatial.* scipy.optimize.* scipy.signal.*
            scipy.integrate.* scipy.cluster.* scipy._lib._bunch scipy._lib._util scipy.fft.* scipy.ndimage.*
            scipy.special.* scipy.linalg.* scipy.odr.* scipy.constants.*
            """
        ),
        functions=words(
            """
            scipy.spatial.distance scipy.stats.* scipy.special.* scipy.signal.* scipy.interpolate.* scipy.linalg.*
            scipy.optimize.* scipy.ndimage.* scipy.sparse.* scipy.fft.* scipy.integrate.*
            """
        ),
        compiled=words("scipy.spatial.* scipy.interpolate.* scipy.stats._*"),
        leave=words("*.sputils *.setup *._precompute* *._generate_* *.utils.*"),
    ),
)
