"""Reads manifests in JSON: one value, or one a line; what is no JSON after all is given to the reader of YAML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Callable

from modelaudit import credentials, limits, loaderkeys, manifesttext, strictjson, yamlmanifest
from modelaudit.formats import json_manifest, yaml_manifest

if TYPE_CHECKING:
    from modelaudit.formats.base import Context

#: What only JSON begins with: an object with a quoted key, or a list of such.
_CERTAIN = re.compile(rb"[\s\xef\xbb\xbf]*(?:\[\s*)*\{\s*\"")

#: Strings, which stay, and comments, as JSON with comments has them.
_COMMENTS = re.compile(r'("(?:[^"\\]|\\.)*(?:"|\Z))|//[^\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL)

#: Commas behind the last item.
_COMMAS = re.compile(r'("(?:[^"\\]|\\.)*(?:"|\Z))|,(?=\s*[\]}])', re.DOTALL)

#: Numbers in a list that are looked at one by one even in the largest manifests.
_LONG = 16

#: Names of files that are JSON, or YAML, whatever is in them.
_NAMES = (*json_manifest.NAMES, *yaml_manifest.FORMAT.named)

#: Issues about keys that stand twice, in one manifest.
_DUPLICATES = 100


def scan(ctx: Context, data: bytes) -> None:
    """Report what loaders would do with a manifest, all of whose bytes are `data`."""
    many = sum(map(data.count, (b"{", b"[", b","))) > limits.JSON_VALUES
    if many and not ctx.shared:
        ctx.incomplete("MAN102", None, {"what": "values", "limit": limits.JSON_VALUES})
        return
    try:
        # Models of boosters are manifests of millions of numbers, and their scanner looks at those.
        parsed = _parsed(data, _without_numbers if many else None)
    except strictjson.TooDeepError:
        ctx.incomplete("MAN104", None, {"limit": limits.JSON_DEPTH})
        return
    except (ValueError, RecursionError) as error:
        _otherwise(ctx, data, error)
        return
    _examine(ctx, parsed, manifesttext.decode(data).replace("\0", ""))


def _examine(ctx: Context, parsed: strictjson.Parsed, text: str) -> None:
    loaderkeys.check(ctx, (*parsed.replaced, parsed.value), text)
    for key in parsed.duplicates[:_DUPLICATES]:
        ctx.report("MAN103", None, {"key": key})
    credentials.check(ctx, text)


def _without_numbers(node: dict[str, Any]) -> dict[str, Any]:
    """Return an object in which no list of numbers is long."""
    for key, value in node.items():
        if (
            isinstance(value, list)
            and len(value) > _LONG
            and not any(isinstance(item, (dict, list, str)) for item in value)
        ):
            node[key] = []
    return node


def _parsed(data: bytes, replace: Callable[[dict[str, Any]], Any] | None = None) -> strictjson.Parsed:
    """Parse one value, or one a line. Raises `ValueError` for what is neither."""
    data = data.strip()
    first, _, rest = data.partition(b"\n")
    if rest and _is_value(first):
        lines = [line for line in data.splitlines() if line.strip()]
        return strictjson.parse(b"[" + b",\n".join(lines) + b"]", limits.JSON_DEPTH)
    return strictjson.parse(data, limits.JSON_DEPTH, replace)


def _is_value(line: bytes) -> bool:
    """Return whether a line is a value of its own: brackets alone do not end before the line does."""
    line = line.strip()
    if not (line.startswith((b"{", b"[")) and line.endswith((b"}", b"]"))):
        return False
    try:
        strictjson.parse(line, limits.JSON_DEPTH)
    except (ValueError, RecursionError):
        return False
    return True


def _otherwise(ctx: Context, data: bytes, error: Exception) -> None:
    """Look at text that no strict parser of JSON reads: with comments, in the flow style of YAML, or broken."""
    text, reason = manifesttext.decode(data), str(error)
    # What begins with a value and goes on otherwise is broken, but the value is there.
    plain = _COMMENTS.sub(_blank, text)
    parsed = _value_in(_COMMAS.sub(_blank, plain))
    if parsed is not None:
        _examine(ctx, parsed[0], text)
        if parsed[1] or isinstance(error, UnicodeDecodeError):
            ctx.incomplete("MAN101", None, {"reason": reason})
        return
    if yamlmanifest.examine(ctx, text):
        return
    if _CERTAIN.match(data) is not None or ctx.name.lower().endswith(_NAMES):
        ctx.incomplete("MAN101", None, {"reason": reason})
        credentials.check(ctx, text)
    else:
        manifesttext.tell_text(ctx)


def _blank(found: re.Match[str]) -> str:
    """Return a string as it is and nothing for a comment."""
    return found.group(1) or ""


def _value_in(text: str) -> tuple[strictjson.Parsed, bool] | None:
    """Return the value that a text begins with, and whether more follows; None if it does not begin with one."""
    import json

    text = text.lstrip("\ufeff \t\r\n")
    if not text.startswith(("{", "[")):
        return None
    try:
        _, end = json.JSONDecoder().raw_decode(text)
        return strictjson.parse(text[:end].encode("utf-8", "replace"), limits.JSON_DEPTH), bool(text[end:].strip())
    except (ValueError, RecursionError):
        return None
