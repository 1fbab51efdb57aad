"""The catalogue of rules: each is used by the sources and shown by a test, and its texts are complete."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelaudit import _native, rules
from modelaudit.model import SEVERITIES
from rulecodes import CODE

ROOT = Path(__file__).parent.parent
CODES = [rule.code for rule in _native.catalogue()]


def codes_in(*patterns: str) -> set[str]:
    found: set[str] = set()
    for pattern in patterns:
        for path in ROOT.glob(pattern):
            if path != Path(__file__):
                found |= set(CODE.findall(path.read_text(encoding="utf-8")))
    return found


def test_every_rule_is_shown_by_a_test_and_every_tested_code_exists() -> None:
    tests = codes_in("tests/*.py", "rust/src/**/tests.rs", "rust/src/**/tests/*.rs")
    assert tests == set(CODES)


def test_every_rule_is_used_and_every_used_code_exists() -> None:
    sources = codes_in("python/modelaudit/**/*.py", "python/modelaudit/*.toml", "rust/src/*.rs", "rust/src/*/*.rs")
    assert sources == set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_messages_take_their_facts_and_escape_them(code: str) -> None:
    rule = rules.rule(code)
    assert rule.severity in SEVERITIES
    text = rules.message(code, dict.fromkeys(rule.facts, "\x1b[2J"))
    assert "\x1b" not in text
    assert "{" not in text
    assert text.count("\\x1b[2J") == len(rule.facts)
    assert rule.why.endswith(".")
    assert rule.fix.endswith(".")
    assert all(reference.startswith("https://") for reference in rule.references)
