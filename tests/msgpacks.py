"""MessagePack as Flax writes it, assembled without a library."""

from __future__ import annotations

import struct
from typing import NamedTuple, Union

import numpy as np


class Extension(NamedTuple):
    """A value of a type of its own."""

    kind: int
    data: bytes


Value = Union[None, bool, int, float, str, bytes, list["Value"], dict[str, "Value"], Extension, "np.ndarray"]


def _sized(length: int, small: tuple[int, int] | None, markers: tuple[int | None, int, int]) -> bytes:
    """A length in the shortest form."""
    if small is not None and length < small[1]:
        return bytes([small[0] | length])
    for marker, width in zip(markers, (1, 2, 4)):
        if marker is not None and length < 1 << 8 * width:
            return bytes([marker]) + length.to_bytes(width, "big")
    raise ValueError(length)


def array(value: np.ndarray, shape: tuple[int, ...] | None = None, dtype: str | None = None) -> Extension:
    """An array, whatever its shape and type are said to be."""
    dims = list(value.shape if shape is None else shape)
    return Extension(1, packed([dims, dtype or value.dtype.name, value.tobytes()]))


def packed(value: Value) -> bytes:
    """The bytes of a value."""
    if isinstance(value, np.ndarray):
        return packed(array(value))
    if isinstance(value, Extension):
        return _sized(len(value.data), None, (0xC7, 0xC8, 0xC9)) + struct.pack("b", value.kind) + value.data
    if isinstance(value, list):
        return _sized(len(value), (0x90, 16), (None, 0xDC, 0xDD)) + b"".join(map(packed, value))
    if isinstance(value, dict):
        entries = (packed(key) + packed(item) for key, item in value.items())
        return _sized(len(value), (0x80, 16), (None, 0xDE, 0xDF)) + b"".join(entries)
    return _plain(value)


def _plain(value: str | bytes | float | None) -> bytes:
    """A value that holds no others; truths before the numbers that they are to Python."""
    if value is None or isinstance(value, bool):
        return {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[value]
    if isinstance(value, str):
        return _sized(len(value.encode()), (0xA0, 32), (0xD9, 0xDA, 0xDB)) + value.encode()
    if isinstance(value, bytes):
        return _sized(len(value), None, (0xC4, 0xC5, 0xC6)) + value
    if isinstance(value, float):
        return b"\xcb" + struct.pack(">d", value)
    if 0 <= value < 1 << 7:
        return bytes([value])
    return (b"\xcf" + struct.pack(">Q", value)) if value > 0 else (b"\xd3" + struct.pack(">q", value))


def honest() -> dict[str, Value]:
    """What `flax.serialization.to_bytes` makes of a train state."""
    kernel = np.ones((3, 4), np.float32)
    return {
        "step": 7,
        "params": {"dense": {"kernel": kernel, "bias": np.zeros(4, np.float16)}, "scale": np.ones((), np.int8)},
        "opt_state": {"0": {"count": Extension(3, array(np.ones((), np.int32)).data), "mu": kernel}, "1": {}},
        "rate": Extension(2, packed([0.5, 1.0])),
        "name": "a model",
        "flags": [True, None, -5, 2.5],
    }
