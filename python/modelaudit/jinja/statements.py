"""Statements of a Jinja template, walked in order: what names stand for, and what other templates are asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Callable

from jinja2 import nodes

from modelaudit.jinja.expressions import Expressions
from modelaudit.jinja.names import UNKNOWN
from modelaudit.jinja.values import BUILT, DATA, PICKED, Bag, Choices, Items, Macro, Some, Text, each, grown, join

if TYPE_CHECKING:
    from collections.abc import Callable as Function
    from collections.abc import Iterable

    from modelaudit.jinja.reach import Finding

#: How often a template is walked: what the end of a loop or macro says of its beginning is known in the next pass.
_PASSES = 3

_ADDRESS = re.compile(r"https?://[^\s\"'<>{}]+")

#: Texts that a condition on what was said looks for in honest templates: marks of a format, no words.
_MARK = re.compile(r"[^\w\s]")

#: The name of a template that lies beside or below the one that asks for it.
_STAYS = re.compile(r"[^/\\:\0][^\\:\0]*")

_NOTHING: Choices = (Text(""),)


def findings(tree: nodes.Template, enclosed: bool, expired: Function[[], bool]) -> list[Finding] | None:
    """Return what a template does; None if time is over. `enclosed`: no other templates stand beside it."""
    walk = _Walk(enclosed, expired)
    walk.blocks = frozenset(block.name for block in tree.find_all(nodes.Block))
    for _ in range(_PASSES):
        walk.found.clear()
        walk.body(tree.body)
        if walk.stopped:
            return None
    return list(walk.found)


class _Walk(Expressions):
    def __init__(self, enclosed: bool, expired: Function[[], bool]) -> None:
        super().__init__()
        self._enclosed = enclosed
        self._expired = expired
        self.stopped = False

    def body(self, body: Iterable[nodes.Node]) -> Choices:
        """Walk statements and return the text that they make."""
        parts = []
        for node in body:
            self.stopped = self.stopped or self._expired()
            if self.stopped:
                break
            parts.append(_STATEMENTS.get(type(node), _Walk.other)(self, node))
        return self.rendered(parts)

    def other(self, node: nodes.Node) -> Choices:
        """Walk a statement that only holds others, or an expression."""
        inner = getattr(node, "body", None)
        if inner is not None:
            return self.body(inner)
        for child in node.iter_child_nodes():
            self.evaluate(child)
        return _NOTHING

    def bind(self, target: nodes.Node, value: Choices) -> None:
        """Note what a name stands for, besides what it stood for before."""
        if isinstance(target, nodes.Tuple):
            for position, part in enumerate(target.items):
                several = [one.items[position] for one in value if isinstance(one, Items) and position < len(one.items)]
                self.bind(part, join(*several) or DATA)
            return
        if isinstance(target, nodes.NSRef):
            key = f"{target.name}.{target.attr}"
        elif isinstance(target, nodes.Name):
            key = target.name
        else:
            return
        self.known[key] = join(self.known.get(key, ()), value)
        for one in value:
            for name, inner in one.pairs if isinstance(one, Bag) else ():
                self.known[f"{key}.{name}"] = join(self.known.get(f"{key}.{name}", ()), inner)

    def output(self, node: nodes.Node) -> Choices:
        """Walk what is put out."""
        return self.rendered([self.evaluate(child) for child in node.iter_child_nodes()])

    def assign(self, node: nodes.Node) -> Choices:
        """Walk an assignment."""
        assert isinstance(node, nodes.Assign)  # noqa: S101 - told by the table of statements
        value = self.evaluate(node.node)
        if isinstance(node.node, (nodes.Concat, nodes.Add)) and _mentions(node.node, node.target):
            # A text or list that gets longer with each round of a loop.
            lists = [one for one in value if isinstance(one, (Items, Some))]
            value = join(
                (one for one in value if one not in lists),
                (grown(Items(()), tuple(lists)),) if lists else (),
                PICKED if any(isinstance(one, Text) for one in value) else (),
            )
        self.bind(node.target, value)
        return _NOTHING

    def assign_block(self, node: nodes.Node) -> Choices:
        """Walk an assignment of a text that is put together by statements."""
        assert isinstance(node, nodes.AssignBlock)  # noqa: S101
        value = self.body(node.body)
        self.bind(node.target, self._through(node.filter, value) if node.filter else value)
        return _NOTHING

    def filter_block(self, node: nodes.Node) -> Choices:
        """Walk a block that goes through a filter."""
        assert isinstance(node, nodes.FilterBlock)  # noqa: S101
        return self._through(node.filter, self.body(node.body))

    def _through(self, chain: nodes.Filter, value: Choices) -> Choices:
        self.known[""] = value
        first = chain
        while isinstance(first.node, nodes.Filter):
            first = first.node
        first.node = nodes.Name("", "load", lineno=chain.lineno)
        made = self.evaluate(chain)
        first.node = None
        del self.known[""]
        return made

    def loop(self, node: nodes.Node) -> Choices:
        """Walk a loop."""
        assert isinstance(node, nodes.For)  # noqa: S101
        values = self.evaluate(node.iter)
        self.bind(node.target, join(*(each(value) for value in values)) or DATA)
        if node.test is not None:
            self.evaluate(node.test)
        inner = self.body(node.body)
        return BUILT if join(inner, self.body(node.else_)) != _NOTHING else _NOTHING

    def condition(self, node: nodes.Node) -> Choices:
        """Walk the branches of a condition."""
        assert isinstance(node, nodes.If)  # noqa: S101
        self.evaluate(node.test)
        if _asks_for_words(node.test):
            for data in (data for child in node.body for data in _texts(child)):
                for address in _ADDRESS.findall(data):
                    self.tell("TPL113", node, address)
        branches = [self.body(node.body), *(self.condition(branch) for branch in node.elif_), self.body(node.else_)]
        return join(*branches)

    def macro(self, node: nodes.Node) -> Choices:
        """Walk a macro or the body of a call."""
        assert isinstance(node, (nodes.Macro, nodes.CallBlock))  # noqa: S101
        for default in node.defaults:
            self.evaluate(default)
        for parameter in node.args:
            self.bind(parameter, DATA)
        if isinstance(node, nodes.CallBlock):
            made = self.evaluate(node.call)
            self.body(node.body)
            return made
        self.known[node.name] = (Macro(node.name),)
        self.macros[node.name] = tuple(parameter.name for parameter in node.args)
        for parameter, default in zip(reversed(node.args), reversed(node.defaults)):
            self.bind(parameter, self.evaluate(default))
        self.known[f"{node.name}()"] = join(self.body(node.body), self.known.get(f"{node.name}()", ()))
        return _NOTHING

    def scope(self, node: nodes.Node) -> Choices:
        """Walk a block with names of its own."""
        assert isinstance(node, nodes.With)  # noqa: S101
        for target, value in zip(node.targets, node.values):
            self.bind(target, self.evaluate(value))
        return self.body(node.body)

    def another(self, node: nodes.Node) -> Choices:
        """Judge the use of another template."""
        assert isinstance(node, (nodes.Include, nodes.Extends, nodes.Import, nodes.FromImport))  # noqa: S101
        for value in self.evaluate(node.template):
            names = value.items if isinstance(value, Items) else ((value,),)
            for one in (one for choices in names for one in choices):
                name = one.pattern if isinstance(one, Text) else UNKNOWN
                beside = not self._enclosed and _STAYS.fullmatch(name) and ".." not in name
                self.tell("TPL107" if beside else "TPL106", node, name)
        if isinstance(node, nodes.Import):
            self.known[node.target] = (Macro(node.target),)
        for pair in node.names if isinstance(node, nodes.FromImport) else ():
            alias = pair if isinstance(pair, str) else pair[1]
            self.known[alias] = (Macro(alias),)
        return _NOTHING


def _mentions(value: nodes.Node, target: nodes.Node) -> bool:
    if isinstance(target, nodes.NSRef):
        own = (target.name, target.attr)
        return any((getattr(one.node, "name", ""), one.attr) == own for one in value.find_all(nodes.Getattr))
    return isinstance(target, nodes.Name) and any(one.name == target.name for one in value.find_all(nodes.Name))


def _asks_for_words(test: nodes.Node) -> bool:
    """Return whether a condition looks for words in what somebody said."""
    for compare in (*test.find_all(nodes.Compare), *([test] if isinstance(test, nodes.Compare) else ())):
        sought = compare.expr.value if isinstance(compare.expr, nodes.Const) else None
        if not isinstance(sought, str) or not sought.strip() or _MARK.search(sought):
            continue
        for operand in (operand for operand in compare.ops if operand.op == "in"):
            names = [one.attr for one in operand.find_all(nodes.Getattr)]
            names += [getattr(one.arg, "value", "") for one in operand.find_all(nodes.Getitem)]
            if "content" in names:
                return True
    return False


def _texts(node: nodes.Node) -> list[str]:
    data = [one.data for one in node.find_all(nodes.TemplateData)]
    return data + [one.value for one in node.find_all(nodes.Const) if isinstance(one.value, str)]


_STATEMENTS: dict[type[nodes.Node], Callable[[_Walk, nodes.Node], Choices]] = {
    nodes.Output: _Walk.output,
    nodes.Assign: _Walk.assign,
    nodes.AssignBlock: _Walk.assign_block,
    nodes.FilterBlock: _Walk.filter_block,
    nodes.For: _Walk.loop,
    nodes.If: _Walk.condition,
    nodes.Macro: _Walk.macro,
    nodes.CallBlock: _Walk.macro,
    nodes.With: _Walk.scope,
    nodes.Include: _Walk.another,
    nodes.Extends: _Walk.another,
    nodes.Import: _Walk.another,
    nodes.FromImport: _Walk.another,
}
