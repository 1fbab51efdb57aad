"""Expressions of a Jinja template, evaluated as far as constants go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from jinja2 import nodes

from modelaudit.jinja import folding
from modelaudit.jinja.calls import Calls
from modelaudit.jinja.names import APPLICATION, OBJECTS, UNKNOWN
from modelaudit.jinja.values import (
    DATA,
    Bag,
    Choices,
    Data,
    Items,
    Letters,
    Macro,
    Number,
    Object,
    Some,
    Text,
    Value,
    Walked,
    concat,
    join,
    listed,
    of,
    tabled,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

#: How long a repeated text or list, and how large an exponent, is before rendering takes its time.
_REPEATED = 1_000_000
_EXPONENT = 1_000


#: Characters of a text put together from parts that is followed: far more than a name has.
_NAME = 400


class Expressions(Calls):
    """Evaluates expressions and keeps what was found."""

    def evaluate(self, node: nodes.Node | None) -> Choices:
        """Return what an expression may be, and keep what evaluating it would reach."""
        if node is None:
            return DATA
        handler = _HANDLERS.get(type(node))
        if handler:
            return handler(self, node)
        for child in node.iter_child_nodes():
            self.evaluate(child)
        return DATA

    def name(self, node: nodes.Node) -> Choices:
        """Return what a name stands for."""
        assert isinstance(node, nodes.Name)  # noqa: S101 - told by the table of handlers
        known = self.known.get(node.name)
        if known is not None:
            return known
        if node.name in OBJECTS or node.name in APPLICATION:
            return (Object(node.name),) if node.name in OBJECTS else DATA
        return DATA

    def constant(self, node: nodes.Node) -> Choices:
        """Return a constant."""
        value = node.data if isinstance(node, nodes.TemplateData) else getattr(node, "value", None)
        return of(value)

    def items(self, node: nodes.Node) -> Choices:
        """Return a list or tuple."""
        return (listed(self.evaluate(child) for child in node.iter_child_nodes()),)

    def table(self, node: nodes.Node) -> Choices:
        """Return a dict."""
        pairs = [child for child in node.iter_child_nodes() if isinstance(child, nodes.Pair)]
        return (tabled((self.evaluate(pair.key), self.evaluate(pair.value)) for pair in pairs),)

    def attribute(self, node: nodes.Node) -> Choices:
        """Return an attribute by its name."""
        assert isinstance(node, nodes.Getattr)  # noqa: S101
        return self.attribute_of(node, self.evaluate(node.node))

    def attribute_of(self, node: nodes.Getattr, base: Choices) -> Choices:
        """Return an attribute of a value."""
        if self.reach(node, base, node.attr):
            return (Walked(),)
        if isinstance(node.node, nodes.Name) and any(isinstance(value, Bag) for value in base):
            return self.known.get(f"{node.node.name}.{node.attr}", DATA)
        key = Text(node.attr)
        found: list[Choices] = []
        for value in base:
            if isinstance(value, (Object, Macro)):
                found.append((value,) if isinstance(value, Macro) else (Object(f"{value.name}.{node.attr}"),))
            elif isinstance(value, Walked):
                found.append((value,))
            else:
                found.append(DATA if isinstance(value, (Text, Letters, Items, Some)) else folding.subscript(value, key))
        return DATA if base == (Object("loop"),) else join(*found) or DATA

    def item(self, node: nodes.Node) -> Choices:
        """Return an item by its key; where there is none, Jinja returns the attribute of that name."""
        assert isinstance(node, nodes.Getitem)  # noqa: S101
        base = self.evaluate(node.node)
        if isinstance(node.arg, nodes.Slice):
            parts = [
                self.evaluate(part) if part else (Number(None),)
                for part in (node.arg.start, node.arg.stop, node.arg.step)
            ]
            return folding.combined(folding.sliced, base, *parts)
        return self.item_of(node, base, self.evaluate(node.arg))

    def item_of(self, node: nodes.Getitem, base: Choices, key: Choices) -> Choices:
        """Return an item of a value."""
        walked = self.reach_computed(node, self.as_object(node.node, base), key, sure=False)
        found = [folding.subscript(value, one) for value in base for one in key[:4]]
        return join(*found, (value for value in walked if isinstance(value, Walked))) or DATA

    def either(self, node: nodes.Node) -> Choices:
        """Return one operand or the other."""
        if isinstance(node, nodes.CondExpr):
            self.evaluate(node.test)
            return join(self.evaluate(node.expr1), self.evaluate(node.expr2) if node.expr2 else ())
        assert isinstance(node, nodes.BinExpr)  # noqa: S101
        return join(self.evaluate(node.left), self.evaluate(node.right))

    def binary(self, node: nodes.Node) -> Choices:
        """Return what an operator yields."""
        assert isinstance(node, nodes.BinExpr)  # noqa: S101
        left, right = self.evaluate(node.left), self.evaluate(node.right)
        if isinstance(node, nodes.Mul) and any(_huge(one, two, _REPEATED) for one in left for two in right):
            self.tell("TPL115", node, "*")
        if isinstance(node, nodes.Pow):
            if any(isinstance(value, Number) and abs(value.value or 0) > _EXPONENT for value in right):
                self.tell("TPL115", node, "**")
            return DATA
        return folding.combined(_OPERATORS[type(node)], left, right)

    def negative(self, node: nodes.Node) -> Choices:
        """Return a number with the other sign."""
        assert isinstance(node, nodes.Neg)  # noqa: S101
        value = self.evaluate(node.node)
        return folding.combined(lambda one: folding.subtract(Number(0), one), value)

    def concat(self, node: nodes.Node) -> Choices:
        """Return one text behind the other."""
        assert isinstance(node, nodes.Concat)  # noqa: S101
        return self.rendered(self.evaluate(part) for part in node.nodes)

    def rendered(self, parts: Iterable[Choices]) -> Choices:
        """Return the text that several values make behind each other."""
        made: Choices = (Text(""),)
        for part in parts:
            made = folding.combined(concat, made, part)
            if len(made[0].pattern if isinstance(made[0], Text) else "") > _NAME:
                made = (Text(UNKNOWN, any(isinstance(value, Text) and value.picked for value in made)),)
        return made


def _huge(left: Value, right: Value, limit: int) -> bool:
    """Return whether a repetition makes a text or list too long."""
    for one, two in ((left, right), (right, left)):
        size = len(one.pattern) if isinstance(one, Text) else len(one.items) if isinstance(one, Items) else 0
        times = two.value if isinstance(two, Number) else None
        if size and isinstance(times, (int, float)) and size * times > limit:
            return True
    return False


_OPERATORS: dict[type[nodes.Node], Callable[..., Value]] = {
    nodes.Add: folding.add,
    nodes.Sub: folding.subtract,
    nodes.Mul: folding.multiply,
    nodes.Mod: folding.percent,
    nodes.Div: lambda _left, _right: Data(),
    nodes.FloorDiv: lambda _left, _right: Data(),
}

_HANDLERS: dict[type[nodes.Node], Callable[[Expressions, nodes.Node], Choices]] = {
    nodes.Name: Expressions.name,
    nodes.Const: Expressions.constant,
    nodes.TemplateData: Expressions.constant,
    nodes.List: Expressions.items,
    nodes.Tuple: Expressions.items,
    nodes.Dict: Expressions.table,
    nodes.Getattr: Expressions.attribute,
    nodes.Getitem: Expressions.item,
    nodes.Call: Expressions.call,
    nodes.Filter: Expressions.filter,
    nodes.Test: Expressions.test,
    nodes.CondExpr: Expressions.either,
    nodes.And: Expressions.either,
    nodes.Or: Expressions.either,
    nodes.Neg: Expressions.negative,
    nodes.Concat: Expressions.concat,
    nodes.Pow: Expressions.binary,
    **dict.fromkeys(_OPERATORS, Expressions.binary),
}
