"""Index files of sharded weights: which file holds which tensor.

What it is: JSON with a `weight_map` from names of tensors to names of files, as transformers and diffusers write it.
What can run: nothing by itself. Loaders join the names of files to the folder and open what is there: a name that leads
  out of it makes them load another file, and for pickled shards run it.
What is checked: that names of files stay below the folder; whether files of the folder are there, are as many as their
  numbers say, and, for SafeTensors, hold the tensors that the index says they hold.
What is not checked: `total_size`, which honest writers count in several ways; names of tensors in pickled shards; the
  shards themselves, which are scanned as files of their own.
References: https://huggingface.co/docs/transformers/big_models
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from modelaudit import _native, limits
from modelaudit.formats.base import Format

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelaudit.formats.base import Context, Probe

_NUMBERED = r"-(\d{5})-of-(\d{5})\."

#: Shards whose headers are compared: the largest models known have some 200.
_SHARDS = 2000


def _sniff(probe: Probe) -> bool:
    return b'"weight_map"' in probe.head and probe.head.lstrip()[:1] == b"{"


def _scan(ctx: Context) -> None:
    from modelaudit import strictjson

    size = ctx.source.size
    if size is not None and size > limits.JSON:
        ctx.incomplete("STN116", None, {"reason": "it is too large"})
        return
    try:
        value = strictjson.parse(ctx.source.read(0, limits.JSON), limits.JSON_DEPTH, ctx.deadline).value
    except (ValueError, RecursionError):
        ctx.incomplete("STN116", None, {"reason": "it is no JSON"})
        return
    places = value.get("weight_map") if isinstance(value, dict) else None
    if not isinstance(places, dict) or not all(isinstance(place, str) for place in places.values()):
        ctx.incomplete("STN116", None, {"reason": "its weight_map is no object of texts"})
        return
    shards: dict[str, list[str]] = {}
    for tensor, place in places.items():
        shards.setdefault(place, []).append(tensor)
    for place in shards:
        if leads_out(place):
            ctx.report("STN113", None, {"path": place})
    if not ctx.alone:
        _compare(ctx, shards)


def leads_out(path: str) -> bool:
    """Return whether a path, joined to a folder by a loader on any system, may end outside of it."""
    parts = path.replace("\\", "/").split("/")
    return not path or parts[0] == "" or ".." in parts or ":" in parts[0] or parts[0].startswith("~") or "\0" in path


def _compare(ctx: Context, shards: Mapping[str, list[str]]) -> None:
    missing = []
    for place in list(shards)[:_SHARDS]:
        if "/" in place or "\\" in place:
            continue
        source = ctx.beside(place)
        if source is None:
            missing.append(place)
        elif _native.sniff_safetensors(source.head(limits.HEAD), source.size):
            held = {name for name, *_ in _native.scan_safetensors(source, ctx.deadline).tensors}
            absent = [tensor for tensor in shards[place] if tensor not in held]
            if absent:
                ctx.report("STN115", None, {"shard": place, "tensor": absent[0], "count": len(absent)})
    announced = {int(found.group(2)) for place in shards if (found := re.search(_NUMBERED, place))}
    if missing or announced - {len(shards)}:
        of = max(announced, default=len(shards))
        ctx.report("STN114", None, {"missing": len(missing), "named": len(shards), "announced": of})


FORMAT = Format(
    name="weights-index",
    sniff=_sniff,
    scan=_scan,
    first=b"{ \t\r\n",
    suffixes=(".index.json",),
    marks=((None, b'"weight_map"'),),
)
