"""Trees of YAML documents, made from parser events: nothing is constructed, and aliases are counted, not expanded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from modelaudit import limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelaudit._native import Deadline

#: Sizes are not counted beyond this.
_ENDLESS = 1 << 64

#: Words that stand for a value where they are not quoted.
_PLAIN = {
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("null", "Null", "NULL", "~", "")),
}


class Tag(NamedTuple):
    """A tag that stands in the text: its name in full, the line, the value if that is a scalar, and the node."""

    name: str
    line: int
    text: str | None
    node: Any


class Documents:
    """What a text of YAML holds, as far as it was read."""

    def __init__(self) -> None:
        self.roots: list[Any] = []
        self.tags: list[Tag] = []
        #: Keys that stand twice in one mapping, with the line of the second.
        self.duplicates: list[tuple[str, int]] = []
        #: Objects of one key each, which later values of that key replaced.
        self.replaced: list[Any] = []
        #: Nodes that loading makes if every alias is copied, at most `_ENDLESS`.
        self.expanded = 0
        self.events = 0
        #: Why reading ended early: what the parser says.
        self.error = ""
        #: The line in which it ended, and the documents before it that are whole.
        self.error_line = 0
        self.whole = 0
        #: The limit that was reached: "levels", "events" or "time".
        self.stopped = ""


class _Open(NamedTuple):
    node: Any
    anchor: str | None
    #: The size so far, and the key that waits for its value.
    state: list[Any]


_NO_KEY = object()


def read(text: str, deadline: Deadline) -> Documents:
    """Read all documents of a text; errors end the reading, and what came before them stays."""
    import yaml

    found = Documents()
    composer = _Composer(found)
    try:
        for event in _events(text):
            found.events += 1
            if found.events > limits.YAML_EVENTS:
                found.stopped = "events"
            elif not found.events & 0xFFF and deadline.expired:
                found.stopped = "time"
            else:
                composer.take(event)
            if found.stopped:
                break
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        found.error_line = mark.line if mark is not None else 0
        found.error = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    except (ValueError, RecursionError) as error:
        found.error = str(error)
    return found


def _events(text: str) -> Iterator[Any]:
    import yaml

    loader = yaml.CBaseLoader if yaml.__with_libyaml__ else yaml.BaseLoader
    return iter(yaml.parse(text, Loader=loader))


class _Composer:
    """Puts events together: open mappings and sequences lie on a stack."""

    def __init__(self, found: Documents) -> None:
        self.found = found
        self.open: list[_Open] = []
        #: Anchors of the document: the node, and its size; None while it is open.
        self.anchors: dict[str, tuple[Any, int | None]] = {}

    def take(self, event: Any) -> None:
        kind = type(event).__name__
        if kind == "ScalarEvent":
            self._scalar(event)
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self._start(event, {} if kind[0] == "M" else [])
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            self._end()
        elif kind == "AliasEvent":
            node, size = self.anchors.get(event.anchor, (None, 1))
            self._put(node, 1 if size is None else size, event.start_mark.line)
        elif kind == "DocumentStartEvent":
            self.anchors.clear()
        elif kind == "DocumentEndEvent":
            self.found.whole += 1

    def _scalar(self, event: Any) -> None:
        value: Any = event.value
        if event.style is None or event.style == "":
            value = _PLAIN.get(value, value)
        if event.tag is not None and event.tag != "!":
            self.found.tags.append(Tag(event.tag, event.start_mark.line, event.value, None))
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, 1)
        self._put(value, 1, event.start_mark.line)

    def _start(self, event: Any, node: Any) -> None:
        if event.tag is not None and event.tag != "!":
            self.found.tags.append(Tag(event.tag, event.start_mark.line, None, node))
        if event.anchor is not None:
            self.anchors[event.anchor] = (node, None)
        if len(self.open) >= limits.YAML_DEPTH:
            self.found.stopped = "levels"
            return
        # What is put now is there even if the text ends before the node does.
        self._put(node, 0, event.start_mark.line, is_open=True)
        self.open.append(_Open(node, event.anchor, [1, _NO_KEY]))

    def _end(self) -> None:
        node, anchor, state = self.open.pop()
        if anchor is not None:
            self.anchors[anchor] = (node, state[0])
        if self.open:
            self._grow(state[0])
        else:
            self.found.expanded = min(_ENDLESS, self.found.expanded + state[0])

    def _grow(self, size: int) -> None:
        state = self.open[-1].state
        state[0] = min(_ENDLESS, state[0] + size)

    def _put(self, value: Any, size: int, line: int, is_open: bool = False) -> None:
        if not self.open:
            self.found.roots.append(value)
            return
        node, _, state = self.open[-1]
        if not is_open:
            self._grow(size)
        if isinstance(node, list):
            node.append(value)
        elif state[1] is _NO_KEY:
            state[1] = value
        else:
            key, state[1] = state[1], _NO_KEY
            self._pair(node, key, value, line)

    def _pair(self, node: dict[Any, Any], key: Any, value: Any, line: int) -> None:
        if isinstance(key, (dict, list)):
            # A key that is a collection holds nodes of its own.
            self.found.replaced.append(key)
            node[id(key)] = value
            return
        if key in node and key != "<<":
            if len(self.found.duplicates) < limits.ISSUES:
                self.found.duplicates.append((str(key), line))
            self.found.replaced.append({key: node[key]})
        elif key in node:
            self.found.replaced.append(node[key])
        node[key] = value
