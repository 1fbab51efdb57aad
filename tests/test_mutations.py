"""Laws of containers: damage, truncation, appended bytes. The long run of damage is `make mutate`."""

from __future__ import annotations

import pytest

import modelaudit
import mutations

#: Text models are whole wherever a line ends, and a file behind a user block of text is text until it begins; their own
#: tests hold what they promise.
CUT = [name for name in mutations.fixtures() if not name.endswith((".lgb", ".txt", ".json", ".mat"))]


def critical(data: bytes) -> set[tuple[str, object]]:
    issues = modelaudit.scan_bytes(data, "model.bin").issues
    return {(issue.rule, issue.details.get("callable")) for issue in issues if issue.severity == "critical"}


@pytest.mark.parametrize("name", mutations.fixtures())
def test_damage_is_reported_and_never_a_defect(name: str) -> None:
    assert mutations.run(name, 60, seed=7) == []


@pytest.mark.parametrize("name", CUT)
def test_a_truncation_is_never_clean_and_finds_nothing_new(name: str) -> None:
    data = mutations.fixtures()[name]
    whole = critical(data)
    callables = {str(what) for rule, what in whole if rule.startswith("PKL")}
    for length in range(24, len(data) - 1, max(1, len(data) // 60)):
        report = modelaudit.scan_bytes(data[:length], "model.bin")
        assert report.exit_code == 1, length
        # A name that is cut is the beginning of one.
        for issue in report.issues:
            if issue.rule.startswith("PKL10"):
                assert any(known.startswith(str(issue.details["callable"])) for known in callables), length


@pytest.mark.parametrize("name", mutations.fixtures())
def test_appended_bytes_remove_nothing(name: str) -> None:
    data = mutations.fixtures()[name]
    before = critical(data)
    for tail in (b"\0", b"x" * 40, b"PK\5\6", b"\x80\x04N.", bytes(1_000)):
        assert before <= critical(data + tail), tail
