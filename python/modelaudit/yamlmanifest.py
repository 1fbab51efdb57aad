"""Reads manifests in YAML: documents, tags that construct objects, aliases; what is no YAML after all is told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from modelaudit import credentials, limits, loaderkeys, manifesttext, yamltree
from modelaudit.patience import ensure, paced
from modelaudit.yamltags import TAGS, judge_tag

if TYPE_CHECKING:
    from modelaudit.formats.base import Context

#: Nodes that aliases may make of a document, and how many for each event of the text.
_EXPANDED, _GROWTH = 1_000_000, 10

#: Characters that are decoded, looked through for what no text has, and given to the parser in a second.
_DECODED = 40e6

#: Issues about keys that stand twice, in one manifest.
_DUPLICATES = 100

#: Documents with text behind what stands between two lines of dashes.
_PAGES = (".md", ".markdown", ".mdx", ".rst", ".txt")

_FRONT = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)^(?:---|\.\.\.)[ \t]*\r?$", re.DOTALL | re.MULTILINE)


def scan(ctx: Context, certain: bool) -> None:
    """Report what loaders would do with a manifest; `certain` if its name says that it is one."""
    data = manifesttext.head(ctx, limits.YAML)
    if len(data) > limits.YAML and not certain:
        # No program reads so much of what is probably just text.
        manifesttext.tell_text(ctx)
        return
    if len(data) > limits.YAML:
        ctx.incomplete("MAN102", None, {"what": "bytes", "limit": limits.YAML})
        return
    text = manifesttext.decode(data)
    front = _FRONT.match(text) if ctx.name.lower().endswith(_PAGES) else None
    if examine(ctx, front.group(1) if front else text, certain=certain and front is None, page=True, whole=text):
        return
    if not certain or front:
        manifesttext.tell_text(ctx)


def examine(ctx: Context, text: str, *, certain: bool = False, page: bool = False, whole: str = "") -> bool:
    """Report what loaders would do with a text; return whether it is YAML to its end, or was reported if not."""
    ensure(ctx.deadline, len(text), _DECODED)
    found = yamltree.read(text, ctx.deadline)
    plain = manifesttext.without_controls(text) if found.error else text
    if plain != text:
        # Parsers refuse such a text as a whole, most of them before they have read any of it.
        page, reason = False, found.error
        found = yamltree.read(plain, ctx.deadline)
        found.error = found.error or reason
    for tag in paced(found.tags, ctx.deadline):
        judge_tag(ctx, tag)
    if certain and (found.error or found.stopped):
        # Parsers disagree on what is broken: the tags are what must not be missed.
        for match in paced(TAGS.finditer(text), ctx.deadline):
            judge_tag(ctx, yamltree.Tag(match.group(1).replace("!!", "tag:yaml.org,2002:"), 0, None, None))
    loaderkeys.check(ctx, (*found.replaced, *found.roots), text)
    if found.expanded > max(_EXPANDED, found.events * _GROWTH):
        ctx.report("MAN105", None, {"nodes": found.expanded})
    if found.stopped == "levels":
        ctx.incomplete("MAN104", None, {"limit": limits.YAML_DEPTH})
    elif found.stopped == "events":
        ctx.incomplete("MAN102", None, {"what": "events of a parser", "limit": limits.YAML_EVENTS})
    elif found.stopped:
        ctx.incomplete("ENG101")
    elif found.error and certain and not (page and _is_page(found)):
        ctx.incomplete("MAN101", None, {"reason": f"{found.error}, line {found.error_line + 1}"})
    elif found.error:
        return page and _is_page(found)
    if certain or text.startswith("---"):
        for key, line in found.duplicates[:_DUPLICATES]:
            ctx.report("MAN103", None, {"key": key}, {"line": line + 1})
    credentials.check(ctx, whole or text)
    return True


def _is_page(found: yamltree.Documents) -> bool:
    """Return whether a whole mapping came before what cannot be read: the front matter of a page of text."""
    return found.whole > 0 and isinstance(found.roots[0], dict)
