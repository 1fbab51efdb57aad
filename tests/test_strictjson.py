"""The bounded reader of JSON: depth is known before parsing, and what stands twice is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelaudit import _native, strictjson

FOREVER = _native.Deadline(None)

VALUES = st.recursive(
    st.none() | st.booleans() | st.text(st.sampled_from('[]{}"\\,:aé\n')) | st.integers(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.sampled_from('[]{}"\\')), inner),
)


def depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@given(VALUES)
def test_depth_is_that_of_the_value(value: Any) -> None:
    for ascii_only in (True, False):
        text = json.dumps(value, ensure_ascii=ascii_only).encode()
        levels = depth(value)
        assert strictjson.parse(text, levels, FOREVER) == strictjson.Parsed(value, (), ())
        with pytest.raises(strictjson.TooDeepError):
            strictjson.parse(text, levels - 1, FOREVER)


def test_what_stands_twice_is_kept() -> None:
    parsed = strictjson.parse(b'{"a": [1], "b": {"a": 1, "a": 2, "a": 3}, "a": 4}', 9, FOREVER)
    assert parsed.value == {"a": 4, "b": {"a": 3}}
    assert parsed.duplicates == ("a",)
    assert parsed.replaced == ({"a": 1}, {"a": 2}, {"a": [1]})
