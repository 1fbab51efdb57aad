"""All groups, in the order they are written: an entry that two libraries share stands in the first."""

from __future__ import annotations

from tables.groups import (
    boosters,
    configuration,
    estimators,
    huggingface,
    language,
    lightning,
    pytorch,
    scientific,
    vision,
)

GROUPS = (
    *scientific.GROUPS,
    *estimators.GROUPS,
    *boosters.GROUPS,
    *pytorch.GROUPS,
    *lightning.GROUPS,
    *vision.GROUPS,
    *huggingface.GROUPS,
    *language.GROUPS,
    *configuration.GROUPS,
)
