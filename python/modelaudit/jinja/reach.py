"""What a template would reach: attributes by names that are known, known in part, or computed while it renders."""

from __future__ import annotations

from typing import NamedTuple

from jinja2 import nodes

from modelaudit.jinja.names import APPLICATION, METHODS, OBJECTS, UNKNOWN, could_be_internal, internal, private
from modelaudit.jinja.values import DATA, Choices, Data, Number, Object, Text, Walked, join


class Finding(NamedTuple):
    """What a template does: the rule that tells it, the line, and the name in question."""

    rule: str
    line: int
    name: str


class Reach:
    """Judges attributes, and keeps what was found."""

    def __init__(self) -> None:
        self.found: dict[Finding, None] = {}
        #: What names of the template stand for, whatever way led there.
        self.known: dict[str, Choices] = {}
        #: The parameters of macros.
        self.macros: dict[str, tuple[str, ...]] = {}
        self.blocks: frozenset[str] = frozenset()

    def tell(self, rule: str, node: nodes.Node, name: str) -> None:
        """Keep a finding."""
        self.found[Finding(rule, node.lineno or 1, name.replace(UNKNOWN, "..."))] = None

    def reach(self, node: nodes.Node, base: Choices, name: str, dotted: bool = True) -> bool:
        """Judge the use of an attribute whose name is known; return whether it leads inside."""
        if internal(name):
            self.tell("TPL101", node, name)
            return True
        if private(name) and (dotted or name.endswith("__")):
            self.tell("TPL105", node, name)
            return False
        for value in base:
            if not isinstance(value, Object) or name in OBJECTS.get(value.name, METHODS):
                continue
            if name == "mro":
                self.tell("TPL101", node, name)
                return True
            if not (value.name == "self" and name in self.blocks):
                self.tell("TPL105", node, f"{value.name}.{name}")
        return False

    def as_object(self, node: nodes.Node, base: Choices) -> Choices:
        """Return the base of a computed attribute: what Flask puts into templates counts as an object there."""
        if isinstance(node, nodes.Name) and node.name in APPLICATION and node.name not in self.known:
            return (Object(node.name),)
        return base

    def reach_computed(self, node: nodes.Node, base: Choices, names: Choices, sure: bool) -> Choices:
        """Judge the use of an attribute whose name may be known or not. `sure`: nothing but attributes is meant."""
        result: list[Choices] = []
        for value in names:
            if isinstance(value, Text) and value.known:
                inside = self.reach(node, base, value.pattern, dotted=False)
                result.append((Walked(),) if inside else DATA)
            elif isinstance(value, Text):
                result.append(self._guess(node, base, value, sure))
            elif sure:
                objects = any(isinstance(one, (Object, Walked, Number, Text)) for one in base)
                built = isinstance(value, Data) and value.built
                self.tell("TPL102" if objects or built else "TPL103", node, UNKNOWN)
                result.append((Walked(),))
            elif any(isinstance(one, (Object, Walked)) for one in base) and not isinstance(value, Number):
                self.tell("TPL102", node, UNKNOWN)
                result.append((Walked(),))
        return join(*result) or DATA

    def _guess(self, node: nodes.Node, base: Choices, name: Text, sure: bool) -> Choices:
        """Judge a name of which parts are unknown."""
        objects = any(isinstance(one, (Object, Walked)) for one in base)
        if could_be_internal(name.pattern) or name.picked or objects or sure:
            self.tell("TPL102", node, name.pattern)
            return (Walked(),)
        return DATA
