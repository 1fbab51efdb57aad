"""The arithmetic of XGBoost models, whatever encoding they come in.

What it is: the checks that the JSON and UBJSON encodings of XGBoost models share, on values and not on bytes.
What can run: nothing; XGBoost indexes its arrays with these numbers, old versions without looking at them.
What is checked: lengths of the arrays of each tree; children, parents and split features in range; that no tree leads
back into itself; segments of categories; numbers of trees, groups and weights.
What is not checked: values of splits and leaves; the encoder of categories.
References: https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html, xgboost `src/tree/tree_model.cc`,
`src/gbm/gbtree_model.cc`.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, Callable

from modelaudit.ubjson import Packed

if TYPE_CHECKING:
    from collections.abc import Sequence

#: The parent of a root, and the split feature of a deleted node (as a signed and as an unsigned number).
_NO_PARENT = 2**31 - 1
_DELETED = (-1, 2**32 - 1)

#: Arrays with one entry a node.
_PER_NODE = ("left_children", "right_children", "parents", "split_indices", "split_conditions", "default_left")

#: What a learner has that was saved as a configuration, without a model.
_CONFIGURATION = frozenset(("generic_param", "learner_train_param"))

#: Reports a rule with its facts.
Say = Callable[..., None]


class TreeCheck:
    """The checks of one model; each tree is checked as it closes and then forgotten."""

    def __init__(self, say: Say) -> None:
        self.say = say
        self.incomplete = False
        self.largest_split = -1

    def close(self, made: dict[str, Any]) -> Any:
        """Check an object if it is a tree, and return what is kept of it."""
        if "left_children" in made or "split_indices" in made:
            self._tree(made)
            return {}
        return made

    def _tree(self, tree: dict[str, Any]) -> None:
        nodes = _number(_inside(tree, "tree_param").get("num_nodes"))
        if nodes is None or nodes < 1:
            self.say("BST101", reason="a tree does not say how many nodes it has")
            return
        for name in _PER_NODE:
            size = _size(tree.get(name))
            if size != nodes:
                self.say("BST103", what=name, size=size, expected=nodes)
                return
        arrays = [_integers(tree[name]) for name in _PER_NODE[:4]]
        if any(numbers is None for numbers in arrays):
            self.incomplete = self.incomplete or all(not isinstance(tree[name], list) for name in _PER_NODE[:4])
            if not self.incomplete:
                self.say("BST101", reason="an array of indexes holds something else")
            return
        left, right, parents, splits = (numbers or () for numbers in arrays)
        self._children(left, right, nodes)
        self._range("parents", [each for each in parents if each != _NO_PARENT], -1, nodes)
        used = [each for each, child in zip(splits, left) if child != -1 and each not in _DELETED]
        self._range("split_indices", used, 0, self._features(tree))
        self.largest_split = max(self.largest_split, max(used, default=-1))
        self._categories(tree, nodes)

    def _features(self, tree: dict[str, Any]) -> int:
        return _number(_inside(tree, "tree_param").get("num_feature")) or 2**31

    def _children(self, left: Sequence[int], right: Sequence[int], nodes: int) -> None:
        if not (self._range("left_children", left, -1, nodes) and self._range("right_children", right, -1, nodes)):
            return
        # A leaf of a tree for several targets keeps the index of its vector on the right.
        children = [each for each in left if each != -1]
        children += [each for each, other in zip(right, left) if other != -1]
        if -1 in children or 0 in children or len(set(children)) != len(children):
            self.say("BST107")

    def _range(self, what: str, numbers: Sequence[int], low: int, high: int) -> bool:
        if not numbers:
            return True
        for number in (min(numbers), max(numbers)):
            if not low <= number < high:
                self.say("BST102", what=what, value=number, limit=high)
                return False
        return True

    def _categories(self, tree: dict[str, Any], nodes: int) -> None:
        count = _size(tree.get("categories"))
        starts, sizes = _integers(tree.get("categories_segments")), _integers(tree.get("categories_sizes"))
        places = _integers(tree.get("categories_nodes"))
        if not starts and not sizes and not places:
            return
        if starts is None or sizes is None or places is None or not len(starts) == len(sizes) == len(places):
            self.say("BST103", what="categories_sizes", size=_size(sizes), expected=_size(places))
            return
        self._range("categories_nodes", places, 0, nodes)
        pairs = (("categories_segments", starts), ("categories_sizes", sizes))
        if all(self._range(what, numbers, 0, count + 1) for what, numbers in pairs):
            self._range("categories_segments", [start + size for start, size in zip(starts, sizes)], 0, count + 1)

    def model(self, root: Any) -> None:
        """Check the model around the trees."""
        learner = _inside(root, "learner") or _inside(_inside(root, "Model"), "learner")
        booster = _inside(learner, "gradient_booster")
        if not booster:
            self.say("BST101", reason="it has no learner with a booster")
            return
        parameters = _inside(learner, "learner_model_param")
        features = _number(parameters.get("num_feature"))
        if features is not None and features > 0:
            self._range("split_indices", [self.largest_split], -1, features)
        model = _inside(booster, "model") or _inside(_inside(booster, "gbtree"), "model")
        if isinstance(model.get("trees"), list):
            self._trees(model, booster)
        elif "weights" in model:
            groups = max(_number(parameters.get("num_class")) or 1, _number(parameters.get("num_target")) or 1, 1)
            self._size("weights", model.get("weights"), ((features or 0) + 1) * groups)
        elif model:
            self._trees(model, booster)
        elif _CONFIGURATION.isdisjoint(learner):
            self.say("BST101", reason="its booster holds no model")

    def _trees(self, model: dict[str, Any], booster: dict[str, Any]) -> None:
        count = _number(_inside(model, "gbtree_model_param").get("num_trees"))
        if count is None:
            self.say("BST101", reason="it does not say how many trees it has")
            return
        self._size("trees", model.get("trees"), count)
        self._size("tree_info", model.get("tree_info"), count)
        if "weight_drop" in booster:
            self._size("weight_drop", booster["weight_drop"], count)
        rounds = _integers(model.get("iteration_indptr"))
        if rounds:
            self._range("iteration_indptr", rounds, 0, count + 1)
            if any(later < former for former, later in zip(rounds, rounds[1:])):
                self.say("BST102", what="iteration_indptr", value=min(rounds), limit=count + 1)

    def _size(self, what: str, value: Any, expected: int) -> None:
        size = _size(value)
        if size != expected:
            self.say("BST103", what=what, size=size, expected=expected)


def _inside(value: Any, key: str) -> dict[str, Any]:
    inner = value.get(key) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}


def _number(value: Any) -> int | None:
    """Return an integer, which parameters spell as text."""
    if isinstance(value, int):
        return value
    digits = value.strip() if isinstance(value, str) else ""
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 20 else None  # noqa: PLR2004 - 64 bits


def _size(value: Any) -> int:
    if isinstance(value, Packed):
        return value.length
    return len(value) if isinstance(value, (list, tuple, array, range)) else 0


def _integers(value: Any) -> Sequence[int] | None:
    """Return the numbers of an array of integers."""
    if isinstance(value, Packed):
        return value.values() if value.marker not in (b"d", b"D") else None  # type: ignore[return-value]
    if isinstance(value, array):
        return value
    if isinstance(value, (list, tuple)) and all(type(item) in (int, bool) for item in value):
        return value
    return None
