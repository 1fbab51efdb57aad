"""Which tensor of a model is the head of a classifier: the layer with one row of weights a class."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Callable, NamedTuple

from modelaudit import limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Bytes of an element of each type that is compared, by the names of the formats.
FLOATS = {"float16": 2, "float32": 4, "float64": 8, "bfloat16": 2}

#: Rows that a comparison says something about. With fewer there is no majority, with more it is no class but a word:
#: the catalogue of threats (b.10) names these bounds.
CLASSES = (5, 1000)

#: From so many rows on, a matrix is a table of words, and the model one of language: nothing is known of its heads.
_VOCABULARY = 20_000

#: Parts of names that heads have, and that other matrices have.
_HEAD = re.compile(
    r"(?:^|[._/])(?:fc\d*|classifier|classification_head|head|heads?\.head|logits?|output|out|predictions?|score|cls)(?=[._/])"
)
_OTHER = re.compile(
    r"emb|token|vocab|optimizer|velocity|momentum|exp_avg|mlp\.fc|se\.fc|ffn|lm_head|wte|wpe|position|attn|attention|query|key|value|qkv|[qkvo]_proj|lora|norm|mask_decoder"
    r"|relative|pooler|transform|intermediate|box|bbox|anchor|recurrent|lstm|gru"
)

#: What the last part of the name of a matrix is. Keras and flax keep one column a class, torch one row.
_BY_COLUMNS = re.compile(r"(?:kernel(?::\d+)?|vars/0)$")
_BY_ROWS = re.compile(r"weight(?:s)?$")


class Matrix(NamedTuple):
    """A tensor of a model, without its data."""

    name: str
    #: A key of `FLOATS`; anything else is not compared.
    dtype: str
    shape: Sequence[int]
    #: Returns bytes of its data, in row-major order: how many from where on.
    read: Callable[[int, int], bytes]
    #: Whether its columns are the classes; None if its name has to tell.
    by_columns: bool | None = None

    @property
    def columns_are_classes(self) -> bool:
        """Whether a class has a column, not a row."""
        return _BY_COLUMNS.search(self.name) is not None if self.by_columns is None else self.by_columns

    @property
    def classes(self) -> int:
        """The number of classes, if this is a head."""
        return self.shape[1] if self.columns_are_classes else self.shape[0]

    @property
    def features(self) -> int:
        """The number of weights of a class."""
        return self.shape[0] if self.columns_are_classes else self.shape[1]


def head(tensors: Iterable[Matrix]) -> Matrix | None:
    """Return the head of a classifier, None for models that are none or whose head cannot be told.

    It is the last matrix that is called as heads are, or else the last matrix of all, if it has rows as heads have.
    """
    matrices = [tensor for tensor in tensors if len(tensor.shape) == 2]  # noqa: PLR2004
    if any(max(matrix.shape) >= _VOCABULARY for matrix in matrices):
        return None
    named = [matrix for matrix in matrices if is_named(matrix.name)]
    for matrix in reversed(named or matrices[-1:]):
        if _is_head(matrix):
            return matrix
    return None


def is_named(name: str) -> bool:
    """Return whether a name is one that heads have."""
    return _HEAD.search(name) is not None and _OTHER.search(name) is None


def _is_head(matrix: Matrix) -> bool:
    name = matrix.name
    least, most = CLASSES
    size = FLOATS.get(matrix.dtype, 0) * matrix.shape[0] * matrix.shape[1]
    spelled = matrix.by_columns is not None or bool(_BY_COLUMNS.search(name) or _BY_ROWS.search(name))
    fits = least <= matrix.classes <= most and matrix.features >= least
    return spelled and fits and 0 < size <= limits.HEAD_WEIGHTS and not _OTHER.search(name)
