"""What is known of the names in Keras configurations: which of them build or do something."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from modelaudit import _native

#: Copies of Keras and private source packages, with the name under which the list has them; the longest come first.
#: The same as `ROOTS` of tools/keras_tables.py, and the public copies.
_ROOTS = (
    ("tensorflow_core.python.keras.api._v2.keras", "keras"),
    ("tensorflow_core.python.keras", "keras"),
    ("tensorflow.python.keras.api._v2.keras", "keras"),
    ("tensorflow._api.v2.compat.v1.keras", "keras"),
    ("tensorflow.compat.v1.keras", "keras"),
    ("tensorflow.compat.v2.keras", "keras"),
    ("tensorflow._api.v2.keras", "keras"),
    ("tensorflow.python.keras", "keras"),
    ("tensorflow.keras", "keras"),
    ("tf_keras.api._v2.keras", "keras"),
    ("tf_keras.api._v1.keras", "keras"),
    ("tf_keras.src", "keras"),
    ("tf_keras", "keras"),
    ("keras_core.src", "keras"),
    ("keras_core", "keras"),
    ("keras._tf_keras.keras", "keras"),
    ("keras.api._v2.keras", "keras"),
    ("keras.api._v1.keras", "keras"),
    ("keras.api", "keras"),
    ("keras.src", "keras"),
    ("keras_hub.src", "keras_hub"),
    ("keras_hub.api", "keras_hub"),
    ("keras_nlp.src", "keras_hub"),
    ("keras_nlp.api", "keras_hub"),
    ("keras_nlp", "keras_hub"),
    ("keras_cv.src", "keras_cv"),
    ("keras_cv.api", "keras_cv"),
)

#: Functions of Keras that no configuration of a model has a use for, beside those in the table of dangerous callables:
#: `NON_MODELING_APIS` of Keras' `serialization_lib`, and what writes pictures or takes code.
_NOT_MODELLING = {
    "audio_dataset_from_directory": "reads files",
    "clear_session": "resets what the program has loaded",
    "deserialize_keras_object": "builds what its argument names",
    "disable_interactive_logging": "changes the running program",
    "enable_unsafe_deserialization": "lets unsafe objects be loaded",
    "func_load": "loads a function from marshalled bytecode",
    "get_file": "downloads an address into a file and unpacks it",
    "image_dataset_from_directory": "reads files",
    "load_img": "reads files",
    "load_model": "loads a model whose layers can hold code",
    "load_weights": "reads files",
    "model_from_config": "loads a model whose layers can hold code",
    "model_from_json": "loads a model whose layers can hold code",
    "model_from_yaml": "loads a model whose layers can hold code",
    "plot_bounding_box_gallery": "writes pictures to a file",
    "plot_image_gallery": "writes pictures to a file",
    "plot_model": "writes pictures to a file",
    "plot_segmentation_mask_gallery": "writes pictures to a file",
    "register_keras_serializable": "changes what names stand for",
    "save_img": "writes pictures to a file",
    "save_model": "writes a model to a file",
    "save_weights": "writes a model to a file",
    "serialize_keras_object": "is no part of a model",
    "set_backend": "changes the running program",
    "text_dataset_from_directory": "reads files",
}

_LIBRARIES = ("keras", "keras_hub", "keras_nlp", "keras_cv")


class Judged(NamedTuple):
    """What a name stands for: 'known', 'unknown' or 'dangerous', and then why."""

    verdict: str
    reason: str = ""


@lru_cache(maxsize=512)
def canonical(module: str) -> str:
    """Return the name of a module that all copies of Keras share."""
    for copy, root in _ROOTS:
        if module == copy or module.startswith(copy + "."):
            return root + module[len(copy) :]
    return module


def is_library(module: str) -> bool:
    """Return whether a canonical module is of Keras or its companions."""
    return module.partition(".")[0] in _LIBRARIES


@lru_cache(maxsize=512)
def judge(module: str | None, name: str) -> Judged:
    """Return what is known of a class or function; Keras 2 names no module."""
    if module is None:
        return _judge_bare(name)
    # `keras` and `utils.get_file` make the same path as `keras.utils` and `get_file`.
    path = f"{canonical(module)}.{name}" if module else name
    owner, _, last = path.rpartition(".")
    owner = canonical(owner)
    if _native.listed("keras_objects", f"{owner}:{last}") is not None:
        return Judged("known")
    for place, attribute in ((module, name), (owner, last)):
        found = _native.judge(place, attribute)
        if found.verdict == "dangerous":
            return Judged("dangerous", found.reason)
        if found.verdict == "walks-out":
            return Judged("dangerous", "reaches through a module to what it imports")
    if is_library(owner) and last in _NOT_MODELLING:
        return Judged("dangerous", _NOT_MODELLING[last])
    return Judged("unknown")


def _judge_bare(name: str) -> Judged:
    if _native.listed("keras_objects", f":{name}") is not None:
        return Judged("known")
    if name in _NOT_MODELLING:
        return Judged("dangerous", _NOT_MODELLING[name])
    owner, dot, last = name.rpartition(".")
    found = _native.judge(owner if dot else "builtins", last)
    return Judged("dangerous", found.reason) if found.verdict == "dangerous" else Judged("unknown")


def judge_tensorflow(symbol: str) -> Judged:
    """Return what is known of a public name of TensorFlow, such as `math.add`."""
    if _native.listed("keras_objects", f"tensorflow:{symbol}") is not None:
        return Judged("known")
    owner, _, last = f"tensorflow.{symbol}".rpartition(".")
    if owner.startswith("tensorflow.keras"):
        return judge(owner, last)
    return judge(owner, last)
