"""What Keras would build from a configuration: every object of it that names code is held against what is known.

Keras turns any JSON object with a `class_name` into an instance, wherever it stands, so all of them are looked at.
Sources: `saving/serialization_lib.py` of Keras 3, `utils/generic_utils.py` of Keras 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from modelaudit import strictjson

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelaudit.formats.base import Context
    from modelaudit.keras_names import Judged
    from modelaudit.model import Detail


#: Bytes of one configuration: those of models with ten thousand layers have about 10 MB.
LONGEST = 64 << 20

#: Objects that are looked at between two looks at the clock.
_BETWEEN = 1000

#: Brackets inside each other. Models in models in models reach about 60; Keras itself gives up at a few hundred.
DEEPEST = 600


class Place(NamedTuple):
    """Where a value stands in the configuration: its key or index, and where its owner stands."""

    key: str | int
    above: Place | None

    def path(self) -> str:
        """Return the whole way from the top."""
        parts: list[str] = []
        at: Place | None = self
        while at is not None:
            parts.append(f"[{at.key}]" if isinstance(at.key, int) else f".{at.key}")
            at = at.above
        return "".join(reversed(parts)).lstrip(".")


class Report(NamedTuple):
    """The way to report what is found in one configuration."""

    ctx: Context
    part: str
    position: int | None
    legacy: bool

    def say(self, rule: str, place: Place | None, **facts: Detail) -> None:
        """Report an issue about the object at a place."""
        details: dict[str, Detail] = {"part": self.part, "path": place.path() if place else ""}
        if self.legacy:
            details["safe_mode"] = "this loader knows none"
        for extra in ("module", "function", "names", "texts", "filename", "why_dangerous"):
            if extra in facts:
                details[extra] = facts.pop(extra)
        self.ctx.report(rule, self.position, facts, details)

    def tell(self, place: Place | None, judged: Judged, module: str | None, name: str) -> None:
        """Report a name unless it is known to be harmless."""
        shown = f"{module}.{name}" if module else name
        if module is None:
            module, _, name = name.rpartition(".")
        if judged.verdict == "dangerous":
            self.say("KER101", place, callable=shown, reason=judged.reason, module=module, function=name)
        elif judged.verdict == "unknown":
            self.say("KER102", place, callable=shown, module=module, function=name)


def check(ctx: Context, text: str | bytes, part: str, position: int | None = None, legacy: bool = False) -> None:
    """Check one JSON text; `legacy` if its loader knows no safe mode, as those of HDF5 and of Keras 2."""
    value = parse(ctx, text, part, position)
    if value is not None:
        check_value(ctx, value, part, position, legacy)


def parse(ctx: Context, text: str | bytes, part: str, position: int | None = None) -> Any:
    """Return the value of a JSON text; None where it cannot be read, which is reported."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    reason = f"it has more than {LONGEST} bytes"
    if len(data) <= LONGEST:
        try:
            parsed = strictjson.parse(data, DEEPEST, ctx.deadline)
        except (ValueError, RecursionError) as error:
            reason = str(error)
        else:
            for key in parsed.duplicates[:10]:
                ctx.report("KER113", position, {"key": key}, {"part": part})
            return parsed.value
    ctx.incomplete("KER112", position, {"part": part, "reason": reason})
    return None


def check_value(ctx: Context, value: Any, part: str, position: int | None = None, legacy: bool = False) -> None:
    """Check a parsed configuration."""
    from modelaudit.keras_objects import visit

    report = Report(ctx, part, position, legacy)
    for count, (place, node) in enumerate(nodes(value)):
        if not count % _BETWEEN and ctx.deadline.expired:
            ctx.incomplete("ENG101")
            return
        visit(report, place, node)


def nodes(value: Any) -> Iterator[tuple[Place | None, dict[str, Any]]]:
    """Yield all objects in order, each before what is in it."""
    waiting: list[tuple[Place | None, Any]] = [(None, value)]
    while waiting:
        place, at = waiting.pop()
        if isinstance(at, dict):
            yield place, at
            inner: list[tuple[str | int, Any]] = list(at.items())
        elif isinstance(at, list):
            inner = list(enumerate(at))
        else:
            continue
        waiting.extend((Place(key, place), item) for key, item in reversed(inner) if isinstance(item, (dict, list)))
