"""Saves honest objects of every kind as mainstream libraries save them: run by `make honest`, then scanned.

Each object is pickled with all protocols, by cloudpickle, and by joblib with all of its compressors. A scan of the
folder has to give nothing above info: what it gives is a false alarm, whose cause is a gap in the safe tables.
"""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

import pathlib
import pickle
import re
import sys
import warnings
from typing import TYPE_CHECKING, Any, Callable

from honest.arrays import numpy_objects, pandas_objects
from honest.companions import booster_objects, companion_objects
from honest.estimators import sklearn_objects
from honest.scientific import scipy_objects
from honest.standard import standard

if TYPE_CHECKING:
    from collections.abc import Iterator

COMPRESSORS: tuple[Any, ...] = (0, ("zlib", 3), ("gzip", 3), ("bz2", 3), ("lzma", 3), ("xz", 3), ("lz4", 3))

KINDS: tuple[Callable[[], Iterator[tuple[str, Any]]], ...] = (
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
