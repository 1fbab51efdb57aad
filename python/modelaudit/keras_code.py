"""Code that a Keras layer carries in marshalled form: what it uses, and whether that is more than arithmetic."""

from __future__ import annotations

import binascii
import contextlib
import re
from typing import Any, NamedTuple

from modelaudit import _native, marshal_code

#: Texts that lead out of a tensor program: addresses, paths, and names that only reflection needs.
_TELLING = re.compile(r"://|__|^\s*(?:[/~\\]|[A-Za-z]:\\|\.\.)|[\x00-\x08\x0e-\x1f]")

#: Names of constants by convention: numbers of the program. Functions with such names stand in modules without.
_CONSTANT = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*")

#: Bytes of a constant that is not code itself: a lookup table at most.
_BYTES = 16

#: Printable texts in code that cannot be read.
_PRINTABLE = re.compile(rb"[\x20-\x7e]{4,}")


class Embedded(NamedTuple):
    """What is known of embedded code: why it is more than arithmetic, empty if it is not."""

    reason: str
    names: str
    texts: str
    filename: str


def inspect(text: str) -> Embedded:
    """Look at code as a configuration has it: base64, or the bytes themselves as older versions wrote them."""
    names: dict[str, None] = {}
    texts: dict[str, None] = {}
    filename, reason, understood = "", "", False
    for data in _decoded(text):
        try:
            found = marshal_code.parse(data)
        except marshal_code.MalformedError as error:
            if not understood and not reason:
                reason = f"cannot be read, since {error}"
            texts.update(dict.fromkeys(part.decode("ascii") for part in _PRINTABLE.findall(data[:100_000])))
            continue
        if not understood:
            understood, reason = True, ""
        for code in found:
            filename = filename or code.filename
            reason = reason or _reason(code, names, texts)
    return Embedded(reason, ", ".join(names), ", ".join(map(repr, texts)), filename)


def _decoded(text: str) -> list[bytes]:
    """Return the bytes that some loader unmarshals: `func_load` takes the text itself where it is no base64."""
    found = []
    with contextlib.suppress(UnicodeEncodeError, binascii.Error):
        found.append(binascii.a2b_base64(text.encode("ascii")))
    raw = text.encode("raw_unicode_escape", "surrogatepass")
    # Versions before 2.0.7 always take it so; base64 of code begins with a digit or with "Y".
    if not found or raw[:1] in (b"c", b"\xe3"):
        found.append(raw)
    return found


def _reason(code: marshal_code.Code, names: dict[str, None], texts: dict[str, None]) -> str:
    """Return what makes it more than arithmetic, and gather what it uses."""
    reason = ""
    seen: set[int] = set()
    waiting: list[Any] = [code]
    while waiting:
        value = waiting.pop()
        if isinstance(value, marshal_code.Code):
            if id(value) in seen:
                continue
            seen.add(id(value))
            for name in value.names:
                names[name] = None
                if _native.listed("keras_code", name) is None and not _CONSTANT.fullmatch(name):
                    reason = reason or f"uses the name {name}"
            waiting.extend(reversed(value.constants))
        elif isinstance(value, str):
            texts[value] = None
            if _TELLING.search(value):
                reason = reason or f"holds the text {value!r}"
        elif isinstance(value, bytes):
            texts.update(dict.fromkeys(part.decode("ascii") for part in _PRINTABLE.findall(value)))
            if len(value) > _BYTES:
                reason = reason or "holds bytes"
        elif isinstance(value, tuple) and id(value) not in seen:
            seen.add(id(value))
            waiting.extend(reversed(value))
    return reason
