"""Files of tensors with given bytes: at the start of a tensor, behind the end of all data, or as a file or member."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import random
import struct
import tarfile
import zipfile
from collections.abc import Mapping
from typing import Callable

import h5py
import numpy as np

import onnxes
from archives import Member, archive
from checkpoints import SMALL, checkpoint, state_dict, tensor
from ggufs import Gguf
from ggufs import Tensor as Directed
from msgpacks import packed

#: Bytes in front of what is hidden, or behind it: so many numbers as a small layer has.
NOISE = random.Random(17).randbytes(4096)

#: What makes a file around bytes.
Place = Callable[[bytes], bytes]


def safetensors(tensors: Mapping[str, bytes], metadata: Mapping[str, str] | None = None) -> bytes:
    """A SafeTensors file of bytes."""
    header: dict[str, object] = {"__metadata__": dict(metadata)} if metadata else {}
    at = 0
    for name, data in tensors.items():
        header[name] = {"dtype": "U8", "shape": [len(data)], "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + b"".join(tensors.values())


def padded(data: bytes, to: int = 32) -> bytes:
    """Bytes and as much noise as fills the last row."""
    data += NOISE
    return data + bytes(-len(data) % to)


def gguf(first: bytes, second: bytes, big: bool = False) -> bytes:
    """A GGUF file of two tensors of bytes."""
    at, second = len(first), padded(second)
    tensors = (Directed("a", (len(first),), 24, 0), Directed("b", (len(second),), 24, at))
    return Gguf(tensors=tensors, data=first + second, order=">" if big else "<").made()


def onnx(raw: bytes) -> bytes:
    """An ONNX model with a weight of bytes, behind another."""
    weights = (onnxes.tensor("a", (len(NOISE),), 2, NOISE), onnxes.tensor("b", (len(raw),), 2, raw))
    return onnxes.model(onnxes.graph(onnxes.node("Relu"), initializers=weights))


def constant(raw: bytes) -> bytes:
    """An ONNX model whose weight is an attribute of a node."""
    value = onnxes.field(1, "value") + onnxes.field(5, onnxes.tensor("b", (len(raw),), 2, raw)) + onnxes.field(20, 4)
    return onnxes.model(onnxes.graph(onnxes.node("Constant", "", value)))


def torch_zip(storage: bytes) -> bytes:
    """A checkpoint as torch has saved it since 1.6."""
    state = state_dict(tensor("0", (len(storage),), len(storage), "torch\nByteStorage"))
    return checkpoint(state, {"0": storage})


def torch_legacy(storage: bytes) -> bytes:
    """A checkpoint as torch saved it before."""
    magic, protocol = 0x1950A86A20F9469CFC6C, 1001
    state = state_dict(tensor("0", (len(storage),), len(storage), "torch\nByteStorage", last=b""))
    # The legacy reader has the view metadata as a sixth entry.
    state = state.replace(b"tQ", b"NtQ")
    front = b"".join(pickle.dumps(each, 2) for each in (magic, protocol, {"little_endian": True}))
    return front + state + pickle.dumps(["0"], 2) + struct.pack("<q", len(storage)) + storage


def npy(data: bytes) -> bytes:
    """An array of bytes as numpy saves it."""
    target = io.BytesIO()
    np.save(target, np.frombuffer(data, "u1"))
    return target.getvalue()


def npz(data: bytes) -> bytes:
    """Two arrays as numpy packs them."""
    target = io.BytesIO()
    np.savez_compressed(target, a=np.frombuffer(NOISE, "u1"), b=np.frombuffer(data, "u1"))
    return target.getvalue()


def hdf5(data: bytes, **options: object) -> bytes:
    """A dataset of bytes in a file of HDF5."""
    target = io.BytesIO()
    with h5py.File(target, "w") as made:
        made.create_dataset("noise", data=np.frombuffer(NOISE, "u1"))
        made.create_dataset("layer/w", data=np.frombuffer(data, "u1"), **options)
    return target.getvalue()


def pickled(data: bytes) -> bytes:
    """An array of numpy in a pickle."""
    return pickle.dumps({"w": np.frombuffer(NOISE, "u1"), "v": np.frombuffer(data, "u1")}, 4)


def flax(data: bytes) -> bytes:
    """Arrays as Flax saves them."""
    return packed({"params": {"a": np.frombuffer(NOISE, "u1"), "w": np.frombuffer(data, "u1")}})


def zipped(name: bytes, data: bytes) -> bytes:
    """A member of a zip archive."""
    return archive(Member(b"m/notes.txt", b"Some notes.\n"), Member(name, data))


def deflated(name: str, data: bytes) -> bytes:
    """A compressed member of a zip archive."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def tarred(name: str, data: bytes) -> bytes:
    """A member of a tape archive."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.GNU_FORMAT) as made:
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        made.addfile(entry, io.BytesIO(data))
    return target.getvalue()


#: Where a tensor begins.
STARTS: dict[str, tuple[str, Place]] = {
    "safetensors": ("m.safetensors", lambda d: safetensors({"a": NOISE, "b": d + NOISE})),
    "safetensors, the first": ("m.safetensors", lambda d: safetensors({"a": d + NOISE, "b": NOISE})),
    "safetensors, no more": ("m.safetensors", lambda d: safetensors({"a": NOISE, "b": d})),
    "GGUF": ("m.gguf", lambda d: gguf(NOISE, d)),
    "GGUF, the first": ("m.gguf", lambda d: gguf(padded(d), NOISE)),
    "GGUF, big-endian": ("m.gguf", lambda d: gguf(NOISE, d, big=True)),
    "ONNX": ("m.onnx", lambda d: onnx(d + NOISE)),
    "ONNX, a constant": ("m.onnx", lambda d: constant(d + NOISE)),
    "torch": ("m.pt", lambda d: torch_zip(d + NOISE)),
    "torch, legacy": ("m.pt", lambda d: torch_legacy(d + NOISE)),
    "npy": ("m.npy", lambda d: npy(d + NOISE)),
    "npy, the second": ("m.npy", lambda d: npy(NOISE) + npy(d + NOISE)),
    "npz": ("m.npz", lambda d: npz(d + NOISE)),
    "HDF5": ("m.h5", lambda d: hdf5(d + NOISE)),
    "HDF5, in pieces": ("m.h5", lambda d: hdf5(d + NOISE, chunks=(1024,))),
    "HDF5, packed": ("m.h5", lambda d: hdf5(d + NOISE, chunks=(1024,), compression="gzip", shuffle=True)),
    "pickle": ("m.pkl", lambda d: pickled(d + NOISE)),
    "Flax": ("m.msgpack", lambda d: flax(d + NOISE)),
}

#: Behind the end of what a format says that it has.
ENDS: dict[str, tuple[str, Place]] = {
    "safetensors": ("m.safetensors", lambda d: safetensors({"a": NOISE}) + d),
    "GGUF": ("m.gguf", lambda d: gguf(NOISE, b"") + d),
    "npy": ("m.npy", lambda d: npy(NOISE) + d),
    "pickle": ("m.pkl", lambda d: pickled(b"x") + d),
    "torch, legacy": ("m.pt", lambda d: torch_legacy(NOISE) + d),
    "torch": ("m.pt", lambda d: torch_zip(NOISE) + d),
    "torch, in front": ("m.pt", lambda d: d + torch_zip(NOISE)),
    "zip": ("m.zip", lambda d: zipped(b"a.txt", b"text") + d),
    "tar": ("m.tar", lambda d: tarred("a.txt", b"text") + d),
    "HDF5": ("m.h5", lambda d: hdf5(NOISE) + d),
    "HDF5, in front": ("m.h5", lambda d: d[:512].ljust(512, b"\0") + hdf5(NOISE)),
    "ONNX": ("m.onnx", lambda d: onnx(NOISE) + d),
    "gzip": ("m.pkl.gz", lambda d: gzip.compress(pickle.dumps([1])) + d),
    "Flax": ("m.msgpack", lambda d: flax(NOISE) + d),
}

#: Files and members that are code from the first to the last byte.
WHOLES: dict[str, tuple[str, Place]] = {
    "a file": ("lib", lambda d: d),
    "a file of weights": ("pytorch_model.bin", lambda d: d),
    "a packed file": ("lib.gz", gzip.compress),
    "zip": ("m.zip", lambda d: zipped(b"m/weights.bin", d)),
    "zip, packed": ("m.zip", lambda d: deflated("m/x", d)),
    "zip in zip": ("m.zip", lambda d: deflated("m/a.zip", zipped(b"x", d))),
    "tar": ("m.tar", lambda d: tarred("m/x", d)),
    "tar, packed": ("m.tar.gz", lambda d: gzip.compress(tarred("m/x", d))),
    "torch": ("m.pt", lambda d: checkpoint(SMALL, {"0": bytes(8)}, Member(b"archive/extra/x", d))),
    "npz": ("m.npz", lambda d: deflated("x.npy", d)),
    "Keras": (
        "m.keras",
        lambda d: archive(
            Member(b"config.json", b'{"class_name": "Sequential", "config": {"layers": []}, "module": "keras"}'),
            Member(b"metadata.json", b'{"keras_version": "3.8.0"}'),
            Member(b"assets/x", d),
        ),
    ),
}
