"""The configuration of a Keras model, as its loader reads it from JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelaudit.formats.base import Context


def check(ctx: Context, text: str | bytes, part: str, position: int | None = None, legacy: bool = False) -> None:
    """Report what loading a configuration would do beyond building layers.

    `part` names where the text stands, such as `model_config`; `position` is its offset in the source, if it stands
    there as it is. `legacy` says that it is loaded without the safe mode that newer files have.
    """
