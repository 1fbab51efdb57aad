"""GGUF files assembled field by field."""

from __future__ import annotations

import struct
from typing import NamedTuple

U8, U32, BOOL, STRING, ARRAY, U64 = 0, 4, 7, 8, 9, 10


class Tensor(NamedTuple):
    """An entry of the directory."""

    name: str
    dims: tuple[int, ...]
    kind: int
    offset: int


class Gguf(NamedTuple):
    """A file to be put together; `keys` are raw values by name, as often as they stand there."""

    keys: tuple[tuple[str, bytes], ...] = ()
    tensors: tuple[Tensor, ...] = ()
    data: bytes = b""
    version: int = 3
    order: str = "<"
    alignment: int = 32
    n_keys: int | None = None
    n_tensors: int | None = None

    def length(self, number: int) -> bytes:
        """A count: version 1 has 32 bits for it."""
        return struct.pack(self.order + ("I" if self.version == 1 else "Q"), number)

    def text(self, value: str) -> bytes:
        """A string."""
        data = value.encode()
        return self.length(len(data)) + data

    def string(self, value: str) -> bytes:
        """A value that is a string."""
        return struct.pack(self.order + "I", STRING) + self.text(value)

    def number(self, value: int) -> bytes:
        """A value that is a number of 32 bits."""
        return struct.pack(self.order + "II", U32, value)

    def array(self, kind: int, items: list[bytes], count: int | None = None) -> bytes:
        """A value that is an array."""
        head = struct.pack(self.order + "II", ARRAY, kind)
        return head + self.length(len(items) if count is None else count) + b"".join(items)

    def made(self) -> bytes:
        """The bytes of the file."""
        out = b"GGUF" + struct.pack(self.order + "I", self.version)
        out += self.length(len(self.tensors) if self.n_tensors is None else self.n_tensors)
        out += self.length(len(self.keys) if self.n_keys is None else self.n_keys)
        for name, value in self.keys:
            out += self.text(name) + value
        for tensor in self.tensors:
            out += self.text(tensor.name) + struct.pack(self.order + "I", len(tensor.dims))
            out += b"".join(map(self.length, tensor.dims))
            out += struct.pack(self.order + "IQ", tensor.kind, tensor.offset)
        return out + bytes(-len(out) % self.alignment if self.data else 0) + self.data


def honest(version: int = 3, order: str = "<") -> Gguf:
    """A small model with vocabulary, template and two tensors."""
    file = Gguf(version=version, order=order)
    keys = (
        ("general.architecture", file.string("llama")),
        ("general.alignment", file.number(32)),
        ("general.tags", file.array(STRING, [file.text("chat"), file.text("en")])),
        ("llama.rope.freqs", file.array(6, [struct.pack(order + "f", 0.5)] * 4)),
        ("llama.flag", struct.pack(order + "IB", BOOL, 1)),
        ("tokenizer.ggml.tokens", file.array(STRING, [file.text(f"t{n}") for n in range(50)])),
        ("tokenizer.chat_template", file.string("{% for m in messages %}{{ m['content'] }}{% endfor %}")),
    )
    tensors = (Tensor("a", (32, 2), 2, 0), Tensor("b", (5,), 0, 64))
    return file._replace(keys=keys, tensors=tensors, data=bytes(36 + 28 + 20 + 12))
