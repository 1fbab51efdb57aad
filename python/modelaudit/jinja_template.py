"""Jinja templates as code: parsed to a syntax tree, never rendered, and held against what honest templates do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelaudit.formats.base import Context


def check(ctx: Context, text: str, position: int | None = None, where: str = "") -> None:
    """Report what rendering a template would do beyond putting text together.

    `where` names the place in the file, such as `tokenizer.chat_template`.
    """
