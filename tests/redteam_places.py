"""Places at which a text can stand in files that belong to models: manifests, metadata, notebooks, members."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import tarfile
import zipfile
from collections.abc import Mapping
from typing import Any, Callable
from xml.sax.saxutils import escape

import h5py
import numpy as np

import onnxes
from archives import Member, archive
from checkpoints import NUMBERS, SMALL, checkpoint
from ggufs import STRING, Gguf
from msgpacks import packed
from redteam_tensors import safetensors

#: What makes a file around a text.
Place = Callable[[str], bytes]


def cells(source: Any = "", output: Mapping[str, Any] | None = None, **more: Any) -> bytes:
    """A notebook of a page of text and a cell of code."""
    code = {
        "cell_type": "code",
        "execution_count": 1,
        "id": "a1",
        "metadata": {},
        "outputs": [output] if output else [],
        "source": source,
    }
    page = {"cell_type": "markdown", "id": "b2", "metadata": {}, "source": ["# Training\n"]}
    return json.dumps({"cells": [page, code], "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more}).encode()


def displayed(kind: str, text: Any) -> dict[str, Any]:
    """What a cell showed."""
    return {"output_type": "display_data", "metadata": {}, "data": {kind: text}}


def keras(config: str = "x", metadata: str = "x") -> bytes:
    """A model as Keras 3 saves it, with a text in its configuration or beside it."""
    layer = {"module": "keras.layers", "class_name": "Dense", "config": {"name": config, "units": 2}}
    model = {"module": "keras", "class_name": "Sequential", "config": {"name": "m", "layers": [layer]}}
    told = {"keras_version": "3.8.0", "date_saved": "2025-01-01@00:00:00", "note": metadata}
    return zipped({"metadata.json": json.dumps(told).encode(), "config.json": json.dumps(model).encode()})


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as made:
        for name, data in members.items():
            made.writestr(zipfile.ZipInfo(name), data, method)
    return target.getvalue()


def tarred(name: str, data: bytes) -> bytes:
    """A tape archive of one member."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.GNU_FORMAT) as made:
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        made.addfile(entry, io.BytesIO(data))
    return target.getvalue()


def hdf5(fill: Callable[[h5py.File], object]) -> bytes:
    """An HDF5 file."""
    target = io.BytesIO()
    with h5py.File(target, "w") as made:
        made.create_dataset("w", data=np.zeros(4, "f4"))
        fill(made)
    return target.getvalue()


def legacy_keras(text: str) -> bytes:
    """A model as Keras 2 saves it."""
    layer = {"class_name": "Dense", "config": {"name": "d", "units": 2}}
    config = {"class_name": "Sequential", "config": {"name": text, "layers": [layer]}}
    return hdf5(lambda file: file.attrs.update({"model_config": json.dumps(config), "keras_version": "2.15.0"}))


def gguf(text: str, *, listed: bool = False) -> bytes:
    """A GGUF file with a text, or a list of them, as a value."""
    file = Gguf()
    value = file.array(STRING, [file.text("x"), file.text(text)]) if listed else file.string(text)
    return file._replace(keys=(("general.architecture", file.string("llama")), ("general.note", value))).made()


def scripted(text: str) -> bytes:
    """An extra file beside scripted code, as `torch.jit.save` packs it."""
    return checkpoint(SMALL, {"0": NUMBERS}, Member(b"archive/extra/notes.txt", f"note\n{text}\n".encode()))


def indented(text: str, prefix: str = "  ") -> str:
    """A text whose lines are all indented."""
    return "".join(f"{prefix}{line}\n" for line in text.splitlines())


#: By what it is: the name of the file, and what makes it.
PLACES: dict[str, tuple[str, Place]] = {
    "JSON": ("config.json", lambda t: json.dumps({"model_type": "x", "note": t}).encode()),
    "JSON, deep": ("config.json", lambda t: json.dumps({"a": [{"b": {"c": [1, {"d": t}]}}]}, indent=1).encode()),
    "JSON, a key": ("config.json", lambda t: json.dumps({"a": {t: 1}}).encode()),
    "JSON lines": ("data.jsonl", lambda t: b'{"a": 1}\n' + json.dumps({"text": t}).encode() + b"\n"),
    "YAML": ("config.yaml", lambda t: f"model: x\nnotes:\n- {json.dumps(t)}\n".encode()),
    "YAML, a block": ("config.yaml", lambda t: f"model: x\nnote: |\n{indented(t)}n: 1\n".encode()),
    "YAML, a comment": ("config.yaml", lambda t: f"model: x\n{indented(t, '# ')}".encode()),
    "TOML": ("pyproject.toml", lambda t: f"[tool.x]\nnote = {json.dumps(t)}\nn = 1\n".encode()),
    "TOML, lines": ("settings.toml", lambda t: f"[x]\nnote = '''\n{t}\n'''\n".encode()),
    "INI": ("setup.cfg", lambda t: f"[x]\nn = 1\nnote =\n{indented(t)}".encode()),
    "XML": ("model.xml", lambda t: f'<?xml version="1.0"?>\n<net><note>{escape(t)}</note></net>\n'.encode()),
    "XML, an attribute": (
        "model.xml",
        lambda t: (
            f'<?xml version="1.0"?>\n<net><note v="{escape(t, {chr(34): "&quot;", chr(10): "&#10;"})}"/></net>'.encode()
        ),
    ),
    ".env": (".env", lambda t: f"# settings\nMODE=test\n{t}\n".encode()),
    "shell": ("run.sh", lambda t: f"#!/bin/sh\n# {t}\nexit 0\n".encode()),
    "text": ("notes.txt", lambda t: f"Some notes of mine.\n\n{t}\n\nMore.\n".encode()),
    "text, long": ("train.log", lambda t: b"step 1 loss 0.5 of 9\n" * 9000 + t.encode() + b"\nstep 2" * 40000),
    "text, 8 bits": ("notes.txt", lambda t: f"Some notes of mine: \xe9\xe8.\n{t}\n".encode("latin-1", "replace")),
    "text, UTF-16": ("notes.txt", lambda t: f"Some notes of mine.\n{t}\n".encode("utf-16")),
    "JSON, UTF-16": ("config.json", lambda t: json.dumps({"note": t}).encode("utf-16")),
    "text, gzip": ("notes.txt.gz", lambda t: gzip.compress(f"Some notes of mine.\n{t}\n".encode())),
    "requirements": ("requirements.txt", lambda t: f"numpy==2.0\n{indented(t, '# ')}torch\n".encode()),
    "README": ("README.md", lambda t: f"# A model\n\nUse it:\n\n{indented(t, '    ')}\nEnd.\n".encode()),
    "model card": ("README.md", lambda t: f"---\nlicense: mit\ntags:\n- x\n---\n# A model\n\n{t}\n\nEnd.\n".encode()),
    "Python": ("train.py", lambda t: f'"""Train.\n\n{t}\n"""\nimport torch\n'.encode()),
    "Jinja": (
        "chat_template.jinja",
        lambda t: f"{{# {t} #}}{{% for m in messages %}}{{{{ m }}}}{{% endfor %}}".encode(),
    ),
    "notebook, source": ("a.ipynb", lambda t: cells(["import os\n", *t.splitlines(keepends=True)])),
    "notebook, one text": ("a.ipynb", lambda t: cells(f"import os\n{t}\n")),
    "notebook, a stream": (
        "a.ipynb",
        lambda t: cells("run()", {"output_type": "stream", "name": "stdout", "text": t.splitlines(keepends=True)}),
    ),
    "notebook, a result": ("a.ipynb", lambda t: cells("x", displayed("text/plain", ["x", f"'{t}'"]))),
    "notebook, a page": ("a.ipynb", lambda t: cells("x", displayed("text/html", f"<p>{escape(t)}</p>"))),
    "notebook, an error": (
        "a.ipynb",
        lambda t: cells("x", {"output_type": "error", "ename": "E", "evalue": t, "traceback": [f"\x1b[31m{t}\x1b[0m"]}),
    ),
    "notebook, metadata": ("a.ipynb", lambda t: cells(metadata={"kernelspec": {"name": "p"}, "x": {"y": [t]}})),
    "safetensors": ("m.safetensors", lambda t: safetensors({"w": bytes(16)}, {"format": "pt", "note": t})),
    "safetensors, JSON": (
        "m.safetensors",
        lambda t: safetensors({"w": bytes(16)}, {"config": json.dumps({"a": {"note": t}})}),
    ),
    "GGUF": ("m.gguf", gguf),
    "GGUF, a list": ("m.gguf", lambda t: gguf(t, listed=True)),
    "ONNX, metadata": (
        "m.onnx",
        lambda t: onnxes.model(onnxes.graph(onnxes.node("Relu")), onnxes.field(14, onnxes.entry("note", t))),
    ),
    "ONNX, a description": (
        "m.onnx",
        lambda t: onnxes.model(onnxes.graph(onnxes.node("Relu")) + onnxes.field(10, t)),
    ),
    "Keras, configuration": ("m.keras", lambda t: keras(config=t)),
    "Keras, metadata": ("m.keras", lambda t: keras(metadata=t)),
    "Keras 2": ("m.h5", legacy_keras),
    "HDF5, an attribute": ("m.h5", lambda t: hdf5(lambda file: file.attrs.update({"note": t}))),
    "HDF5, a dataset": ("m.h5", lambda t: hdf5(lambda file: file.create_dataset("note", data=["x", t]))),
    "Flax": ("m.msgpack", lambda t: packed({"params": {"w": np.zeros(4, "f4")}, "note": t})),
    "zip": ("m.zip", lambda t: archive(Member(b"a/notes.txt", f"Some notes.\n{t}\n".encode()))),
    "zip, packed JSON": ("m.zip", lambda t: zipped({"a/config.json": json.dumps({"note": t}).encode()})),
    "zip in zip": ("m.zip", lambda t: zipped({"a.zip": zipped({"notes.txt": t.encode()})})),
    "zip, beside a pickle": (
        "m.zip",
        lambda t: zipped({"a.pkl": pickle.dumps([1]), **{f"n{n}.txt": b"x" for n in range(9)}, "t.md": t.encode()}),
    ),
    "tar": ("m.tar", lambda t: tarred("a/notes.txt", f"Some notes.\n{t}\n".encode())),
    "tar, packed": ("m.tar.gz", lambda t: gzip.compress(tarred("a/.env", f"A=1\n{t}\n".encode()))),
    "scripted torch": ("m.pt", scripted),
}

#: Places at which a text is for people: nothing decodes what stands there.
FOR_PEOPLE = frozenset(
    (
        *(
            ".env",
            "shell",
            "text",
            "text, long",
            "text, 8 bits",
            "text, UTF-16",
            "text, gzip",
            "requirements",
            "README",
        ),
        *("model card", "Python", "YAML, a comment", "zip", "zip in zip", "zip, beside a pickle", "tar", "tar, packed"),
        "scripted torch",
    )
)
