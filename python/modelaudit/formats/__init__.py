"""The registry: one line a format, in the order in which their scanners run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit.formats import (
    catboost,
    compressed,
    flax_msgpack,
    gguf,
    hdf5,
    ini_manifest,
    jinja,
    joblib_zf,
    json_manifest,
    keras,
    keras_json,
    keras_metadata,
    lightgbm,
    npy,
    onnx,
    pickle,
    pytorch,
    rds,
    requirements,
    safetensors,
    skops,
    tar,
    tensorflow,
    tensorflow_checkpoint,
    tensorflow_fingerprint,
    tensorflow_text,
    tfrecord,
    toml_manifest,
    torch_export,
    torch_package,
    torchscript,
    torchserve,
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
    json_manifest.FORMAT,
    xml_manifest.FORMAT,
    toml_manifest.FORMAT,
    ini_manifest.FORMAT,
    yaml_manifest.FORMAT,
    requirements.FORMAT,
    keras_json.FORMAT,
    *unsupported.FORMATS,
)

#: Formats that are zip archives with certain members. All that fit are asked.
LAYOUTS: tuple[Layout, ...] = (
    pytorch.LAYOUT,
    torchscript.LAYOUT,
    torch_package.LAYOUT,
    torch_export.LAYOUT,
    torchserve.LAYOUT,
    skops.LAYOUT,
    keras.LAYOUT,
)
