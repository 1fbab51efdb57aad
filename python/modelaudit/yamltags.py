"""Tags of YAML by which loaders construct objects, and what is to be said about each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from modelaudit import namedcode
from modelaudit.loaderkeys import REPORTED

if TYPE_CHECKING:
    from modelaudit.formats.base import Context
    from modelaudit.model import Detail
    from modelaudit.yamltree import Tag

_CORE = "tag:yaml.org,2002:"

#: Tags of the core schema and of YAML 1.1's types, and PyYAML's for values that other languages lack.
_DATA = frozenset(
    (
        *("binary", "bool", "float", "int", "map", "merge", "null", "omap", "pairs", "seq", "set", "str", "timestamp"),
        *("value", "yaml"),
        *(f"python/{name}" for name in ("bool", "bytes", "complex", "dict", "float", "int", "list", "long", "none")),
        *(f"python/{name}" for name in ("str", "tuple", "unicode")),
    )
)

#: Tags whose suffix is a name that the loader imports, with what it does to it: PyYAML, then HyperPyYAML.
_NAMED = (
    ("tag:yaml.org,2002:python/object/apply:", "called by a tag"),
    ("tag:yaml.org,2002:python/object/new:", "called by a tag"),
    ("tag:yaml.org,2002:python/object:", "constructed by a tag"),
    ("tag:yaml.org,2002:python/name:", "named by a tag"),
    ("tag:yaml.org,2002:python/class:", "named by a tag"),
    ("!new:", "called by a tag of HyperPyYAML"),
    ("!name:", "called by a tag of HyperPyYAML"),
    ("!apply:", "called by a tag of HyperPyYAML"),
)

#: Tags whose suffix is a module that the loader imports.
_MODULES = ("tag:yaml.org,2002:python/module:", "!module:")

#: Tags by which loaders in other languages run code: js-yaml before 4, Ruby's Psych, SnakeYAML with a package's name.
_FOREIGN = re.compile(
    r"tag:yaml\.org,2002:js/function|(?:!|tag:yaml\.org,2002:|tag:ruby\.yaml\.org,2002:)ruby/(?!sym|array|hash|regexp|range)\S"
    r"|(?:!|tag:yaml\.org,2002:)ruby/(?:object|struct|hash|array):\S"
    r"|tag:yaml\.org,2002:[a-z]\w*(?:\.\w+)+"
)

#: Tags as they stand in a text that could not be parsed.
TAGS = re.compile(
    r"(!!python/[^\s,\[\]{}]+|tag:yaml\.org,2002:python/[^\s,>\[\]{}]+|!(?:new|name|apply|module):[^\s,\[\]{}]+)"
)


def judge_tag(ctx: Context, tag: Tag) -> None:
    """Report what a loader would construct for a tag."""
    name = tag.name
    if name.startswith(_CORE) and name[len(_CORE) :] in _DATA:
        return
    for prefix, use in _NAMED:
        if name.startswith(prefix):
            _judge_name(ctx, tag, name[len(prefix) :], use)
            return
    for prefix in _MODULES:
        if name.startswith(prefix):
            found = namedcode.judge_module(name[len(prefix) :])
            if found.rule:
                _tell(ctx, tag, found, name[len(prefix) :], "imported by a tag")
            return
    if name.startswith(_CORE + "python/"):
        _tell(ctx, tag, namedcode.Verdict("PKL121"), name[len(_CORE) :], "constructed by a tag")
    elif _FOREIGN.match(name):
        ctx.report("MAN116", None, {"tag": name.replace(_CORE, "!!")}, {"line": tag.line + 1})
    elif name == "!function" and tag.text:
        # The evaluation harness imports it from a file beside the manifest.
        ctx.report("MAN111", None, {"key": name, "value": tag.text}, {"line": tag.line + 1})


def _judge_name(ctx: Context, tag: Tag, name: str, use: str) -> None:
    found = namedcode.judge(name)
    if found.rule:
        _tell(ctx, tag, found, name, use)


def _tell(ctx: Context, tag: Tag, found: namedcode.Verdict, name: str, use: str) -> None:
    module, _, function = name.rpartition(".")
    facts: dict[str, Detail] = {"callable": name}
    if found.reason:
        facts["reason"] = found.reason
    details: dict[str, Detail] = {"line": tag.line + 1, "use": use, "module": module, "function": function}
    arguments = _arguments(tag)
    if arguments:
        details["arguments"] = arguments
    ctx.report(found.rule, None, facts, details)


def _arguments(tag: Tag) -> str:
    """Return the texts that a tag's callable would be given."""
    if tag.text is not None:
        return tag.text
    items = list(tag.node.values()) if isinstance(tag.node, dict) else tag.node or []
    return ", ".join(item for item in items[:REPORTED] if isinstance(item, str))
