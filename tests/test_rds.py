"""Objects of R: honest models of all encodings, promises wherever they stand, functions, workspaces, damage."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random

import pytest

import modelaudit
from assembly import EVIL
from robjects import (
    NULL,
    Object,
    again,
    alternative,
    call,
    closure,
    compiled,
    environment,
    integers,
    pairs,
    promise,
    saved,
    strings,
    symbol,
    vector,
)

RUN = call(symbol("system"), strings("id"))
HARMLESS = call(symbol("+"), symbol("x"), integers(1))

#: A linear model as `lm` makes it, cut down: a call, terms with their environment, a class.
FITTED = (
    19 | 1 << 9, 3,
    *integers(1, 2), *call(symbol("lm"), symbol("formula"), symbol("data")),
    *(6 | 1 << 9, *pairs((".Environment", environment(("x", integers(3)))))), *symbol("~"), *pairs(("", symbol("y"))),
    *pairs(("names", strings("coefficients", "call", "terms")), ("class", strings("lm"))),
)  # fmt: skip


def scan(data: bytes, name: str = "model.rds") -> modelaudit.Report:
    return modelaudit.scan_bytes(data, name)


def rules(data: bytes) -> list[str]:
    return [issue.rule for issue in scan(data).issues]


@pytest.mark.parametrize("encoding", ["X", "B", "A"])
@pytest.mark.parametrize("version", [2, 3])
def test_honest_objects_are_silent(encoding: str, version: int) -> None:
    frame = vector(integers(1, -2, 3), strings("a", "b c", "größe\n"), (14, 0), (10, 1, 1), (16, 1, 9, -1))
    for item in (NULL, frame, FITTED, alternative("compact_intseq", "base", integers(1, 2, 3)), (25,)):
        assert rules(saved(item, encoding, version)) == []
        workspace = pairs(("model", item), ("other", integers(1)))
        assert rules(saved(workspace, encoding, version, workspace=True)) == []
    assert scan(saved(FITTED, encoding, version), "anything").formats == ("rds",)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_files_are_followed(pack: object) -> None:
    assert callable(pack)
    assert rules(pack(saved(FITTED))) == []
    assert rules(pack(saved(promise(RUN)))) == ["RDS102"]


@pytest.mark.parametrize("encoding", ["X", "B", "A"])
@pytest.mark.parametrize(
    "item",
    [
        promise(RUN),
        promise(RUN, integers(1)),
        promise(symbol("f")),
        (5, *symbol("x"), *RUN),
        vector(integers(1), promise(RUN)),
        pairs(("a", promise(RUN))),
        (13 | 1 << 9, 1, 1, *pairs(("class", promise(RUN)))),
        (17, *promise(RUN), *NULL),
        promise(integers(1), promise(RUN)),
        promise(compiled((6, *NULL, 0, *symbol("system"), 0, *NULL))),
        vector(promise(RUN), kind=20),
    ],
)
def test_promises_outside_of_environments_are_critical(item: Object, encoding: str) -> None:
    for data in (saved(item, encoding), saved(pairs(("x", item)), encoding, workspace=True)):
        found = [issue for issue in scan(data).issues if issue.rule == "RDS102"]
        assert found
        assert found[0].severity == "critical"


def test_a_promise_says_what_it_would_call() -> None:
    issue = scan(saved(promise(RUN))).issues[0]
    assert issue.message == "R promise would call system as soon as its value is used"
    assert issue.details["strings"] == '"id"'


@pytest.mark.parametrize("hashed", [False, True])
def test_promises_of_variables_count_by_what_they_call(hashed: bool) -> None:
    assert rules(saved(environment(("x", promise(HARMLESS)), hashed=hashed))) == ["RDS103"]
    assert rules(saved(environment(("x", promise(HARMLESS, integers(1))), hashed=hashed))) == []
    dots = (17, *promise(HARMLESS), *pairs(("", promise(HARMLESS))))
    assert rules(saved(environment(("...", dots), hashed=hashed))) == ["RDS103"]
    namespaced = call(call(symbol("::"), symbol("base"), symbol("system2")), strings("id"))
    named = call(symbol("do.call"), strings("system"), NULL)
    tagged: Object = (6, *symbol("do.call"), *pairs(("what", strings("shell")), ("", NULL)))
    for code in (RUN, namespaced, named, tagged, call(symbol("invisible"), RUN)):
        assert "RDS102" in rules(saved(environment(("x", promise(code)), hashed=hashed)))
    # The name of an argument, or of a variable, is no call.
    mentioned: Object = (6, *symbol("f"), *pairs(("source", symbol("system"))))
    assert rules(saved(environment(("x", promise(mentioned)), hashed=hashed))) == ["RDS103"]


def test_functions_are_a_note_unless_they_start_programs() -> None:
    assert rules(saved(closure(HARMLESS))) == ["RDS104"]
    assert rules(saved(closure(compiled((0, *NULL), (6, *NULL, 0, *symbol("+"), 0, *NULL))))) == ["RDS104"]
    assert sorted(rules(saved(closure(RUN)))) == ["RDS104", "RDS106"]
    code = compiled((244, 0, 6, *NULL, 0, *symbol("system"), 2, *NULL, 0, *strings("id"), 243, 0))
    assert sorted(rules(saved(closure(code)))) == ["RDS104", "RDS106"]
    repeated = vector(symbol("system"), closure(call(again(1), strings("id"))))
    assert sorted(rules(saved(repeated))) == ["RDS104", "RDS106"]


def test_functions_that_run_by_themselves_are_critical() -> None:
    for name in (".First", ".Last"):
        data = saved(pairs(("x", integers(1)), (name, closure(HARMLESS))), workspace=True)
        assert [issue.rule for issue in scan(data).issues if issue.severity == "critical"] == ["RDS105"]
    assert rules(saved(pairs((".First", closure(HARMLESS))))) == ["RDS104"]
    assert rules(saved(pairs((".First", integers(1))), workspace=True)) == []


def test_vectors_that_others_make_are_told() -> None:
    assert rules(saved(alternative("mmap_real", "base", strings("/etc/passwd")))) == ["RDS107"]
    assert rules(saved(alternative("thing", "evil", NULL))) == ["RDS107"]
    assert rules(saved(alternative("array_dbl_vector", "arrow", NULL))) == []


def test_raw_vectors_are_scanned() -> None:
    assert "PKL101" in rules(saved((24, len(EVIL), EVIL)))
    assert rules(saved((24, 12, bytes(range(12))))) == []


def test_bytes_behind_the_object_are_scanned() -> None:
    assert {"RDS108", "PKL101"} <= set(rules(saved(FITTED) + EVIL))
    assert rules(saved(FITTED, "A") + b"\n\n") == []


def test_what_is_no_file_of_r_is_told() -> None:
    assert rules(b"\x81 something else \xff\0") == ["RDS101"]
    assert rules(saved((13, -2))) == ["RDS101"]
    assert rules(saved((16, 1 << 30))) == ["RDS101"]
    assert rules(saved(again(5))) == ["RDS101"]
    assert rules(saved((99,))) == ["RDS101"]
    assert rules(saved(NULL, version=9)) == ["RDS110"]
    assert rules(b"RDX1\nX\n" + bytes(50)) == ["RDS110"]
    assert scan(b"A\nB\nC\n", "notes.txt").formats == ()


def test_objects_inside_each_other_end_at_a_limit() -> None:
    deep: Object = (19, 1) * 200_000
    assert rules(saved((*deep, *NULL))) == ["RDS109"]
    long: Object = (2, 254) * 200_000
    assert rules(saved((*long, *NULL))) == []


@pytest.mark.parametrize("encoding", ["X", "B", "A"])
def test_a_truncation_is_never_clean(encoding: str) -> None:
    data = saved(FITTED, encoding)
    for length in range(7, len(data) - 4):
        assert scan(data[:length]).exit_code == 1, length


@pytest.mark.parametrize("encoding", ["X", "B", "A"])
def test_damage_is_never_a_defect(encoding: str) -> None:
    data = saved(vector(FITTED, promise(RUN), environment(("x", promise(HARMLESS))), closure(compiled())), encoding)
    chance = random.Random(3)
    for _ in range(1_000):
        copy = bytearray(data)
        copy[chance.randrange(len(copy))] ^= 1 << chance.randrange(8)
        assert not {"ENG201", "ENG204"} & set(rules(bytes(copy)))
