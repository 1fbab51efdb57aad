"""The writer of JSON reports: the same text as the library makes, in less time."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from modelaudit import jsonwriter

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_the_text_is_that_of_the_library(value: object) -> None:
    assert jsonwriter.indented(value) == json.dumps(value, indent=2)
