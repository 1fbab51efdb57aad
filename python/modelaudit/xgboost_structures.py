"""XGBoost's binary models: C structures one after the other, read into the shape that the other encodings have.

What is checked and what is not is told in `formats/xgboost_binary.py`.
"""

from __future__ import annotations

import struct
import sys
from array import array
from typing import TYPE_CHECKING, Any, NamedTuple

from modelaudit import limits
from modelaudit.formats.xgboost_trees import TreeCheck
from modelaudit.window import EndedError, StoppedError, Window

if TYPE_CHECKING:
    from modelaudit.formats.base import Context
    from modelaudit.model import Detail

_FORMAT = "XGBoost"

#: Written in front by some interfaces.
_MAGIC = b"binf"

#: LearnerModelParamLegacy: base score, features, classes, whether attributes and metrics follow, version.
_LEARNER = struct.Struct("<fIiiiI112x")
#: GBTreeModelParam: the number of trees; then what is no longer used.
_TREES = struct.Struct("<i156x")
#: TreeParam: roots, nodes, deleted nodes, depth, features, size of leaf vectors; then reserved.
_TREE = struct.Struct("<iiiiii124x")
#: GBLinearModelParam: features, groups; then reserved.
_LINEAR = struct.Struct("<Ii128x")
_LENGTH = struct.Struct("<Q")

#: A node: parent, left, right, split feature, value (4 bytes each); its statistics are four more.
_NODE, _STATISTICS = 5, 4

#: The highest bit of a parent says which child the node is, that of a split feature where missing values go.
_LOW = 0x7FFFFFFF

_BOOSTERS = ("dart", "gblinear", "gbtree")


class _BrokenError(Exception):
    """The structures are not as announced."""


class _Names(NamedTuple):
    objective: str
    booster: str


def scan(ctx: Context) -> None:
    """Check a model to the end of its file."""
    window = Window(ctx.source, ctx.deadline)
    said: set[Detail] = set()

    def say(rule: str, **facts: Detail) -> None:
        what = facts.get("what", rule)
        if what not in said:
            said.add(what)
            ctx.report(rule, window.position, {"format": _FORMAT, **facts})

    check = TreeCheck(say)
    try:
        root = _Reader(window, check).read()
        trailing = not window.ended()
    except (EndedError, _BrokenError, struct.error) as error:
        reason = str(error) or "it ends too early"
        ctx.incomplete("BST101", window.position, {"format": _FORMAT, "reason": reason})
        return
    except StoppedError:
        ctx.incomplete("ENG101" if ctx.deadline.expired else "BST105", window.position, {"format": _FORMAT})
        return
    check.model(root)
    if trailing:
        ctx.report("BST104", window.position, {"format": _FORMAT})
        ctx.descend(ctx.source.slice(window.position, 1 << 62), "bytes after the model")


class _Reader:
    """Reads the structures into the shape that the other encodings have."""

    def __init__(self, window: Window, check: TreeCheck) -> None:
        self.window = window
        self.check = check

    def read(self) -> dict[str, Any]:
        """Read a model."""
        if self.window.take(len(_MAGIC)) != _MAGIC:
            for _ in _MAGIC:
                self.window.back()
        _, features, classes, attributes, metrics, version = _LEARNER.unpack(self.window.take(_LEARNER.size))
        names = _Names(self._text(), self._text())
        if names.booster not in _BOOSTERS:
            raise _BrokenError("it has an unknown kind of booster")
        booster = self._linear() if names.booster == "gblinear" else self._trees(names.booster)
        if attributes:
            for _ in range(self._count(16)):
                self._text()
                self._text()
        if version == 0 and names.objective == "count:poisson":
            # Versions before 1.0 kept the largest step of this objective here.
            self._text()
        if metrics:
            for _ in range(self._count(8)):
                self._text()
        parameters = {"num_feature": features, "num_class": classes}
        return {"learner": {"gradient_booster": booster, "learner_model_param": parameters}}

    def _linear(self) -> dict[str, Any]:
        _LINEAR.unpack(self.window.take(_LINEAR.size))
        return {"model": {"weights": self._floats()}}

    def _trees(self, name: str) -> dict[str, Any]:
        count = _TREES.unpack(self.window.take(_TREES.size))[0]
        if count < 0:
            raise _BrokenError("a negative number of trees")
        trees = [self._tree() for _ in range(count)]
        if count:
            self.window.skip(count * 4)
        model = {"gbtree_model_param": {"num_trees": count}, "trees": trees, "tree_info": range(count)}
        if name != "dart":
            return {"model": model}
        return {"gbtree": {"model": model}, "weight_drop": self._floats() if count else ()}

    def _tree(self) -> Any:
        _, nodes, _, _, features, vector = _TREE.unpack(self.window.take(_TREE.size))
        if nodes < 1:
            raise _BrokenError("a tree without nodes")
        if nodes * _NODE * 4 > limits.UBJSON_ARRAY:
            raise StoppedError
        fields = _signed(self.window.take(nodes * _NODE * 4))
        self.window.skip(nodes * _STATISTICS * 4)
        if vector > 1:
            self._floats()
        indexes = {
            "left_children": fields[1::_NODE],
            "right_children": fields[2::_NODE],
            "parents": [-1 if each == -1 else each & _LOW for each in fields[0::_NODE]],
            "split_indices": [-1 if each == -1 else each & _LOW for each in fields[3::_NODE]],
            "split_conditions": fields[4::_NODE],
            "default_left": fields[3::_NODE],
        }
        return self.check.close({"tree_param": {"num_nodes": nodes, "num_feature": features}, **indexes})

    def _floats(self) -> range:
        """Pass over a vector of floats and return something of its length."""
        count = self._count(4)
        if count:
            self.window.skip(count * 4)
        return range(count)

    def _count(self, size: int) -> int:
        """Return an announced number of things that have at least this size."""
        count = int(_LENGTH.unpack(self.window.take(_LENGTH.size))[0])
        whole = self.window.source.size
        if count * size > (limits.TEXT_DECODED if whole is None else whole):
            raise _BrokenError("a vector is longer than the file")
        return count

    def _text(self) -> str:
        length = self._count(1)
        if length > limits.UBJSON_ARRAY:
            raise StoppedError
        return self.window.take(length).decode("utf-8", "backslashreplace")


def _signed(data: bytes) -> array[int]:
    numbers = array("i")
    numbers.frombytes(data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
