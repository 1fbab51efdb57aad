"""Keras 3 models: a zip archive with the configuration of a model, its weights, and assets of its layers.

What it is: `config.json`, `metadata.json`, weights as HDF5 or as arrays, and `assets/`, which layers read themselves.
What can run: what the configuration names; see `keras_config`. Weights and assets are data.
What is checked: every copy of the configuration; members that Keras does not write; code among the assets. Members are
  scanned as files of their own.
What is not checked: whether the weights fit the layers.
References: https://keras.io/api/models/model_saving_apis/model_saving_and_loading/, keras `saving/saving_lib.py`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Callable

from modelaudit import limits
from modelaudit.formats.base import Layout

if TYPE_CHECKING:
    from modelaudit._native import ZipMember
    from modelaudit.formats.base import Archive, Context

_CONFIG = "config.json"

#: What stands beside the configuration: the weights may be divided.
_BESIDE = re.compile(r"\nmetadata\.json\n|\nmodel(_\d+)?\.weights\.(h5|npz|json)\n")

#: What Keras writes into the archive, apart from the assets. Older versions had a folder of variables.
_WRITTEN = re.compile(r"(config|metadata)\.json|model(_\d+)?\.weights\.(h5|npz|json)|variables(\.h5|\.npz|/.*)")

_ASSETS = "assets/"

#: Assets in a binary form of their own: vocabularies of SentencePiece.
_BINARY = (".spm", ".model", ".proto")


def _fits(archive: Archive) -> bool:
    configs = archive.members(_CONFIG)
    if not configs:
        return False
    return _BESIDE.search(archive.glance) is not None or any(_names_a_class(member) for member in configs)


def _names_a_class(member: ZipMember) -> bool:
    try:
        return b'"class_name"' in member.source.read(0, limits.JSON)
    except OSError:
        return False


def _raw(name: str) -> bool:
    """Return whether a member is of a binary form that no scanner knows."""
    return name.startswith(_ASSETS) and name.endswith(_BINARY)


def _after(_archive: Archive, member: ZipMember) -> Callable[[Context], None]:
    name = member.name

    def check(ctx: Context) -> None:
        from modelaudit import pythontext

        if name == _CONFIG:
            _check_config(ctx)
        python = pythontext.is_python(name, ctx.head)
        written = name.startswith(_ASSETS) or name.endswith("/") or _WRITTEN.fullmatch(name) is not None
        if python or not written:
            ctx.report("KER114", None, {"member": name, "kind": " (Python code)" if python else ""})

    return check


def _check_config(ctx: Context) -> None:
    """Look at a configuration that was not recognised: Python also reads JSON in wide letters."""
    from modelaudit import keras_config
    from modelaudit.formats.keras_json import CHECKED

    if CHECKED not in ctx.learned:
        try:
            text = ctx.source.read(0, keras_config.LONGEST + 1)
        except OSError:
            text = b""
        keras_config.check(ctx, text, _CONFIG)


LAYOUT = Layout(name="keras", fits=_fits, raw=_raw, after=_after, suffixes=(".keras",))
