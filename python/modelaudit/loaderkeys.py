"""One walk over what a manifest says, whatever it is written in: keys that loaders act on, and what they would do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Callable, Optional

from modelaudit import commandtext, encoded_payload, hubkeys, jinja_template, limits, namedcode, packagelist
from modelaudit.formats import keras_json
from modelaudit.loadertables import (
    COMMANDS,
    EVALUATED,
    FILES,
    KERNELS,
    LIBRARIES,
    MODULES,
    REPOSITORY_CODE,
    SOMETIMES,
    TARGETS,
    TEMPLATES,
)
from modelaudit.patience import ensure

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modelaudit.formats.base import Context
    from modelaudit.model import Detail

#: A place in the tree: the place of what holds it, and the key or number in there.
Place = Optional["tuple[Any, object]"]

#: Names called in an expression, with the modules before them.
_CALLED = re.compile(r"(?<![\w.])([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*\(")

#: What must stand in a manifest before expressions are looked for in it.
_EXPRESSIONS = re.compile(r"\$[^{\d\s]")

#: Expressions longer than this are cut: those of honest bundles have one line.
_EXPRESSION = 10_000

#: Characters of a text, and items of one node, that are looked through in a second where that is slow.
_LOOKED_THROUGH, _ITEMS = 15e6, 1e6

#: Arguments of a call that are shown.
REPORTED = 10


def check(ctx: Context, roots: Iterable[Any], text: str) -> None:
    """Report what loaders would do with trees of dicts, lists and texts that were read from a manifest."""
    walk = Walk(ctx, text)
    for root in roots:
        walk.run(root)


class Walk:
    """One pass over all nodes of a manifest."""

    def __init__(self, ctx: Context, text: str) -> None:
        self.ctx = ctx
        ensure(ctx.deadline, len(text), _LOOKED_THROUGH)
        escaped = "\\u" in text or "\\x" in text
        #: Whether all texts have to be looked at: where none of these stands, that is spared.
        self.texts = escaped or commandtext.suspicious(text)
        self.judged = keras_json.JUDGED in ctx.learned
        self.encoded = escaped or encoded_payload.may_carry(text)
        self.expressions = escaped or _EXPRESSIONS.search(text) is not None
        self._said: set[tuple[str, tuple[tuple[str, Detail], ...]]] = set()
        self._waiting: list[tuple[Place, Any]] = []

    def say(self, rule: str, place: Place, *, use: str = "", **facts: Detail) -> None:
        """Report something once, where it first appears."""
        key = (rule, tuple(facts.items()))
        if key in self._said:
            return
        self._said.add(key)
        details: dict[str, Detail] = {"path": shown(place)}
        if use:
            details["use"] = use
        self.ctx.report(rule, None, facts, details)

    def run(self, root: Any) -> None:
        """Look at every node once, also where aliases lead to it from several places."""
        seen: set[int] = set()
        self._waiting.append((None, root))
        while self._waiting:
            place, node = self._waiting.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            if not len(seen) & 0x3FF and self.ctx.deadline.expired:
                self.ctx.incomplete("ENG101")
                return
            if isinstance(node, (dict, list)):
                ensure(self.ctx.deadline, len(node), _ITEMS)
            if isinstance(node, dict):
                self._look_at_keys(place, node)
                items: Any = node.items()
            else:
                items = list(enumerate(node)) if isinstance(node, list) else ()
            if self.texts:
                self._look_at_texts(place, node)
            if self.encoded:
                self._look_at_encodings(place, items)
            self._waiting += [((place, key), item) for key, item in items if isinstance(item, (dict, list))][::-1]

    def _look_at_keys(self, place: Place, node: dict[Any, Any]) -> None:
        if len(node) > len(_HANDLERS) or not _KEYS.isdisjoint(node):
            for key in node.keys() & _KEYS:
                _HANDLERS[key](self, (place, key), key, node[key], node)
        if "_diffusers_version" in node and "_class_name" in node:
            hubkeys.pipeline(self, place, node)
        if self.expressions:
            self._look_at_expressions(place, node)

    def code(self, place: Place, name: str, use: str, *, certain: bool = True) -> None:
        """Hold a name that is imported and called against the tables; if uncertain, only what runs code counts."""
        found = namedcode.judge(name)
        if not found.rule or (not certain and found.rule not in namedcode.RUNS_CODE):
            return
        module, _, function = name.replace(":", ".").rpartition(".")
        reason: dict[str, Detail] = {"reason": found.reason} if found.reason else {}
        key = (found.rule, (("callable", name),))
        if key not in self._said:
            self._said.add(key)
            details: dict[str, Detail] = {"path": shown(place), "use": use, "module": module, "function": function}
            self.ctx.report(found.rule, None, {"callable": name, **reason}, details)

    def module(self, place: Place, name: str, use: str) -> None:
        """Hold a module that is imported against the tables."""
        found = namedcode.judge_module(name)
        if found.rule:
            self.say(found.rule, place, use=use, callable=name)

    def _target(self, place: Place, key: str, value: Any, _node: dict[Any, Any]) -> None:
        if isinstance(value, str):
            if "${" in value:
                self.say("MAN118", place, key=key, value=value)
            else:
                # A name without a module is one of the program's own, or built in.
                self.code(place, value, f"called by {TARGETS[key]}", certain="." in value or ":" in value)

    def _sometimes(self, place: Place, key: str, value: Any, node: dict[Any, Any]) -> None:
        if "class_name" in node:
            # A node of Keras, whose own scanner knows what it imports.
            return
        if isinstance(value, str) and namedcode.is_dotted(value) and not value.endswith(".py"):
            beside = SOMETIMES[key]
            self.code(place, value, f"named by {key}", certain=beside != "" and beside in node)

    def _module(self, place: Place, key: str, value: Any, _node: dict[Any, Any]) -> None:
        if isinstance(value, str):
            self.module(place, value, f"imported by {MODULES[key]}")

    def _evaluated(self, place: Place, key: str, value: Any, _node: dict[Any, Any]) -> None:
        self.say("MAN114", place, key=key, value=str(value))

    def _template(self, place: Place, _key: str, value: Any, _node: dict[Any, Any]) -> None:
        if isinstance(value, str):
            jinja_template.check(self.ctx, value, None, shown(place))
        for name, item in value.items() if isinstance(value, dict) else ():
            if isinstance(item, str):
                jinja_template.check(self.ctx, item, None, shown((place, name)))
        for number, item in enumerate(value) if isinstance(value, list) else ():
            text = item.get("template") if isinstance(item, dict) else item
            if isinstance(text, str):
                jinja_template.check(self.ctx, text, None, shown((place, number)))

    def _code_folder(self, place: Place, _key: str, value: Any, node: dict[Any, Any]) -> None:
        """Check `code` of an MLflow flavor: a folder that comes first on the path that modules are looked for in."""
        if isinstance(value, str) and value and "loader_module" in node:
            self.say("MAN111", place, key="code", value=value)

    def _file(self, place: Place, key: str, value: Any, node: dict[Any, Any]) -> None:
        if not isinstance(value, str):
            return
        if commandtext.leads_away(value):
            self.say("MAN121", place, key=key, value=value)
        elif value.endswith(".py") and "loader_module" in node:
            self.say("MAN111", place, key=key, value=value)

    def _package(self, place: Place, _key: str, value: Any, _node: dict[Any, Any]) -> None:
        """Check the items of a Core ML package: each is opened by its path."""
        for name, item in value.items() if isinstance(value, dict) else ():
            path = item.get("path") if isinstance(item, dict) else None
            if isinstance(path, str) and (path.startswith(("/", "~", "\\")) or commandtext.climbs(path)):
                self.say("MAN122", (place, name), path=path)

    def _packages(self, _place: Place, _key: str, value: Any, _node: dict[Any, Any]) -> None:
        if isinstance(value, list):
            packagelist.check(self.ctx, [item for item in value if isinstance(item, str)])

    def _command(self, place: Place, key: str, value: Any, node: dict[Any, Any]) -> None:
        items = value if isinstance(value, list) else [value]
        text = " ".join(item for item in items if isinstance(item, str))
        rule = commandtext.command(text)
        if rule and not (rule == "MAN134" and ".steps[" in shown(place)):
            # Steps of a build service fetch their tools so; nobody runs them to load a model.
            self.say(rule, place, key=key, value=text)
        elif key == "command" and text and "parameters" in node:
            self.say("MAN133", place, key=key, value=text)

    def _look_at_texts(self, place: Place, node: Any) -> None:
        if isinstance(node, list):
            # Items go by the key of their list.
            key = str(place[1]) if place else ""
            if commandtext.is_address_key(key) or commandtext.is_command_key(key):
                for number, value in enumerate(node):
                    self._look_at_text((place, number), key, value)
            return
        for key, value in node.items():
            if isinstance(key, str) and key.startswith("json:"):
                self._hidden_key(place, key)
            if isinstance(value, str):
                self._look_at_text((place, key), str(key), value)

    def _look_at_text(self, place: Place, key: str, value: Any) -> None:
        if not isinstance(value, str):
            return
        if commandtext.is_address_key(key) and commandtext.raw_address(value):
            self.say("MAN131", place, key=key, value=value)
        elif commandtext.is_command_key(key):
            self._command(place, key, value, {})

    def _look_at_encodings(self, place: Place, items: Iterable[tuple[Any, Any]]) -> None:
        lines = [value for key, value in items if isinstance(key, int) and isinstance(value, str)]
        if any(line.endswith("\n") for line in lines):
            # A text as notebooks write it.
            items = [(0, "".join(lines))]
        for key, value in items:
            if isinstance(key, str) and encoded_payload.may_carry(key):
                encoded_payload.check(self.ctx, key, f"a key in {shown(place) or 'the manifest'}")
            # What Keras keeps in an encoding was looked at by its own scanner, which tells harmless code from other.
            if (
                isinstance(value, str)
                and encoded_payload.may_carry(value)
                and not (self.judged and keras_json.is_kept(key, value))
            ):
                encoded_payload.check(self.ctx, value, shown((place, key)))

    def _hidden_key(self, place: Place, key: str) -> None:
        """Look at a key that jsonpickle reads as JSON in turn."""
        from modelaudit import strictjson

        try:
            text = key[len("json://") :].encode("utf-8", "replace")
            inner = strictjson.parse(text, limits.JSON_DEPTH, self.ctx.deadline).value
        except ValueError:
            return
        self._waiting.append(((place, key), inner if isinstance(inner, (dict, list)) else [inner]))

    def _look_at_expressions(self, place: Place, node: dict[Any, Any]) -> None:
        """Check texts that MONAI evaluates: those that begin with a dollar sign."""
        for key, value in node.items():
            if isinstance(value, (str, list)):
                for item in value if isinstance(value, list) else (value,):
                    if isinstance(item, str) and item.startswith("$") and not item.startswith("${"):
                        self._expression((place, key), item[:_EXPRESSION])

    def _expression(self, place: Place, text: str) -> None:
        for name in dict.fromkeys(_CALLED.findall(text)):
            found = namedcode.judge(name).rule
            library = name.partition(".")[0] in LIBRARIES
            if found in (("PKL101", "PKL102") if library else (*namedcode.RUNS_CODE, "PKL105")):
                self.say("MAN114", place, key=str(place[1]) if place else "", value=text)
                return


Handler = Callable[[Walk, Place, str, Any, "dict[Any, Any]"], None]

#: What is done about a key, by key.
_HANDLERS: dict[Any, Handler] = {
    **dict.fromkeys(SOMETIMES, Walk._sometimes),
    **dict.fromkeys(TARGETS, Walk._target),
    **dict.fromkeys(MODULES, Walk._module),
    **dict.fromkeys(EVALUATED, Walk._evaluated),
    **dict.fromkeys(REPOSITORY_CODE, hubkeys.repository_code),
    **dict.fromkeys(KERNELS, hubkeys.kernels),
    **dict.fromkeys(TEMPLATES, Walk._template),
    **dict.fromkeys(FILES, Walk._file),
    **dict.fromkeys(COMMANDS, Walk._command),
    "trust_remote_code": hubkeys.trust,
    "type": hubkeys.module_type,
    "code": Walk._code_folder,
    "itemInfoEntries": Walk._package,
    "pip": Walk._packages,
}

_KEYS = frozenset(_HANDLERS)


def shown(place: Place) -> str:
    """Return a place as people write it: `a.b[0]`."""
    parts: list[str] = []
    while place is not None:
        place, key = place
        parts.append(f"[{key}]" if isinstance(key, int) else f".{key}")
    return "".join(reversed(parts)).lstrip(".")[-limits.TEXT :]
