"""The kinds of nodes in skops models, of all versions, and what each may name.

What it is: tables for `skops_schema`.
What can run: see there.
What is checked: see there.
What is not checked: kinds of versions after 0.16; they are reported as unknown.
References: `NODE_TYPE_MAPPING` in skops `io/_general.py`, `io/_numpy.py`, `io/_scipy.py`, `io/_sklearn.py`,
`io/_quantile_forest.py`, `io/old/`.
"""

from __future__ import annotations

#: What a kind does with the type it names.
NAME, CALL, INSTANCE = "name", "call", "instance"

#: Kinds whose node may name any type, judged by the policy.
FREE = {
    "ConstructorFromReduceNode": CALL,
    "DictNode": CALL,
    "FunctionNode": NAME,
    "ListNode": CALL,
    "LossNode": INSTANCE,
    "NdArrayNode": CALL,
    "ObjectNode": INSTANCE,
    "SGDNode": INSTANCE,
    "SetNode": CALL,
    "TupleNode": CALL,
    "TypeNode": NAME,
}

#: Kinds for one type: where its module begins, and its class names; an empty tuple stands for any.
FIXED: dict[str, tuple[str, tuple[str, ...]]] = {
    "BytearrayNode": ("builtins", ("bytearray",)),
    "BytesNode": ("builtins", ("bytes",)),
    "DTypeNode": ("numpy", ("dtype",)),
    "DefaultDictNode": ("collections", ("defaultdict",)),
    "JsonNode": ("builtins", ("str", "int", "float", "bool", "NoneType", "list", "dict")),
    "MaskedArrayNode": ("numpy.ma", ("MaskedArray",)),
    "OperatorFuncNode": ("operator", ("attrgetter", "itemgetter", "methodcaller")),
    "PartialNode": ("functools", ("partial",)),
    "QuantileForestNode": ("quantile_forest", ("QuantileForest",)),
    "RandomGeneratorNode": ("numpy.random", ("Generator",)),
    "RandomStateNode": ("numpy.random", ("RandomState",)),
    "SliceNode": ("builtins", ("slice",)),
    "SparseMatrixNode": ("scipy.sparse", ()),
    "TreeNode": ("sklearn.tree", ("Tree",)),
    "_DictWithDeprecatedKeysNode": ("sklearn.covariance", ("_DictWithDeprecatedKeys",)),
}

#: Types of functions, which protocol 0 declared in place of their names.
FUNCTIONS = ("_ArrayFunctionDispatcher", "builtin_function_or_method", "function", "ufunc")

#: Kinds that name no type of their own.
OTHER = ("CachedNode", "MethodNode")

#: Contracts that hold whatever the arguments are, since those are nodes and judged where they stand.
KEPT = ("any", "bytes-buffer", "data-iterable", "default-factory", "partial", "subscript")

#: Methods of estimators that compute from data: what scikit-learn's interfaces ask for.
METHODS = frozenset(
    (
        "apply",
        "decision_function",
        "fit",
        "fit_predict",
        "fit_transform",
        "get_feature_names_out",
        "inverse_transform",
        "kneighbors",
        "partial_fit",
        "predict",
        "predict_log_proba",
        "predict_proba",
        "sample",
        "score",
        "score_samples",
        "transform",
        # Methods of texts and arrays that functions applied to columns use.
        "abs",
        "astype",
        "capitalize",
        "casefold",
        "clip",
        "lower",
        "max",
        "mean",
        "min",
        "ravel",
        "reshape",
        "round",
        "squeeze",
        "std",
        "strip",
        "sum",
        "title",
        "upper",
    )
)

#: The bit generators of numpy, which a Generator names by text.
BIT_GENERATORS = ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")

#: Words in the state of a Mersenne Twister and in the buffer of Philox; a position says which one is taken next.
TWISTER, PHILOX = 624, 4
