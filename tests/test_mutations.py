"""A few damaged copies of each container: the long run is `make mutate`."""

from __future__ import annotations

import pytest

import mutations


@pytest.mark.parametrize("name", mutations.fixtures())
def test_damage_is_reported_and_never_a_defect(name: str) -> None:
    assert mutations.run(name, 60, seed=7) == []
