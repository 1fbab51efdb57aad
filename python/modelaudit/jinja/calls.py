"""Calls, filters and tests of a Jinja template: which are known, and what they would reach."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from jinja2 import nodes

from modelaudit.jinja import folding
from modelaudit.jinja.methods import filtered, method
from modelaudit.jinja.names import FILTERS, FUNCTIONS, METHODS, RUNNERS, TESTS, UNKNOWN, internal
from modelaudit.jinja.reach import Reach
from modelaudit.jinja.values import (
    BUILT,
    DATA,
    Bag,
    Choices,
    Data,
    Items,
    Macro,
    Number,
    Object,
    Some,
    Text,
    Value,
    Walked,
    grown,
    join,
    listed,
    tabled,
)

#: The numbers that `range` and `lipsum` take before rendering takes its time: `jinja2.sandbox.MAX_RANGE`.
_ROUNDS = 100_000

#: Filters that take the name of an attribute: at which place, and whether several can stand in it.
_BY_ATTRIBUTE = {
    "attr": 0,
    "selectattr": 0,
    "rejectattr": 0,
    "groupby": 0,
    "sum": 0,
    "unique": 1,
    "min": 1,
    "max": 1,
    "join": 1,
    "sort": 2,
    "map": None,
}

_CALLED = "{}()"


class Arguments(NamedTuple):
    """The arguments of a call or filter."""

    given: list[Choices]
    named: dict[str, Choices]
    #: Whether there may be others, from a list or dict.
    open: bool


class Calls(Reach):
    """Judges what is called."""

    def evaluate(self, node: nodes.Node | None) -> Choices:
        """Return what an expression may be."""
        raise NotImplementedError

    def attribute_of(self, node: nodes.Getattr, base: Choices) -> Choices:
        """Return an attribute of a value."""
        raise NotImplementedError

    def item_of(self, node: nodes.Getitem, base: Choices, key: Choices) -> Choices:
        """Return an item of a value."""
        raise NotImplementedError

    def arguments(self, node: nodes.Node) -> Arguments:
        """Return the arguments of a call, filter or test."""
        given = [self.evaluate(arg) for arg in getattr(node, "args", ())]
        named = {pair.key: self.evaluate(pair.value) for pair in getattr(node, "kwargs", ())}
        more = [part for part in (getattr(node, "dyn_args", None), getattr(node, "dyn_kwargs", None)) if part]
        for part in more:
            for value in self.evaluate(part):
                given += value.items if isinstance(value, Items) else []
        return Arguments(given, named, bool(more))

    def call(self, node: nodes.Node) -> Choices:
        """Return what a call yields, and judge what is called."""
        assert isinstance(node, nodes.Call)  # noqa: S101
        args = self.arguments(node)
        callee = node.node
        if isinstance(callee, nodes.Name):
            return self._call_name(callee, args)
        if isinstance(callee, nodes.Getattr):
            base = self.evaluate(callee.node)
            self.attribute_of(callee, base)
            return self._call_method(callee, base, callee.attr, args)
        if isinstance(callee, nodes.Getitem) and not isinstance(callee.arg, nodes.Slice):
            base, key = self.evaluate(callee.node), self.evaluate(callee.arg)
            target = self.item_of(callee, base, key)
            if len(key) == 1 and isinstance(key[0], Text) and key[0].known:
                return self._call_method(callee, base, key[0].pattern, args)
            return self._call_value(callee, target, args)
        return self._call_value(callee, self.evaluate(callee), args)

    def _call_name(self, callee: nodes.Name, args: Arguments) -> Choices:
        name = callee.name
        known = self.known.get(name)
        if known is None and name in FUNCTIONS:
            return self._call_function(callee, name, args)
        if known is None:
            self.tell("TPL104", callee, _CALLED.format(name))
            return DATA
        return self._call_value(callee, known, args)

    def _call_value(self, callee: nodes.Node, target: Choices, args: Arguments) -> Choices:
        for value in target:
            if isinstance(value, Walked):
                self.tell("TPL102", callee, _CALLED.format(UNKNOWN))
            elif isinstance(value, Macro):
                return self._call_macro(value.name, args)
            elif not (isinstance(value, Object) and value.name in (*FUNCTIONS, "joiner()")):
                name = callee.name if isinstance(callee, nodes.Name) else UNKNOWN
                self.tell("TPL104", callee, _CALLED.format(name))
        return DATA

    def _call_macro(self, name: str, args: Arguments) -> Choices:
        """Hand arguments to the parameters of a macro; its body is evaluated with them in the next pass."""
        parameters = self.macros.get(name, ())
        for parameter, value in [*zip(parameters, args.given), *args.named.items()]:
            if parameter in parameters:
                self.known[parameter] = join(self.known.get(parameter, ()), value)
        return self.known.get(f"{name}()", BUILT)

    def _call_function(self, node: nodes.Node, name: str, args: Arguments) -> Choices:
        if name == "dict":
            pairs = [((Text(key),), value) for key, value in args.named.items()]
            return (tabled(pairs),) if not args.given and not args.open else DATA
        if name == "namespace":
            return (Bag(tuple(args.named.items())),)
        if name in ("range", "lipsum"):
            numbers = [value.value for choices in args.given for value in choices if isinstance(value, Number)]
            if any(isinstance(number, (int, float)) and abs(number) > _ROUNDS for number in numbers):
                self.tell("TPL115", node, _CALLED.format(name))
        if name in ("cycler", "joiner"):
            return (Object(f"{name}()"),)
        return BUILT if name == "strftime_now" else DATA

    def _call_method(self, node: nodes.Node, base: Choices, name: str, args: Arguments) -> Choices:
        if name in RUNNERS:
            self.tell("TPL101", node, name)
        elif any(isinstance(value, Macro) for value in base) or (base == (Object("self"),) and name in self.blocks):
            return BUILT
        elif internal(name) or any(isinstance(value, Walked) for value in base):
            # Told by the attribute.
            return (Walked(),)
        elif name not in METHODS:
            self.tell("TPL104", node, f".{name}()")
        if name in ("append", "insert", "extend", "add", "update") and not isinstance(node, nodes.Filter):
            self._grow(node, base, args)
        if name in ("format", "format_map"):
            return self._format(node, base, args)
        found: list[Choices] = []
        for value in base:
            made = folding.combined(partial(_called, name, value), *args.given[:3])
            several = method(name, value, [choices[0] for choices in args.given if choices])
            found.append(several if several is not None and len(several) > 1 else made)
        return join(*found) or DATA

    def _grow(self, node: nodes.Node, base: Choices, args: Arguments) -> None:
        """Note what a method adds to the list or dict that a name stands for."""
        target = getattr(node, "node", None)
        key = target.name if isinstance(target, nodes.Name) else ""
        if isinstance(target, nodes.Getattr) and isinstance(target.node, nodes.Name):
            key = f"{target.node.name}.{target.attr}"
        named = tabled(((Text(name),), value) for name, value in args.named.items())
        added = join(*args.given, (named,) if args.named else ())
        if key in self.known:
            lists = [value for value in base if isinstance(value, (Items, Some))]
            self.known[key] = join(base, (grown(lists[0] if lists else Items(()), added),), added if not lists else ())

    def _format(self, node: nodes.Node, base: Choices, args: Arguments) -> Choices:
        found: list[Value] = []
        for value in base:
            pattern = value.pattern if isinstance(value, Text) else UNKNOWN
            asked = folding.fields(pattern)
            if isinstance(value, Data) or (isinstance(value, Text) and not value.known):
                self.tell("TPL108", node, pattern)
            elif asked:
                for part in (part for walk in asked[1] for part in walk):
                    self.tell("TPL101" if internal(part) else "TPL108", node, part)
            given = [choices[0] for choices in args.given if choices]
            named = {key: choices[0] for key, choices in args.named.items() if choices}
            found.append(folding.braces(value, given, named) if isinstance(value, Text) else Text(UNKNOWN))
        return tuple(found) or DATA

    def filter(self, node: nodes.Node) -> Choices:
        """Return what a filter yields, and judge the names of attributes that it takes."""
        assert isinstance(node, nodes.Filter)  # noqa: S101
        base = self.evaluate(node.node) if node.node is not None else BUILT
        args = self.arguments(node)
        if node.name not in FILTERS:
            self.tell("TPL114", node, node.name)
        return self.apply(node, node.name, self.as_object(node.node or node, base), args)

    def apply(self, node: nodes.Node, name: str, base: Choices, args: Arguments) -> Choices:
        """Return what a filter of a name makes of a value."""
        if name == "attr" and args.given:
            return self.reach_computed(node, base, args.given[0], sure=True)
        if name in _BY_ATTRIBUTE:
            place = _BY_ATTRIBUTE[name]
            names = args.named.get("attribute")
            if names is None and place is not None and len(args.given) > place:
                names = args.given[place]
            for value in names or ():
                parts = value.pattern.replace(",", ".").split(".") if isinstance(value, Text) else ()
                for part in parts if isinstance(value, Text) and value.known else ():
                    self.reach(node, (), part)
                if not isinstance(value, Number) and not (isinstance(value, Text) and value.known):
                    self.reach_computed(node, (), (value,), sure=True)
        if name == "map" and args.given:
            return self._map(node, base, args)
        if name == "format":
            return folding.combined(lambda value, *given: _first(filtered(name, value, given)), base, *args.given)
        found = [filtered(name, value, [one[0] for one in args.given if one]) for value in base]
        return join(*found) or DATA

    def _map(self, node: nodes.Node, base: Choices, args: Arguments) -> Choices:
        for value in args.given[0]:
            if not isinstance(value, Text) or not value.known:
                self.tell("TPL102" if isinstance(value, Text) else "TPL103", node, UNKNOWN)
                continue
            rest = Arguments(args.given[1:], args.named, args.open)
            for one in base:
                if isinstance(one, Items):
                    return (listed(self.apply(node, value.pattern, choices, rest) for choices in one.items),)
            self.apply(node, value.pattern, DATA, rest)
        return filtered("map", base[0], ()) if base else DATA

    def test(self, node: nodes.Node) -> Choices:
        """Judge a test."""
        assert isinstance(node, nodes.Test)  # noqa: S101
        self.evaluate(node.node)
        self.arguments(node)
        if node.name not in TESTS:
            self.tell("TPL114", node, node.name)
        return DATA


def _first(choices: Choices | None) -> Value:
    return choices[0] if choices else Data()


def _called(name: str, value: Value, *given: Value) -> Value:
    return _first(method(name, value, given))
