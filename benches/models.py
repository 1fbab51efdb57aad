"""Workloads of single formats and of folders: SafeTensors, HDF5, SavedModel, text to search, many small files."""

from __future__ import annotations

import io
import json
import pickle
import random
import struct
import zipfile
from typing import IO, TYPE_CHECKING

from containers import Writer, weights
from workloads import evil_opcodes

if TYPE_CHECKING:
    from pathlib import Path

#: Literals of the blacklist row, and where in the text three of them stand, in parts of it.
PATTERNS = 1000
_PLANTED = {3: 0.1, 500: 0.5, 999: 0.99}


def _safetensors(names: list[str], shape: tuple[int, int]) -> bytes:
    """Return a header of float32 tensors of one shape."""
    size = shape[0] * shape[1] * 4
    tensors = {
        name: {"dtype": "F32", "shape": shape, "data_offsets": [index * size, (index + 1) * size]}
        for index, name in enumerate(names)
    }
    header = json.dumps(tensors, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header)) + header


def tensors(file: IO[bytes], size: int) -> None:
    """Write 1,000 tensors in a SafeTensors file of `size` bytes."""
    rows = max(1, size // 1000 // 4000)
    file.write(_safetensors([f"model.layers.{index}.weight" for index in range(1000)], (rows, 1000)))
    block = weights(1 << 20)
    for start in range(0, rows * 4_000_000, len(block)):
        file.write(block[: rows * 4_000_000 - start])


def tensor_header(file: IO[bytes], count: int) -> None:
    """Write a SafeTensors file of `count` small tensors with long names."""
    middle = "mlp.experts.gate_up_proj." * 4
    names = [f"model.decoder.layers.{index:06d}.{middle}weight_{index:06d}" for index in range(count)]
    file.write(_safetensors(names, (2, 2)) + weights(16 * count))


def keras_weights(file: IO[bytes], size: int) -> None:
    """Write a Keras model of 32 dense layers as HDF5."""
    import h5py
    import numpy as np

    layers, units = 32, 1000
    rows = max(1, size // layers // 4 // units)
    dense = [{"class_name": "Dense", "config": {"name": f"dense_{n}", "units": units}} for n in range(layers)]
    config = {"class_name": "Sequential", "config": {"name": "sequential", "layers": dense}}
    block = np.frombuffer(weights(1 << 20), "f4")
    kernel = np.resize(block, (rows, units))
    with h5py.File(file, "w") as out:
        out.attrs["keras_version"], out.attrs["backend"] = "2.15.0", "tensorflow"
        out.attrs["model_config"] = json.dumps(config)
        group = out.create_group("model_weights")
        group.attrs["layer_names"] = [f"dense_{n}".encode() for n in range(layers)]
        for n in range(layers):
            layer = group.create_group(f"dense_{n}")
            layer.attrs["weight_names"] = [f"dense_{n}/kernel:0".encode()]
            layer.create_dataset(f"dense_{n}/kernel:0", data=kernel)


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def _field(number: int, payload: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def saved_model(file: IO[bytes], count: int) -> None:
    """Write a SavedModel of `count` nodes, every second a constant of 2,816 bytes, one a ReadFile near the end."""
    block = weights(1 << 20)
    dtype = _field(5, _field(1, b"dtype") + _field(2, b"\x30\x01"))
    nodes = []
    for index in range(count):
        name, before = b"model/layer_%d/op" % index, b"model/layer_%d/op" % (index - 1)
        node = _field(1, name)
        if index == count - 10:
            node += _field(2, b"ReadFile") + _field(3, before)
        elif index % 2:
            node += _field(2, b"MatMul") + _field(3, before) + _field(3, b"model/layer_0/op") + dtype
        else:
            start = index * 997 % (len(block) - 2816)
            tensor = b"\x08\x01" + _field(2, _field(2, b"\x08" + _varint(704))) + _field(4, block[start : start + 2816])
            node += _field(2, b"Const") + dtype + _field(5, _field(1, b"value") + _field(2, _field(8, tensor)))
        nodes.append(_field(1, node))
    graph = b"".join(nodes) + _field(4, b"\x08\x99\x0d")
    file.write(b"\x08\x01" + _field(2, _field(1, _field(4, b"serve")) + _field(2, graph)))


def _word(generator: random.Random, least: int, most: int) -> str:
    return "".join(generator.choices("abcdefghijklmnopqrstuvwxyz", k=generator.randint(least, most)))


def patterns() -> list[str]:
    """Return the literals that are looked for."""
    generator = random.Random(9)
    return [f"{_word(generator, 4, 8)}-{_word(generator, 4, 8)}-{index:04d}" for index in range(PATTERNS)]


def texts(file: IO[bytes], size: int) -> None:
    """Write a pickle of sentences with three of the patterns in it, and the patterns in a file beside it."""
    generator = random.Random(10)
    words = [_word(generator, 2, 10) for _ in range(20_000)]
    sentences = [" ".join(generator.choices(words, k=60)) for _ in range(5000)]
    wanted = patterns()
    plants = sorted((int(size * part), wanted[index]) for index, part in _PLANTED.items())
    file.write(b"\x80\x04](")
    number = 0
    while file.tell() < size:
        text = f"{number} {generator.choice(sentences)}"
        while plants and plants[0][0] <= file.tell():
            text += f" {plants.pop(0)[1]} end"
        data = text.encode()
        file.write(b"X" + struct.pack("<I", len(data)) + data + b"\x94")
        number += 1
    file.write(b"e.")


def write_patterns(path: Path) -> None:
    """Write the blacklist file of the text row."""
    path.write_text("\n".join(patterns()) + "\n", encoding="utf-8")


def small_files(folder: Path, count: int) -> None:
    """Write `count` small files of five formats; every hundredth pickle calls os.system."""
    generator = random.Random(5)
    block = weights(1 << 16)
    for index in range(count):
        values = [generator.random() for _ in range(50)]
        record = {"name": f"layer{index}", "values": values, "units": generator.getrandbits(16)}
        below = folder / f"dir{index // 100:02d}"
        below.mkdir(parents=True, exist_ok=True)
        start = index * 52 % (len(block) - 4096)
        suffix, data = _small(index, record, block[start : start + 2048])
        (below / f"m{index}{suffix}").write_bytes(data)


def _small(index: int, record: dict[str, object], data: bytes) -> tuple[str, bytes]:
    kind, turn = index % 5, index // 5
    if kind == 0:
        return ".pkl", b"\x80\x04" + evil_opcodes() + b"." if turn % 100 == 99 else pickle.dumps(record, 4)
    if kind == 1:
        return ".json", json.dumps({"architectures": ["Net"], "config": record}).encode()
    if kind == 2:
        return ".safetensors", _safetensors(["t0", "t1", "t2", "t3"], (8, 16)) + data
    if kind == 3:
        header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (16, 16), }".ljust(117) + b"\n"
        return ".npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data[:1024]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("weights.pkl"), pickle.dumps(record, 4))
        archive.writestr(zipfile.ZipInfo("config.json"), json.dumps(record))
    return ".zip", out.getvalue()


#: As in containers.py.
WORKLOADS: tuple[tuple[str, str, Writer, int, int], ...] = (
    ("safetensors, 1,000 tensors", "tensors.safetensors", tensors, 400_000_000, 4_000_000_000),
    ("safetensors header, 100,000 tensors", "header.safetensors", tensor_header, 100_000, 100_000),
    ("Keras HDF5", "keras.h5", keras_weights, 50_000_000, 500_000_000),
    ("SavedModel", "saved_model.pb", saved_model, 20_000, 200_000),
    ("1,000 blacklist patterns", "texts.pkl", texts, 30_000_000, 300_000_000),
)
