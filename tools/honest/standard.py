"""Objects of the standard library."""

# mypy: disable-error-code="import-not-found, import-untyped"
from __future__ import annotations

import array
import collections
import datetime
import decimal
import enum
import fractions
import ipaddress
import pathlib
import random
import re
import statistics
import types
import typing
import uuid
import zoneinfo
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


def standard() -> Iterator[tuple[str, Any]]:
    """Yield objects of the standard library."""
    yield (
        "numbers",
        [1, 2**70, -1.5, 1j, True, None, ..., NotImplemented, decimal.Decimal("1.5"), fractions.Fraction(1, 3)],
    )
    yield "containers", [{1}, frozenset({2}), (3,), bytearray(b"4"), range(5), slice(6), b"7", "8"]
    yield (
        "collections",
        [
            collections.OrderedDict(a=1),
            collections.Counter("abca"),
            collections.deque([1, 2], maxlen=3),
            collections.defaultdict(list, a=[1]),
            collections.defaultdict(collections.Counter),
            collections.ChainMap({"a": 1}, {"b": 2}),
            collections.UserDict(a=1),
            collections.UserList([1]),
            collections.UserString("a"),
        ],
    )
    moment = datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
    yield (
        "moments",
        [moment, moment.date(), moment.time(), datetime.timedelta(1), datetime.timezone(datetime.timedelta(hours=1))],
    )
    yield (
        "identifiers",
        [uuid.UUID(int=5), pathlib.PurePosixPath("a/b"), pathlib.PureWindowsPath("a"), pathlib.Path("x")],
    )
    yield (
        "addresses",
        [ipaddress.ip_address("10.0.0.1"), ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_address("::1")],
    )
    yield "patterns", [re.compile("a+", re.IGNORECASE), re.IGNORECASE]
    yield "generator", random.Random(1)  # noqa: S311, it is saved and not used
    yield "numbers of a kind", [statistics.NormalDist(0, 1), array.array("d", [1.0]), array.array("i", [1])]
    yield "types", [int, str, dict, type(None), types.SimpleNamespace(a=1), typing.Optional[int], typing.Callable]
    # As files of older programs have them.
    yield "former types", [typing.List[int], typing.Dict[str, int]]  # noqa: UP006
    yield "functions", [len, sum, max, min, sorted, abs, print, str.lower, "".join, dict.fromkeys]
    yield "exceptions", [ValueError("a"), KeyError("b"), OSError(2, "c"), UnicodeDecodeError("utf-8", b"a", 0, 1, "d")]
    yield "enumerations", [enum.Enum, re.DOTALL, uuid.SafeUUID.safe]
    yield "zones", [list[int], dict[str, int], zoneinfo.ZoneInfo("UTC")]
