"""Checkpoints of torch assembled opcode by opcode and member by member."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from archives import Member, archive
from assembly import PAYLOAD

#: What `torch.save` writes besides the pickle and the storages.
RECORDS = ((b"version", b"3\n"), (b"byteorder", b"little"), (b".data/serialization_id", b"1641530081878437934205157"))


def number(value: int) -> bytes:
    """Return BININT or LONG1."""
    if value < 1 << 31:
        return b"J" + struct.pack("<i", value)
    return b"\x8a\x09" + value.to_bytes(9, "little")


def text(value: str) -> bytes:
    """Return BINUNICODE."""
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def storage(key: str, numel: int, kind: str = "torch\nFloatStorage") -> bytes:
    """Return the opcodes that ask the loader for a storage."""
    return b"(" + text("storage") + b"c" + kind.encode() + b"\n" + text(key) + text("cpu") + number(numel) + b"tQ"


def numbers(values: Iterable[int]) -> bytes:
    """Return a tuple of numbers."""
    return b"(" + b"".join(map(number, values)) + b"t"


def tensor(
    key: str,
    shape: tuple[int, ...],
    numel: int,
    kind: str = "torch\nFloatStorage",
    *,
    offset: int = 0,
    last: bytes = b"",
) -> bytes:
    """Return the opcodes that rebuild a tensor; `last` is what follows the hooks."""
    stride: list[int] = []
    step = 1
    for size in reversed(shape):
        stride.insert(0, step)
        step *= size
    version = b"3" if last else b"2"
    parts = storage(key, numel, kind) + number(offset) + numbers(shape) + numbers(stride)
    hooks = b"\x89ccollections\nOrderedDict\n)R"
    return b"ctorch._utils\n_rebuild_tensor_v" + version + b"\n(" + parts + hooks + last + b"tR"


def state_dict(*tensors: bytes) -> bytes:
    """Return a pickle of a dict of tensors."""
    items = b"".join(text(f"layer{index}.weight") + each for index, each in enumerate(tensors))
    return b"\x80\x02}(" + items + b"u."


def checkpoint(
    data: bytes,
    storages: dict[str, bytes] | None = None,
    *extra: Member,
    root: bytes = b"archive/",
    entry: bytes = b"data.pkl",
) -> bytes:
    """Return a zip checkpoint."""
    members = [Member(root + entry, data)]
    members += [Member(root + b"data/" + key.encode(), content) for key, content in (storages or {}).items()]
    members += [Member(root + name, content) for name, content in RECORDS]
    return archive(*members, *extra)


#: A state dict of one tensor of two floats, and its storage.
SMALL = state_dict(tensor("0", (2,), 2))
NUMBERS = struct.pack("<2f", 0.5, -1.25)

#: A pickle that runs a command.
EVIL_STATE = b"\x80\x02}(" + text("w") + PAYLOAD + b"u."
