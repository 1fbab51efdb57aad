"""A stream becomes a source: kept in memory, or in a temporary file where it is long."""

from __future__ import annotations

import os
import select
from typing import TYPE_CHECKING, Callable

from modelaudit import limits
from modelaudit._native import Source, TooLateError

if TYPE_CHECKING:
    from typing import IO

    from modelaudit._native import Deadline

#: Reads at most so many bytes; none at the end.
Read = Callable[[int], bytes]

_CHUNK = 1 << 20

#: Seconds between two looks at the deadline while nothing comes.
_PATIENCE = 0.1


class TooLongError(Exception):
    """The stream holds more than the limit."""


def spool(read: Read, limit: int, deadline: Deadline) -> Source:
    """Return the bytes that `read` delivers until its end.

    Raises `TooLongError` for more than `limit` bytes, `TooLateError` at the deadline, and what `read` raises.
    """
    chunks: list[bytes] = []
    size = 0
    while size <= limits.STDIN_MEMORY:
        chunk = _next(read, size, limit, deadline)
        if not chunk:
            return Source.from_bytes(b"".join(chunks))
        chunks.append(chunk)
        size += len(chunk)
    return _spool_to_file(chunks, read, limit, deadline)


def _spool_to_file(chunks: list[bytes], read: Read, limit: int, deadline: Deadline) -> Source:
    import tempfile

    with tempfile.TemporaryDirectory(prefix="modelaudit-") as folder:
        path = os.path.join(folder, "stream")
        size = 0
        with open(path, "wb") as file:
            while chunks:
                size += file.write(chunks.pop(0))
                chunks = chunks or [chunk for chunk in [_next(read, size, limit, deadline)] if chunk]
        # The source keeps the file open: it lives on without a name, and goes with the source.
        return Source.open(path)


def _next(read: Read, size: int, limit: int, deadline: Deadline) -> bytes:
    if deadline.expired:
        raise TooLateError
    chunk = read(_CHUNK)
    if size + len(chunk) > limit:
        raise TooLongError
    return chunk


def patient(stream: IO[bytes], deadline: Deadline) -> Read:
    """Return a function that reads a pipe without waiting beyond the deadline, where the system can do that."""
    try:
        handle = stream.fileno()
    except (AttributeError, OSError):
        return stream.read

    def read(size: int) -> bytes:
        while os.name == "posix" and not select.select([handle], [], [], _PATIENCE)[0]:
            if deadline.expired:
                raise TooLateError
        return os.read(handle, size)

    return read
