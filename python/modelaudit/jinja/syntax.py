"""From the text of a Jinja template to its syntax tree, within bounds that are checked before the parser runs."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from jinja2 import Environment, TemplateError, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser

from modelaudit import limits

if TYPE_CHECKING:
    from collections.abc import Iterator

#: How many frames of the parser one level takes: a bracket in an expression, a block in a block, and operators that
#: are parsed by calling themselves. Python's own limit is 1,000 frames, and the scan is some way down already.
_BRACKET, _BLOCK, _OPERATOR = 15, 6, 1
_FRAMES = 600

_BLOCKS = frozenset(
    ("for", "if", "macro", "call", "filter", "block", "with", "autoescape", "trans", "generation", "raw", "set")
)


class Refused(NamedTuple):
    """Why there is no syntax tree: the rule that tells it, the line, and the parser's words."""

    rule: str
    line: int
    reason: str = ""


class _Generation(Extension):
    """The tag of the transformers library that marks what the assistant said, parsed and nothing else."""

    tags = {"generation"}  # noqa: RUF012 - as the base class declares it

    def parse(self, parser: Parser) -> nodes.Node:
        """Return what stands between the tag and its end."""
        line = next(parser.stream).lineno
        return nodes.Scope(parser.parse_statements(("name:endgeneration",), drop_needle=True), lineno=line)


@cache
def _environment() -> Environment:
    # Nothing is rendered with it: escaping is the renderer's business.
    return Environment(  # noqa: S701
        extensions=["jinja2.ext.loopcontrols", "jinja2.ext.do", "jinja2.ext.i18n", _Generation]
    )


def parse(text: str) -> nodes.Template | Refused:
    """Return the syntax tree of a template, or why there is none."""
    if len(text) > limits.TEMPLATE:
        return Refused("TPL112", 1)
    try:
        refused = _measure(text)
        if refused:
            return refused
        # Not `Environment.parse`: it dresses errors up by running code made for that.
        tree = Parser(_environment(), text).parse()
    except RecursionError:
        return Refused("TPL111", 1)
    except (TemplateError, ArithmeticError, AttributeError, RuntimeError, SyntaxError, TypeError, ValueError) as error:
        return Refused("TPL110", getattr(error, "lineno", None) or 1, str(error))
    return tree if _depth(tree) <= limits.TEMPLATE_DEPTH else Refused("TPL111", 1)


def tokens(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield line, kind and text of the tokens, as far as the template can be read at all."""
    try:
        yield from _environment().lexer.tokeniter(text, None)
    except TemplateError:
        return


def _measure(text: str) -> Refused | None:
    """Count what the parser would recurse over. Raises `TemplateError` where the text is no template."""
    count = blocks = brackets = operators = 0
    tag: list[str] | None = None
    for line, kind, value in _environment().lexer.tokeniter(text, None):
        count += kind != "whitespace"
        if count > limits.TEMPLATE_TOKENS:
            return Refused("TPL112", line)
        if kind in ("block_begin", "variable_begin"):
            tag = [] if kind == "block_begin" else None
            brackets = operators = 0
        elif kind == "block_end" and tag:
            blocks += _opens(tag)
            tag = None
        elif kind == "operator":
            brackets += (value in "([{") - (value in ")]}")
            operators += value in "+-"
        elif kind == "name":
            operators += value in ("not", "else")
        if tag is not None and kind in ("name", "operator"):
            tag.append(value)
        if brackets * _BRACKET + blocks * _BLOCK + operators * _OPERATOR > _FRAMES:
            return Refused("TPL111", line)
    return None


def _opens(tag: list[str]) -> int:
    """Return by how many levels a tag of these tokens changes how deep blocks stand in blocks."""
    if tag[0].startswith("end"):
        return -1
    return int(tag[0] in _BLOCKS and not (tag[0] == "set" and "=" in tag))


def _depth(tree: nodes.Node) -> int:
    level: list[nodes.Node] = [tree]
    depth = 0
    while level and depth <= limits.TEMPLATE_DEPTH:
        depth += 1
        level = [child for node in level for child in node.iter_child_nodes()]
    return depth
