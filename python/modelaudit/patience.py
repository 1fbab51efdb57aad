"""Work that nobody can stop once it has begun, such as that of a library: begun only if the time left is enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from modelaudit import limits
from modelaudit._native import TooLateError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from modelaudit._native import Deadline

T = TypeVar("T")

#: Steps of a loop between two looks at the clock: milliseconds, where a step makes a few objects.
_STEPS = 512


def press(deadline: Deadline) -> None:
    """Raise `TooLateError` once the time has been over for long enough to tell what was found."""
    left = deadline.left
    if left is not None and left < -limits.OVERRUN:
        raise TooLateError


def ensure(deadline: Deadline, amount: float, rate: float) -> None:
    """Raise `TooLateError` unless the time left is enough for so much work, of which so much is done in a second."""
    left = deadline.left
    if left is not None and amount > max(0.0, left + limits.OVERRUN) * rate:
        raise TooLateError


def paced(items: Iterable[T], deadline: Deadline) -> Iterator[T]:
    """Yield items. Raises `TooLateError` once the time is over."""
    for number, item in enumerate(items):
        if not number % _STEPS and deadline.expired:
            raise TooLateError
        yield item
