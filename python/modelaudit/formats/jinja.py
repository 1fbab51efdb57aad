"""Jinja templates: texts that a program fills in, such as the conversation for a language model.

What it is: text with expressions in `{{ }}` and statements in `{% %}`. Nothing in the bytes tells a template from a
text that speaks of templates, so that here the name decides: it is what loaders go by.
What can run: attributes and calls, when the template is rendered; without a sandbox they lead to any command.
What is checked: the syntax tree, see `jinja_template`: attributes that lead into Python, names that are put together,
calls that are not known, format strings, other templates, sizes.
What is not checked: what filters and functions do that the rendering program adds; instructions hidden in the text,
beyond addresses that depend on what was said.
References: https://jinja.palletsprojects.com/en/stable/templates/, https://jinja.palletsprojects.com/en/stable/sandbox/,
https://huggingface.co/docs/transformers/chat_templating_writing, CVE-2024-34359, CVE-2026-5760.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit import limits
from modelaudit.formats.base import Format

if TYPE_CHECKING:
    from modelaudit.formats.base import Context, Probe

_SUFFIXES = (".jinja", ".jinja2", ".j2")

#: How the transformers library calls the template of a conversation; in a file of JSON it is a value of that.
_CONVERSATION = "chat_template"


def _sniff(probe: Probe) -> bool:
    name = probe.name.lower()
    return name.endswith(_SUFFIXES) or (name.startswith(_CONVERSATION) and not name.endswith(".json"))


def _scan(ctx: Context) -> None:
    from modelaudit import credentials, encoded_payload
    from modelaudit.jinja_template import check

    where = ctx.name if ctx.name.lower().startswith(_CONVERSATION) else ""
    # Up to four bytes a character.
    content = ctx.source.read(0, limits.TEMPLATE * 4 + 1)
    if len(content) > limits.TEMPLATE * 4:
        ctx.incomplete("TPL112", None, {"where": ctx.name})
        content = content[: limits.TEMPLATE]
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        ctx.incomplete("TPL110", error.start, {"where": ctx.name, "reason": str(error)})
        text = content.decode("utf-8", "replace")
    check(ctx, text, 0, where)
    credentials.check(ctx, text, 0)
    encoded_payload.check(ctx, text, "the template", 0)


FORMAT = Format(
    name="jinja",
    sniff=_sniff,
    scan=_scan,
    named=_SUFFIXES,
    marks=((None, b"{{"), (None, b"{%")),
)
