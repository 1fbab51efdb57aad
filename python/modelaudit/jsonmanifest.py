"""Reads manifests in JSON: one value, or one a line; what is no JSON after all is given to the reader of YAML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from modelaudit import credentials, limits, loaderkeys, manifesttext, strictjson
from modelaudit.formats import json_manifest

if TYPE_CHECKING:
    from modelaudit.formats.base import Context

#: What only JSON begins with: an object with a quoted key, or a list of such.
_CERTAIN = re.compile(rb"[\s\xef\xbb\xbf]*(?:\[\s*)*\{\s*\"")

#: Issues about keys that stand twice, in one manifest.
_DUPLICATES = 100


def scan(ctx: Context) -> None:
    """Report what loaders would do with a manifest."""
    data = manifesttext.read(ctx, limits.JSON)
    if data is None:
        return
    try:
        parsed = _parsed(data)
    except strictjson.TooDeepError:
        ctx.incomplete("MAN104", None, {"limit": limits.JSON_DEPTH})
        return
    except (ValueError, RecursionError) as error:
        _otherwise(ctx, data, str(error))
        return
    text = manifesttext.decode(data) or data.decode("utf-8", "replace").replace("\0", "")
    for value in (*parsed.replaced, parsed.value):
        loaderkeys.check(ctx, value, text)
    if not ctx.shared:
        for key in parsed.duplicates[:_DUPLICATES]:
            ctx.report("MAN103", None, {"key": key})
    credentials.check(ctx, text)


def _parsed(data: bytes) -> strictjson.Parsed:
    """Parse one value, or one a line. Raises `ValueError` for what is neither."""
    data = data.strip()
    first, _, rest = data.partition(b"\n")
    if rest and _is_value(first):
        lines = [line for line in data.splitlines() if line.strip()]
        return strictjson.parse(b"[" + b",\n".join(lines) + b"]", limits.JSON_DEPTH)
    return strictjson.parse(data, limits.JSON_DEPTH)


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


def _otherwise(ctx: Context, data: bytes, reason: str) -> None:
    """Report text that is no JSON: YAML in its flow style, something that only begins like JSON, or a broken one."""
    from modelaudit import yamlmanifest

    text = manifesttext.decode(data)
    certain = _CERTAIN.match(data) is not None or ctx.name.lower().endswith(json_manifest.NAMES)
    if text is not None and yamlmanifest.examine(ctx, text):
        return
    if certain:
        ctx.incomplete("MAN101", None, {"reason": reason})
        credentials.check(ctx, text or "")
    else:
        manifesttext.tell_text(ctx)
