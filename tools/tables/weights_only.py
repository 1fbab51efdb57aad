"""Holds the tables against what `torch.load(..., weights_only=True)` allows, as torch's own sources list it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tables.hierarchy import dotted
from tables.wheels import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tables.hierarchy import Function

#: Functions that return parts of the list as names of torch's attributes.
SOURCES = (
    ("torch._weights_only_unpickler", "_tensor_rebuild_functions"),
    ("torch.storage", "_new_dtypes"),
    ("torch.storage", "_dtype_to_storage_type_map"),
)


def allowed(pin: str) -> set[str]:
    """Return the paths that the weights-only loader of one release allows."""
    paths = set()
    for module, name in SOURCES:
        for inner in ast.walk(function(pin, module, name)):
            if isinstance(inner, ast.Attribute) and (path := dotted(inner)) is not None and path.startswith("torch."):
                paths.add(path)
            elif isinstance(inner, ast.Constant) and isinstance(inner.value, str) and inner.value.endswith("Storage"):
                paths.add(f"torch.{inner.value}")
    for inner in ast.walk(function(pin, "torch._weights_only_unpickler", "_get_allowed_globals")):
        if isinstance(inner, ast.Dict):
            paths |= {str(key.value) for key in inner.keys if isinstance(key, ast.Constant)}
        elif isinstance(inner, ast.Attribute) and (dotted(inner) or "").startswith("torch.per_"):
            paths.add(str(dotted(inner)))
    return paths - {"torch._utils"}


def function(pin: str, module: str, name: str) -> Function:
    """Return a function of a module."""
    found: Iterator[Function] = (
        item for item in tree(pin, module).body if isinstance(item, ast.FunctionDef) and item.name == name
    )
    return next(found)
