"""skops models: a zip archive whose `schema.json` says how to build the objects, with arrays as further members.

What it is: a tree of nodes; each has a kind (`__loader__`) and names a type by module and class.
What can run: every type or function that a node names is imported, and by most kinds called. skops compares them with
a list of trusted types, which callers are asked to extend with whatever the file itself names.
What is checked: all nodes, wherever they stand: the kind against the kinds of all skops versions; the declared type
against the kind (CVE-2025-54412, CVE-2025-54413); every name by the policy for pickles; names of methods and
attributes; states of random generators; that referenced members exist and are plain names.
What is not checked: the members, which the archive hands over as files of their own; the arithmetic of trees.
References: skops `io/_audit.py`, `io/_general.py`, `io/_numpy.py`, `io/_sklearn.py`; GHSA-m7f4-hrc6-fwg3,
GHSA-378x-6p4f-8jgm.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from modelaudit import _native, limits, strictjson
from modelaudit.formats.skops_kinds import (
    BIT_GENERATORS,
    CALL,
    FIXED,
    FREE,
    FUNCTIONS,
    INSTANCE,
    KEPT,
    METHODS,
    NAME,
    OTHER,
    PHILOX,
    TWISTER,
)
from modelaudit.patience import paced

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from modelaudit._native import Deadline
    from modelaudit.model import Detail


class Finding(NamedTuple):
    """Something to report, with the path of the first node that showed it."""

    rule: str
    facts: dict[str, Detail]
    details: dict[str, Detail]


def check(schema: bytes, members: Collection[str], deadline: Deadline) -> list[Finding]:
    """Return what is to be said about a schema in an archive with these members.

    Raises `TooLateError` where the time is not enough to parse it; afterwards, ENG101 is the last finding.
    """
    walk = _Walk(members)
    try:
        parsed = strictjson.parse(schema, limits.JSON_DEPTH, deadline)
    except ValueError as error:
        walk.say("SKO103", "", reason=str(error))
        return walk.findings
    if next(_nodes(parsed.value), None) is None:
        # Archives of other kinds have a member of this name too.
        return []
    if not (isinstance(parsed.value, dict) and "__loader__" in parsed.value):
        walk.say("SKO103", "", reason="it does not begin with a node")
    for key in parsed.duplicates:
        walk.say("SKO104", "", key=key)
    try:
        walk.run(parsed.value, deadline)
    except _native.TooLateError:
        walk.say("ENG101", "")
    return walk.findings


class _Walk:
    """One pass over all nodes of a schema."""

    def __init__(self, members: Collection[str]) -> None:
        self.members = members
        self.findings: list[Finding] = []
        self.known: dict[Any, dict[str, Any]] = {}
        self._said: set[tuple[str, tuple[Detail, ...]]] = set()

    def say(self, rule: str, path: str, reason: str | None = None, **facts: Detail) -> None:
        """Report something once, where it first appears."""
        given: dict[str, Detail] = facts if reason is None else {**facts, "reason": reason}
        key = (rule, tuple(given.values()))
        if key not in self._said:
            self._said.add(key)
            self.findings.append(Finding(rule, given, {"path": path} if path else {}))

    def run(self, root: Any, deadline: Deadline) -> None:
        for path, node in paced(_nodes(root), deadline):
            self._remember(path, node)
        for path, node in paced(_nodes(root), deadline):
            self._check(path, node)

    def _remember(self, path: str, node: dict[str, Any]) -> None:
        """Keep the first node of each number: skops builds it wherever the number stands again."""
        number = node.get("__id__")
        if isinstance(number, (int, str)):
            first = self.known.setdefault(number, node)
            if first is not node and node.get("__loader__") != "CachedNode" and _type(first) != _type(node):
                self.say("SKO101", path, kind=_shown(node.get("__loader__")), type=_shown(_type(node)))

    def _resolve(self, node: Any) -> Any:
        """Return what skops would build at the place of a node."""
        number = node.get("__id__") if isinstance(node, dict) else None
        return self.known.get(number, node) if isinstance(number, (int, str)) else node

    def _check(self, path: str, node: dict[str, Any]) -> None:
        kind, module, name = node.get("__loader__"), node.get("__module__"), node.get("__class__")
        if kind == "CachedNode":
            if self._resolve(node) is node:
                self.say("SKO103", path, reason="a node refers to one that does not exist")
            return
        if not (isinstance(kind, str) and isinstance(module, str) and isinstance(name, str)):
            self.say("SKO103", path, reason="a node has no kind or names no type")
            return
        if kind in FREE:
            self._judge(path, kind, *_named(node), FREE[kind])
        elif kind in FIXED:
            prefix, names = FIXED[kind]
            if not (module == prefix or module.startswith(prefix + ".")) or (names and name not in names):
                self.say("SKO101", path, kind=kind, type=f"{module}.{name}")
                self._judge(path, kind, module, name, CALL)
        elif kind not in OTHER:
            self.say("SKO102", path, kind=kind)
            self._judge(path, kind, module, name, CALL)
        self._check_parts(path, kind, node)

    def _judge(self, path: str, kind: str, module: str, name: str, use: str) -> None:
        """Hold a name against the tables of callables."""
        judgement = _judged(module, name)
        callable_ = f"{module}.{name}"
        if judgement.rule is not None:
            self.say(judgement.rule, path, callable=callable_, use=f"named by a {kind}")
        elif use == INSTANCE and judgement.build:
            return
        elif use != NAME and judgement.call == "never":
            self.say("PKL134", path, callable=callable_)
        elif use != NAME and judgement.call not in KEPT:
            self.say("PKL133", path, callable=callable_, reason=f"a {kind} calls it with any")

    def _check_parts(self, path: str, kind: str, node: dict[str, Any]) -> None:
        content = node.get("content")
        if kind == "FunctionNode" and isinstance(content, dict):
            self._judge(path, kind, str(content.get("module_path")), str(content.get("function")), NAME)
        elif kind == "DictNode":
            self._check_called(path, kind, _items(self._resolve(node.get("key_types"))))
        elif kind in ("DefaultDictNode", "PartialNode") and isinstance(content, dict):
            self._check_called(path, kind, [content.get("default_factory"), content.get("func")])
        elif kind == "MethodNode":
            self._check_method(path, node, content if isinstance(content, dict) else {})
        elif kind == "OperatorFuncNode":
            self._check_operator(path, node)
        elif kind == "RandomStateNode":
            state = self._resolve(_at(self._resolve(content), "state"))
            self._check_position(path, _at(state, "pos"), TWISTER)
        elif kind == "RandomGeneratorNode" and isinstance(content, dict):
            self._check_generator(path, content)
        if kind in ("BytesNode", "BytearrayNode", "SparseMatrixNode") or node.get("type") == "numpy":
            self._check_file(path, node.get("file"))

    def _check_called(self, path: str, kind: str, nodes: list[Any]) -> None:
        """Check what is called, now or later, although its own node only names it."""
        for node in map(self._resolve, nodes):
            if isinstance(node, dict) and node.get("__loader__") in ("TypeNode", "FunctionNode"):
                module, name = _named(node)
                judgement = _judged(module, name)
                # What is not safe is said where it stands. A partial may hold what is only meant to be stored.
                if judgement.rule is None and not (kind == "PartialNode" and judgement.call == "never"):
                    self._judge(path, kind, module, name, CALL)

    def _check_method(self, path: str, node: dict[str, Any], content: dict[str, Any]) -> None:
        owner = self._resolve(content.get("obj"))
        if not isinstance(owner, dict):
            self.say("SKO103", path, reason="a method has no owner")
            return
        module, name = str(owner.get("__module__")), str(owner.get("__class__"))
        # Versions before 0.12 name the type of the method itself.
        if node.get("__module__") != module or node.get("__class__") not in (name, "method"):
            self.say("SKO101", path, kind="MethodNode", type=_shown(_type(node)))
            self._judge(path, "MethodNode", str(node.get("__module__")), str(node.get("__class__")), CALL)
        self._judge(path, "MethodNode", module, name, NAME)
        self._check_attribute(path, f"{module}.{name}", content.get("func"), owned=True)

    def _check_attribute(self, path: str, owner: str, name: Any, owned: bool = False, called: bool = True) -> None:
        """Check an attribute that is looked up by name; `owned` where `owner` is the type that has it."""
        if not isinstance(name, str) or any(part.startswith("_") for part in name.split(".")):
            self.say("SKO106", path, owner=owner, name=str(name))
            return
        module, _, parent = owner.rpartition(".")
        rule = _judged(module, f"{parent}.{name}").rule if owned else None
        if rule is not None and rule != "PKL121":
            self.say(rule, path, callable=f"{owner}.{name}", use="named by a MethodNode")
        elif called and name not in METHODS:
            self.say("SKO107", path, owner=owner, name=name)

    def _check_operator(self, path: str, node: dict[str, Any]) -> None:
        name = node.get("__class__")
        values = [_constant(self._resolve(item)) for item in _items(self._resolve(node.get("attrs")))]
        if name == "methodcaller":
            self._check_attribute(path, "operator.methodcaller", values[0] if values else None)
        elif name == "attrgetter":
            for value in values or [None]:
                self._check_attribute(path, "operator.attrgetter", value, called=False)

    def _check_position(self, path: str, node: Any, limit: int) -> None:
        """Check where the next number of a state is taken: numpy goes there without looking."""
        position = _constant(self._resolve(node))
        if not isinstance(position, int) or not 0 <= position <= limit:
            self.say("SKO108", path, position=str(position), limit=limit)

    def _check_generator(self, path: str, content: dict[str, Any]) -> None:
        state = self._resolve(content.get("bit_generator"))
        inner = state.get("content", state) if isinstance(state, dict) else {}
        named = inner.get("bit_generator") if isinstance(inner, dict) else None
        name = named if isinstance(named, str) else _constant(self._resolve(named))
        if name not in BIT_GENERATORS:
            self.say("SKO106", path, owner="numpy.random", name=str(name))
        elif name == "MT19937" and named is not name:
            self._check_position(path, _at(self._resolve(_at(state, "state")), "pos"), TWISTER)
        elif name == "Philox" and named is not name:
            self._check_position(path, _at(state, "buffer_pos"), PHILOX)

    def _check_file(self, path: str, file: Any) -> None:
        if not isinstance(file, str) or file not in self.members or "/" in file or "\\" in file:
            self.say("SKO105", path, file=str(file))


def _nodes(root: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every node below `root` with its path, in the order of the text, at whatever key it stands."""
    waiting: list[tuple[str, Any]] = [("", root)]
    while waiting:
        path, value = waiting.pop()
        inner: list[tuple[str, Any]] = []
        if isinstance(value, dict):
            if not _MARKS.isdisjoint(value):
                yield path or "(root)", value
            inner = [(f"{path}.{key}"[-limits.TEXT :], item) for key, item in value.items()]
        elif isinstance(value, list):
            inner = [(f"{path}[{number}]", item) for number, item in enumerate(value)]
        waiting.extend(item for item in reversed(inner) if isinstance(item[1], (dict, list)))


_MARKS = frozenset(("__loader__", "__class__", "__module__"))


def _judged(module: str, name: str) -> _native.Judgement:
    """Return what the tables say of a name, which JSON may have spelled with half a character."""
    return _native.judge(*(part.encode("utf-8", "backslashreplace").decode() for part in (module, name)))


def _named(node: dict[str, Any]) -> tuple[str, str]:
    """Return the name that a node stands for: protocol 0 kept names of functions in the content."""
    content = node.get("content")
    if node.get("__loader__") == "FunctionNode" and isinstance(content, dict) and node.get("__class__") in FUNCTIONS:
        return str(content.get("module_path")), str(content.get("function"))
    return str(node.get("__module__")), str(node.get("__class__"))


def _type(node: dict[str, Any]) -> tuple[Any, Any, Any]:
    return node.get("__loader__"), node.get("__module__"), node.get("__class__")


def _shown(value: Any) -> str:
    return f"{value[1]}.{value[2]}" if isinstance(value, tuple) else str(value)


def _at(node: Any, key: str) -> Any:
    content = node.get("content") if isinstance(node, dict) else None
    return content.get(key) if isinstance(content, dict) else None


def _items(node: Any) -> list[Any]:
    content = node.get("content") if isinstance(node, dict) else None
    return content if isinstance(content, list) else []


def _constant(node: Any) -> Any:
    """Return the value of a node of JSON, None for any other."""
    if not isinstance(node, dict) or node.get("__loader__") != "JsonNode" or not isinstance(node.get("content"), str):
        return None
    try:
        return json.loads(node["content"])
    except (ValueError, RecursionError):
        return None
