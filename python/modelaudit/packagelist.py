"""Reads lists of packages: where they come from, line by line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from modelaudit import commandtext, credentials, limits, manifesttext

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modelaudit.formats.base import Context

_INDEX = re.compile(r"\s*(?:-i|-f|--index-url|--extra-index-url|--find-links|--trusted-host)[\s=]+(\S+)")

_ADDRESS = re.compile(r"(?:^|\s|@)((?:git|hg|svn|bzr)?\+?(?:https?|ftp|git|ssh|file)://\S+)")

_OPEN = re.compile(r"(?:\w+\+)?(?:http|ftp|git)://(?!(?:localhost|127\.)[\d.]*[:/])")


def scan(ctx: Context) -> None:
    """Report the lines of a list of packages that come from elsewhere than an index with encryption."""
    data = manifesttext.read(ctx, limits.TOML)
    if data is None:
        return
    text = manifesttext.decode(data)
    if manifesttext.without_controls(text) != text:
        manifesttext.tell_text(ctx)
    check(ctx, text.splitlines())
    credentials.check(ctx, text)


def check(ctx: Context, lines: Iterable[str]) -> None:
    """Report lines that name an index or an address."""
    for line in lines:
        if line.lstrip().startswith("#"):
            continue
        index = _INDEX.match(line)
        address = index or _ADDRESS.search(line)
        if address is None:
            continue
        target = address.group(1)
        host = target.partition("+")[2] or target
        if _OPEN.match(target) or commandtext.raw_address(host):
            ctx.report("MAN135", None, {"target": target})
        elif index is None:
            ctx.report("MAN136", None, {"target": target})
