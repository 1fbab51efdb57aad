"""The Python functions: paths, bytes or a stream in, a report out."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING, Union

from modelaudit import _native
from modelaudit.config import DEFAULT_TIMEOUT, ScanConfig
from modelaudit.scanning import scan_paths, scan_read, scan_source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modelaudit.model import Report

Path = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]


def _patterns(blacklist: str | Iterable[str]) -> tuple[str, ...]:
    """Return the patterns; one that is given alone is one, not one a letter."""
    return (blacklist,) if isinstance(blacklist, str) else tuple(blacklist)


def scan(
    paths: Path | Iterable[Path],
    *,
    blacklist: str | Iterable[str] = (),
    timeout: float = DEFAULT_TIMEOUT,
    max_file_size: int = 0,
    jobs: int = 0,
    weights: str = "auto",
    deep: bool = False,
) -> Report:
    """Scan files and folders and return what was found.

    `blacklist` holds literal texts that neither names nor content may contain, in any case. `timeout` is in seconds for
    the whole scan, `max_file_size` in bytes; 0 stands for no limit. `jobs` is the number of threads for large files and
    members, 0 for one a processor; the report is the same. `weights` is `auto`, `on` or `off`: whether the output rows
    of classification heads are compared. `deep` reads every byte, also of tensors, for programs and nested formats.
    What cannot be read is part of the report, never an exception. Raises `ValueError` for impossible limits,
    `TypeError` for what is no path, and `KeyboardInterrupt` for Ctrl-C.
    """
    given = [paths] if isinstance(paths, (str, bytes, os.PathLike)) else list(paths)
    config = ScanConfig(_patterns(blacklist), timeout, max_file_size, jobs, weights, deep)
    report = scan_paths([os.fsdecode(path) for path in given], config)
    if report.interrupted:
        raise KeyboardInterrupt
    return report


def scan_bytes(
    data: bytes | bytearray | memoryview,
    name: str = "<bytes>",
    *,
    blacklist: str | Iterable[str] = (),
    timeout: float = DEFAULT_TIMEOUT,
    deep: bool = False,
) -> Report:
    """Scan bytes in memory as a file called `name`.

    Raises `ValueError` for impossible limits, `TypeError` for what holds no bytes.
    """
    config = ScanConfig(_patterns(blacklist), timeout, deep=deep)
    kept = data if isinstance(data, bytes) else memoryview(data).tobytes()
    return scan_source(_native.Source.from_bytes(kept), name, config)


def scan_stream(
    stream: IO[bytes],
    name: str = "<stream>",
    *,
    blacklist: str | Iterable[str] = (),
    timeout: float = DEFAULT_TIMEOUT,
    max_file_size: int = 0,
    deep: bool = False,
) -> Report:
    """Scan what a binary file object holds from its position on, at most `limits.STDIN` bytes of it.

    A longer stream is reported as too large. A long one is kept in a temporary file meanwhile. Raises what reading
    the stream raises, and `ValueError` for impossible limits.
    """
    return scan_read(stream.read, name, ScanConfig(_patterns(blacklist), timeout, max_file_size, deep=deep))
