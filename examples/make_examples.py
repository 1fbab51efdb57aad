"""Writes the example files of this folder, byte for byte; none of them is ever loaded here."""

from __future__ import annotations

import json
import pickle
import struct
from pathlib import Path

HERE = Path(__file__).parent


def text(value: str) -> bytes:
    """Return SHORT_BINUNICODE, then MEMOIZE."""
    data = value.encode()
    return b"\x8c" + bytes([len(data)]) + data + b"\x94"


def suspicious_model() -> bytes:
    """Return 156 bytes of protocol 4 that call posix.system('echo pwned') and return harmless weights."""
    command = b"echo pwned"
    body = text("posix") + text("system") + b"\x93\x94"
    body += b"X" + struct.pack("<I", len(command)) + command + b"r" + struct.pack("<I", 3)
    body += b"\x85\x94R\x94"
    body += b"0}\x94("
    body += text("layer") + text("dense") + text("weights") + b"]\x94("
    body += b"".join(b"G" + struct.pack(">d", value) for value in (0.25, -1.5, 3.0, 0.125, 2.75)) + b"e"
    body += text("units_in") + b"K\x05"
    body += text("bias") + b"Nu."
    return b"\x80\x04\x95" + struct.pack("<Q", len(body)) + body


def main() -> None:
    """Write all examples."""
    evil = suspicious_model()
    if len(evil) != 156:  # noqa: PLR2004
        raise SystemExit(f"the example has {len(evil)} bytes instead of 156")
    (HERE / "suspicious_model.pkl").write_bytes(evil)
    weights = {"layer": "dense", "weights": [0.25, -1.5, 3.0], "bias": None, "epoch": 12}
    (HERE / "plain_weights.pkl").write_bytes(pickle.dumps(weights, protocol=4))
    (HERE / "config.json").write_text(json.dumps({"architecture": "dense", "units": 5}, indent=2) + "\n")


if __name__ == "__main__":
    main()
