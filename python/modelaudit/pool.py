"""Threads for what takes long: work is given in an order, and its results are taken in that order."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Callable, Generic, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

T = TypeVar("T")


def processors() -> int:
    """Return how many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


class Task(Generic[T]):
    """Work that a thread may have begun. Who asks for its result does it, if none has."""

    def __init__(self, work: Callable[[], T], future: Future[T] | None) -> None:
        self._work = work
        self._future = future

    def result(self) -> T:
        """Return what the work returns, or raise what it raises.

        No thread waits for work that has not begun, so that work may wait for other work of the same pool.
        """
        if self._future is None or self._future.cancel():
            return self._work()
        return self._future.result()


class Pool:
    """Threads that begin with the first work that is not alone."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs or processors()
        self._executor: ThreadPoolExecutor | None = None

    def start(self, work: Callable[[], T]) -> Task[T]:
        """Give work to the threads, if there is more than one."""
        if self.jobs < 2:  # noqa: PLR2004
            return Task(work, None)
        if self._executor is None:
            from concurrent.futures import ThreadPoolExecutor

            self._executor = ThreadPoolExecutor(self.jobs, "modelaudit")
        return Task(work, self._executor.submit(work))

    def close(self) -> None:
        """Drop what has not begun. What runs is to be ended by its deadline."""
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
