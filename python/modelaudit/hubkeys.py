"""Keys by which Hugging Face libraries find code: in the repository of a model, in another one, or installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelaudit import limits, namedcode
from modelaudit.loadertables import LIBRARIES, PIPELINES

if TYPE_CHECKING:
    from modelaudit.loaderkeys import Place, Walk


def repository_code(walk: Walk, place: Place, key: str, value: Any, _node: dict[Any, Any]) -> None:
    """Report every name below: values of `auto_map`, lists of them, and `impl` of custom pipelines."""
    waiting: list[tuple[Place, Any]] = [(place, value)]
    for at, item in waiting:
        if isinstance(item, dict):
            items = [
                (k, v) for k, v in item.items() if key != "custom_pipelines" or not isinstance(v, str) or k == "impl"
            ]
            waiting += [((at, k), v) for k, v in items if k not in ("pt", "tf", "default", "type")]
        elif isinstance(item, list):
            waiting += [((at, number), inner) for number, inner in enumerate(item[:100])]
        elif isinstance(item, str) and item:
            _named_code(walk, at, key, item)
        if len(waiting) > limits.ISSUES:
            return


def _named_code(walk: Walk, place: Place, key: str, name: str) -> None:
    repository, apart, local = name.partition("--")
    if apart:
        walk.say("MAN112", place, key=key, value=name, repository=repository)
        return
    if "/" in local or "/" in repository:
        walk.say("MAN112", place, key=key, value=name, repository=name)
        return
    if walk.ctx.alone:
        walk.say("MAN111", place, key=key, value=name)
    else:
        # Loaders take the file of that name from the folder of the model.
        present = walk.ctx.beside(f"{name.partition('.')[0]}.py") is not None
        walk.say("MAN111", place, key=key, value=name, present=present)


def trust(walk: Walk, place: Place, key: str, value: Any, _node: dict[Any, Any]) -> None:
    """Check the switch of trust, which some loaders take from the file."""
    if value is True or (isinstance(value, str) and value.strip().lower() in ("true", "yes", "on", "1")):
        walk.say("MAN113", place, key=key)


def kernels(walk: Walk, place: Place, key: str, value: Any, _node: dict[Any, Any]) -> None:
    """Check how attention is computed: by what is installed, or by a repository of kernels."""
    for item in value.values() if isinstance(value, dict) else (value,):
        if isinstance(item, str) and "/" in item:
            walk.say("MAN115", place, key=key, value=item)


def module_type(walk: Walk, place: Place, _key: str, value: Any, node: dict[Any, Any]) -> None:
    """Check `type` of the modules of sentence-transformers, which stands beside their number and folder."""
    if isinstance(value, str) and "." in value and "path" in node and "idx" in node:
        walk.code(place, value, "called by sentence-transformers")


def pipeline(walk: Walk, place: Place, node: dict[Any, Any]) -> None:
    """Check the pairs of library and class in the index of a diffusers model, of which each is imported."""
    for key, pair in node.items():
        if not (isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) and isinstance(pair[1], str)):  # noqa: PLR2004
            continue
        library, name = pair
        found = namedcode.judge(f"{library}.{name}").rule
        ordinary = library.partition(".")[0] in LIBRARIES
        if library in PIPELINES or (ordinary and name[:1].isupper() and found not in ("PKL101", "PKL102")):
            continue
        if ordinary or found not in ("", "PKL121"):
            walk.code((place, key), f"{library}.{name}", "called by diffusers")
        else:
            walk.say("MAN111", (place, key), key=str(key), value=f"{library}.{name}")
