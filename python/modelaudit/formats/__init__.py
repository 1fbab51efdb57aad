"""The registry: one line a format, in the order in which their scanners run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit.formats import (
    catboost,
    compressed,
    executable,
    flax_msgpack,
    gguf,
    hdf5,
    ini_manifest,
    jinja,
    joblib_zf,
    json_manifest,
    keras_json,
    keras_metadata,
    lightgbm,
    npy,
    onnx,
    pickle,
    python_source,
    rds,
    requirements,
    safetensors,
    tar,
    tensorflow,
    tensorflow_checkpoint,
    tensorflow_fingerprint,
    tensorflow_text,
    tfrecord,
    toml_manifest,
    unsupported,
    weights_index,
    xgboost,
    xgboost_binary,
    xml_manifest,
    yaml_manifest,
)
from modelaudit.formats import zip as zip_archive

if TYPE_CHECKING:
    from modelaudit.formats.base import Layout

FORMATS = (
    pickle.FORMAT,
    *compressed.FORMATS,
    joblib_zf.FORMAT,
    npy.FORMAT,
    tar.FORMAT,
    zip_archive.FORMAT,
    safetensors.FORMAT,
    weights_index.FORMAT,
    gguf.FORMAT,
    rds.FORMAT,
    flax_msgpack.FORMAT,
    onnx.FORMAT,
    hdf5.FORMAT,
    jinja.FORMAT,
    catboost.FORMAT,
    lightgbm.FORMAT,
    *xgboost.FORMATS,
    xgboost_binary.FORMAT,
    keras_metadata.FORMAT,
    tensorflow.FORMAT,
    tensorflow_text.FORMAT,
    *tensorflow_checkpoint.FORMATS,
    tensorflow_fingerprint.FORMAT,
    tfrecord.FORMAT,
    keras_json.FORMAT,
    json_manifest.FORMAT,
    xml_manifest.FORMAT,
    toml_manifest.FORMAT,
    ini_manifest.FORMAT,
    yaml_manifest.FORMAT,
    requirements.FORMAT,
    *executable.FORMATS,
    python_source.FORMAT,
    *unsupported.FORMATS,
)

#: Formats that are zip archives with certain members. All that fit are asked.
LAYOUTS: tuple[Layout, ...]


def __getattr__(name: str) -> object:
    """Import the layouts when the first zip archive asks for them: most scans have none, and start so much sooner."""
    if name != "LAYOUTS":
        raise AttributeError(name)
    from modelaudit.formats import keras, pytorch, skops, torch_export, torch_package, torchscript, torchserve

    made = (
        pytorch.LAYOUT,
        torchscript.LAYOUT,
        torch_package.LAYOUT,
        torch_export.LAYOUT,
        torchserve.LAYOUT,
        skops.LAYOUT,
        keras.LAYOUT,
    )
    globals()[name] = made
    return made
