"""Credentials in text that people share with a model: found by rules that are data, reported without the secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelaudit.formats.base import Context


def check(ctx: Context, text: str, position: int | None = None) -> None:
    """Report each kind of credential that a text holds.

    `position` is the offset of the text in the source, if it stands there as it is.
    """
