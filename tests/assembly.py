"""Pickles assembled opcode by opcode, so that no hostile file has to be kept."""

from __future__ import annotations

import struct

#: posix.system('echo pwned') in opcodes of protocols 0 and 1.
PAYLOAD = b"cposix\nsystem\n(X\x0a\0\0\0echo pwnedtR"

#: A whole stream of it.
EVIL = b"\x80\x02" + PAYLOAD + b"."


def text(value: str) -> bytes:
    """SHORT_BINUNICODE."""
    data = value.encode()
    return b"\x8c" + bytes([len(data)]) + data


def named(module: str, name: str) -> bytes:
    """STACK_GLOBAL with both operands."""
    return text(module) + text(name) + b"\x93"


def framed(body: bytes) -> bytes:
    """A protocol-4 stream with one frame around the body."""
    return b"\x80\x04\x95" + struct.pack("<Q", len(body)) + body


def documented_example() -> bytes:
    """The pickle of 156 bytes that the documentation shows; the same as examples/suspicious_model.pkl."""
    command = b"echo pwned"
    body = text("posix") + b"\x94" + text("system") + b"\x94\x93\x94"
    body += b"X" + struct.pack("<I", len(command)) + command + b"r\x03\0\0\0\x85\x94R\x94"
    return framed(body + b"0" + text("x" * (156 - 11 - len(body) - 4)) + b".")


def data(value: bytes) -> bytes:
    """BINBYTES."""
    return b"B" + struct.pack("<I", len(value)) + value


def call(module: str, name: str, *arguments: bytes) -> bytes:
    """REDUCE of a callable with the values that the arguments push."""
    return named(module, name) + b"(" + b"".join(arguments) + b"tR"


def stream(*parts: bytes) -> bytes:
    """A protocol-4 stream without frames."""
    return b"\x80\x04" + b"".join(parts) + b"."
