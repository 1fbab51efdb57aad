"""Dotted names in manifests, held against the tables of callables: what a loader would import, and whether it may."""

from __future__ import annotations

import re
from typing import NamedTuple

from modelaudit import _native, rules
from modelaudit.loadertables import FUNCTIONS, HARMLESS_CALLS, LIBRARIES, MODEL_LOADERS, WAYS_OUT, WRITTEN

#: A name that Python could import: words with dots between them, and a colon before the last ones at most.
_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*(?:[.:][^\W\d]\w*)?")

#: Characters of a name that are looked at: the loader's file system allows no longer ones.
_LONGEST = 1_000

#: Parts of one name that are tried as the end of its module.
_PARTS = 12


class Verdict(NamedTuple):
    """What is to be said about a name: the rule, and a reason if the rule asks for one; no rule if it is ordinary."""

    rule: str
    reason: str = ""


#: Rules of callables that run code: what is not so surely called counts only if it is one of these.
RUNS_CODE = ("PKL101", "PKL102", "PKL103", "PKL106", "PKL122")

#: Rules of what classes of libraries do with files that a configuration names: data sets, loggers.
_ORDINARY_WORK = ("PKL105", "PKL111", "PKL112", "PKL113")

#: A name of a library that a configuration may use.
ORDINARY = Verdict("")


def is_dotted(text: str) -> bool:
    """Return whether a text is a name of several parts that Python could import."""
    return len(text) <= _LONGEST and ("." in text or ":" in text) and _DOTTED.fullmatch(text) is not None


def judge(name: str) -> Verdict:
    """Return what is to be said about a name that a loader imports and calls."""
    parts = re.split(r"[.:]", name.strip()[:_LONGEST])
    if len(parts) == 1:
        return _of(_judged("builtins", parts[0]))
    # Loaders disagree on where the module ends; the usual place comes first.
    last = len(parts) - 1
    found = [_judged(".".join(parts[:end]), ".".join(parts[end:])) for end in range(last, max(0, last - _PARTS), -1)]
    safe = next((one for one in found if one.verdict == "safe"), None)
    if safe is not None:
        return _of(safe)
    # What only walks through packages is no way out of them: that verdict does not count.
    dangerous = [one for one in found if one.verdict == "dangerous"]
    bad = min(dangerous, key=lambda one: not _is_critical(one), default=None)
    if parts[0] in LIBRARIES and name.endswith(MODEL_LOADERS):
        return Verdict("MAN117")
    if _walks_out(parts) and not (bad is not None and _is_critical(bad)):
        return Verdict("PKL122")
    is_class = parts[0] in LIBRARIES and parts[-1][:1].isupper()
    if bad is not None:
        ordinary = name in WRITTEN or (is_class and bad.rule in _ORDINARY_WORK)
        return ORDINARY if ordinary else _of(bad)
    return ORDINARY if is_class or (parts[0] in LIBRARIES and name.startswith(FUNCTIONS)) else Verdict("PKL121")


def _is_critical(judgement: _native.Judgement) -> bool:
    return judgement.rule is not None and rules.rule(judgement.rule).severity == "critical"


def _walks_out(parts: list[str]) -> bool:
    """Return whether a name leads through a module that others import, or through what every object has."""
    hidden = any(part.startswith("__") and part.endswith("__") for part in parts[1:])
    return hidden or any(_leads_out(parts, place) for place in range(1, min(len(parts) - 1, _PARTS)))


def judge_module(name: str) -> Verdict:
    """Return what is to be said about a module that a loader imports."""
    parts = name.strip()[:_LONGEST].split(".")
    if any(part in WAYS_OUT for part in parts):
        return Verdict(_judged(next(part for part in parts if part in WAYS_OUT), "").rule or "PKL124")
    return ORDINARY if parts[0] in LIBRARIES else Verdict("PKL124")


def _leads_out(parts: list[str], place: int) -> bool:
    """Return whether a module that others import stands at a place, with something dangerous behind it."""
    if parts[place] not in WAYS_OUT:
        return False
    return _judged(parts[place], ".".join(parts[place + 1 :])).verdict in ("dangerous", "walks-out")


def _of(judgement: _native.Judgement) -> Verdict:
    if judgement.rule is not None:
        return Verdict(judgement.rule)
    if judgement.call not in HARMLESS_CALLS:
        return Verdict("PKL133", "a manifest calls it with any")
    return ORDINARY


def _judged(module: str, name: str) -> _native.Judgement:
    """Return what the tables say of a name, which a manifest may have spelled with half a character."""
    return _native.judge(*(part.encode("utf-8", "backslashreplace").decode() for part in (module, name)))
