"""What the tables say of a callable becomes the right rule, with a near miss beside each hit."""

from __future__ import annotations

import pytest

import modelaudit
from assembly import named
from modelaudit import limits

ACTIONS = [
    ("os", "system", "PKL101"),
    ("importlib", "import_module", "PKL102"),
    ("ctypes", "CDLL", "PKL103"),
    ("pickle", "loads", "PKL104"),
    ("shutil", "rmtree", "PKL105"),
    ("atexit", "register", "PKL106"),
    ("operator", "attrgetter", "PKL107"),
    ("socket", "create_connection", "PKL111"),
    ("linecache", "getline", "PKL112"),
    ("time", "sleep", "PKL113"),
    ("collections", "abc.attribute", "PKL122"),
]


def rules(data: bytes) -> list[str]:
    return [issue.rule for issue in modelaudit.scan_bytes(data, "m.pkl").issues]


@pytest.mark.parametrize(("module", "name", "rule"), ACTIONS)
def test_each_action_has_its_rule(module: str, name: str, rule: str) -> None:
    reference = b"\x80\x04" + named(module, name)
    assert rules(reference + b".") == [rule]
    assert rules(reference + b")R.") == [rule, "PKL131"]


@pytest.mark.parametrize(("module", "name", "rule"), ACTIONS)
def test_a_near_miss_is_unknown(module: str, name: str, rule: str) -> None:
    found = rules(b"\x80\x04" + named(f"my{module}", name.replace("abc.", "")) + b".")
    assert found == ["PKL124"], rule


def test_unknown_callables_are_told_apart_by_what_is_done_with_them() -> None:
    thing = b"\x80\x04" + named("mylib", "Thing")
    assert rules(thing + b".") == ["PKL124"]
    assert rules(thing + b")\x81}b.") == ["PKL123"]
    assert rules(thing + b"N\x85R.") == ["PKL121"]
    assert rules(thing + b"\x940h\x00)\x81h\x00N\x85R\x86.") == ["PKL121"], "the gravest use counts"
    report = modelaudit.scan_bytes(thing + named("mylib", "Thing") + b"\x86.", "m.pkl")
    assert [(issue.details["count"], issue.location.position) for issue in report.issues] == [(2, 16)]


def test_functions_that_are_values_may_be_stored_and_not_called() -> None:
    assert rules(b"\x80\x04" + named("numpy", "tanh") + b".") == []
    assert rules(b"\x80\x04" + named("numpy", "tanh") + b"K\x01\x85R.") == ["PKL134"]


def test_severities_come_from_the_catalogue() -> None:
    report = modelaudit.scan_bytes(b"\x80\x04" + named("socket", "create_connection") + b".", "m.pkl")
    assert [issue.severity for issue in report.issues] == ["warning"]


def test_a_flood_of_notes_is_cut_without_failing_the_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    from modelaudit.evidence import Evidence

    monkeypatch.setattr(limits, "ISSUES", 3)
    evidence = Evidence("x")
    for _ in range(5):
        evidence.issue("ENG105")
    report = evidence.report()
    assert [issue.rule for issue in report.issues] == ["ENG105"] * 3 + ["ENG113"]
    assert report.issues[-1].details["dropped"] == 2
    for _ in range(5):
        evidence.issue("ENG103")
    assert [issue.rule for issue in evidence.report().issues].count("ENG109") == 1
