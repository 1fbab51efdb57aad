"""LightGBM's text models, read line by line.

What is checked and what is not is told in `formats/lightgbm.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit import limits
from modelaudit.window import EndedError, StoppedError, Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelaudit.formats.base import Context
    from modelaudit.model import Detail

_FORMAT = "LightGBM"

#: What no text holds: control characters other than white space.
_CONTROL = bytes(code for code in range(32) if code not in b"\t\n\v\f\r") + b"\x7f"

#: Arrays with an entry for each split and for each leaf. The library needs the first five and the first.
_PER_SPLIT = ("split_feature", "threshold", "decision_type", "left_child", "right_child")
_PER_SPLIT_MORE = ("split_gain", "internal_value", "internal_weight", "internal_count")
_PER_LEAF = ("leaf_weight", "leaf_count", "leaf_const", "num_features")

#: The bit of a decision type that makes its threshold the number of a set of categories.
_CATEGORICAL = 1

#: Lines that stand alone, and how lines with content begin, after the trees.
_PARAMETERS, _END_OF_PARAMETERS = b"parameters:", b"end of parameters"
_MARKS = (b"", b"feature_importances:", b"feature importances:", _PARAMETERS, _END_OF_PARAMETERS)
_BEGINNINGS = (b"[", b"pandas_categorical:")

#: Characters of a 64-bit integer with its sign.
_DIGITS = 20

_END_OF_TREES = b"end of trees"


class _BrokenError(Exception):
    """A line that is not as the format wants it."""


def scan(ctx: Context) -> None:
    """Check a model to the end of its file."""
    model = _Model(ctx)
    try:
        model.read()
    except (_BrokenError, EndedError) as error:
        reason = str(error) or "a line is too long"
        ctx.incomplete("BST101", model.position, {"format": _FORMAT, "reason": reason})
    except StoppedError:
        ctx.incomplete("ENG101" if ctx.deadline.expired else "BST105", model.position, {"format": _FORMAT})


class _Model:
    """One model, read line by line."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.window = Window(ctx.source, ctx.deadline)
        self.position = 0
        self.features = 0
        self._said: set[tuple[str, Detail]] = set()

    def say(self, rule: str, **facts: Detail) -> None:
        """Report something once for each array it is about."""
        key = (rule, facts.get("what"))
        if key not in self._said:
            self._said.add(key)
            self.ctx.report(rule, self.position, {"format": _FORMAT, **facts})

    def read(self) -> None:
        """Read the model to the end of the file."""
        header, line = self._block()
        self.features = _integer(header, "max_feature_idx") + 1
        self._size("feature_names", header.get("feature_names", b"").split(), self.features)
        if "feature_infos" in header:
            self._size("feature_infos", header["feature_infos"].split(), self.features)
        begun = []
        while line.startswith(b"Tree="):
            begun.append(self.position)
            tree, line = self._block()
            self._tree(tree)
        if line != _END_OF_TREES:
            # Versions before 2.2 wrote no such line.
            self._rest(line)
        self._check_places(header, [*begun, self.position])
        last = b""
        while (following := self._line()) is not None:
            self._rest(following)
            last = following if following in (_PARAMETERS, _END_OF_PARAMETERS) else last
        if last == _PARAMETERS:
            raise _BrokenError("its parameters do not end")

    def _block(self) -> tuple[dict[str, bytes], bytes]:
        """Return the lines of a block by key, and the line that ends it."""
        found: dict[str, bytes] = {}
        while (line := self._line()) is not None:
            if line.startswith(b"Tree=") or line == _END_OF_TREES or line in _MARKS[1:]:
                return found, line
            key, _, value = line.partition(b"=")
            name = key.decode("latin-1")
            if name in found:
                self.say("BST106", key=name)
            if name:
                found[name] = value
        raise _BrokenError("it ends before its trees do")

    def _line(self) -> bytes | None:
        self.position = self.window.position
        line = self.window.line(limits.LINE)
        if line is not None and len(line.translate(None, _CONTROL)) < len(line):
            raise _BrokenError("it holds control characters")
        return None if line is None else line.strip(b"\r\n")

    def _rest(self, line: bytes) -> None:
        if line not in _MARKS and not line.startswith(_BEGINNINGS) and b"=" not in line:
            raise _BrokenError("a line belongs to no section")

    def _check_places(self, header: dict[str, bytes], begun: list[int]) -> None:
        """Check the announced sizes, by which several threads find their trees."""
        if "tree_sizes" not in header:
            return
        sizes = _integers(header, "tree_sizes")
        self._size("tree_sizes", sizes, len(begun) - 1)
        for place, following, size in zip(begun, begun[1:], sizes):
            if following - place != size:
                self.say("BST103", what="tree_sizes", size=following - place, expected=size)
                return

    def _tree(self, tree: dict[str, bytes]) -> None:
        leaves, categories = _integer(tree, "num_leaves"), _integer(tree, "num_cat")
        if leaves < 1 or categories < 0:
            raise _BrokenError("a tree without leaves")
        splits = leaves - 1
        self._length(tree, "leaf_value", leaves)
        for name in (*_PER_SPLIT, *(name for name in _PER_SPLIT_MORE if tree.get(name))):
            self._length(tree, name, splits)
        for name in _PER_LEAF:
            if tree.get(name) and splits:
                self._length(tree, name, leaves)
        self._range("split_feature", _integers(tree, "split_feature"), 0, self.features)
        left, right = _integers(tree, "left_child"), _integers(tree, "right_child")
        # A leaf is named by the complement of its number.
        inside = self._range("left_child", left, -leaves, splits) and self._range("right_child", right, -leaves, splits)
        children = [*left, *right]
        if inside and (0 in children or len(set(children)) < len(children)):
            self.say("BST107")
        self._categories(tree, categories)
        self._linear(tree)

    def _categories(self, tree: dict[str, bytes], categories: int) -> None:
        bounds = _integers(tree, "cat_boundaries")
        if categories or bounds:
            self._size("cat_boundaries", bounds, categories + 1)
            self._size("cat_threshold", tree.get("cat_threshold", b"").split(), bounds[-1] if bounds else 0)
            if any(later < former for former, later in zip(bounds, bounds[1:])) or (bounds and bounds[0] != 0):
                self.say("BST102", what="cat_boundaries", value=min(bounds), limit=max(bounds))
        kinds = _integers(tree, "decision_type")
        used = [value for value, kind in zip(tree.get("threshold", b"").split(), kinds) if kind & _CATEGORICAL]
        try:
            self._range("threshold", [int(float(value)) for value in used], 0, categories)
        except (ValueError, OverflowError):
            raise _BrokenError("a set of categories has no number") from None

    def _linear(self, tree: dict[str, bytes]) -> None:
        if not tree.get("num_features"):
            return
        counts, features = _integers(tree, "num_features"), _integers(tree, "leaf_features")
        self._range("num_features", counts, 0, self.features + 1)
        self._size("leaf_features", features, sum(counts))
        self._size("leaf_coeff", tree.get("leaf_coeff", b"").split(), sum(counts))
        self._range("leaf_features", features, 0, self.features)

    def _range(self, what: str, numbers: Sequence[int], low: int, high: int) -> bool:
        for number in (min(numbers), max(numbers)) if numbers else ():
            if not low <= number < high:
                self.say("BST102", what=what, value=number, limit=high)
                return False
        return True

    def _length(self, tree: dict[str, bytes], name: str, expected: int) -> None:
        value = tree.get(name, b"")
        # Counting spaces takes a tenth of the time, and is right where there is one between any two numbers.
        if (value.count(b" ") + 1 if value else 0) != expected:
            self._size(name, value.split(), expected)

    def _size(self, what: str, items: Sequence[object], expected: int) -> None:
        if len(items) != expected:
            self.say("BST103", what=what, size=len(items), expected=expected)


def _integers(block: dict[str, bytes], key: str) -> list[int]:
    items = block.get(key, b"").split()
    if max(map(len, items), default=0) > _DIGITS:
        raise _BrokenError("an integer is too long")
    try:
        return list(map(int, items))
    except ValueError:
        raise _BrokenError("an array of integers holds something else") from None


def _integer(block: dict[str, bytes], key: str) -> int:
    found = _integers(block, key)
    if len(found) != 1:
        raise _BrokenError("a number is missing")
    return found[0]
