"""The real unpicklers, recording what they ask for: nothing that a stream names is imported, called or changed."""

from __future__ import annotations

import copyreg
import io
import pickle
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, ClassVar

import numpy as np
from joblib.numpy_pickle import NumpyArrayWrapper, NumpyUnpickler

#: A callable as a stream names it: module and qualified name.
Name = tuple[str, str]

#: An extension code that is registered while streams are loaded, and what it stands for.
EXTENSION = 0xF1
EXTENSION_NAME: Name = ("mod", "extension")


class Inert:
    """Stands for everything a stream names: takes part in all operations and does nothing."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __call__(self, *_: Any, **__: Any) -> Inert:
        return Inert()

    def __setstate__(self, _: Any) -> None:
        pass

    def __setitem__(self, _: Any, __: Any) -> None:
        pass

    def append(self, _: Any) -> None:
        pass

    extend = add = append


class Recorder:
    """What the unpicklers share: names are written down, persistent ids mean nothing."""

    asked: set[Name]

    def find_class(self, module: str, name: str) -> Any:
        if not module or not name:
            # What is left of a line at the end of the data: nothing that can be resolved.
            raise ValueError("an empty name")
        self.asked.add((module, name))
        return Inert

    def persistent_load(self, _: Any) -> Inert:
        return Inert()


class PythonUnpickler(Recorder, pickle._Unpickler):
    pass


class CUnpickler(Recorder, pickle.Unpickler):
    pass


class RecordedWrapper(NumpyArrayWrapper):  # type: ignore[misc]
    """Joblib's wrapper, except that the pickle of an object array is read by a recorder too."""

    def read_array(self, unpickler: Any, *rest: Any) -> Any:
        if not self.dtype.hasobject:
            return super().read_array(unpickler, *rest)
        inner = PythonUnpickler(unpickler.file_handle)
        inner.asked = unpickler.asked
        return inner.load()


class JoblibUnpickler(Recorder, NumpyUnpickler):  # type: ignore[misc]
    """Joblib's own, which reads array data out of the stream: the classes that say how much are the real ones."""

    REAL: ClassVar[dict[Name, Any]] = {
        ("joblib.numpy_pickle", "NumpyArrayWrapper"): RecordedWrapper,
        ("numpy", "dtype"): np.dtype,
        ("numpy", "ndarray"): np.ndarray,
    }

    def __init__(self, stream: io.BytesIO) -> None:
        super().__init__("memory", stream, ensure_native_byte_order=False)

    def find_class(self, module: str, name: str) -> Any:
        self.asked.add((module, name))
        return self.REAL.get((module, name), Inert)


#: A PUT whose index would make the C machine allocate gigabytes of memo.
LARGE_PUT = re.compile(rb"r(?:..[^\0].|...[^\0])|p[ \t]*[-+]?[0-9a-zA-Z_]{6,}", re.DOTALL)


@contextmanager
def extension() -> Iterator[None]:
    copyreg.add_extension(*EXTENSION_NAME, EXTENSION)
    try:
        yield
    finally:
        copyreg.remove_extension(*EXTENSION_NAME, EXTENSION)


def names_asked(data: bytes, *, joblib: bool = False) -> set[Name]:
    """Return what loading asks for: by the C and the pure Python unpickler, each in every encoding of old strings."""
    if joblib:
        return run(JoblibUnpickler(io.BytesIO(data)))
    asked: set[Name] = set()
    for encoding in ("ASCII", "latin1", "bytes"):
        asked |= run(PythonUnpickler(io.BytesIO(data), encoding=encoding))
        if not LARGE_PUT.search(data):
            asked |= run(CUnpickler(io.BytesIO(data), encoding=encoding))
    return asked


def run(unpickler: Any) -> set[Name]:
    unpickler.asked = set()
    with extension(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Any failure ends this reading; what was asked for before counts.
        with suppress(Exception):
            unpickler.load()
    return unpickler.asked  # type: ignore[no-any-return]


def streams_asked(data: bytes) -> set[Name]:
    """Return what is asked for by a reader that loads one stream after another from the same file."""
    asked: set[Name] = set()
    for unpickler in (PythonUnpickler, CUnpickler):
        stream = io.BytesIO(data)
        while stream.tell() < len(data):
            reader: Any = unpickler(stream)
            reader.asked = set()
            before = stream.tell()
            try:
                reader.load()
            except Exception:
                asked |= reader.asked
                break
            asked |= reader.asked
            if stream.tell() == before:
                break
    return asked
