"""Code that a text carries in an encoding: digits of base64, base32 or base16, compressed or not, inside each other."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

from modelaudit import _native, python_source
from modelaudit.formats.compressed import codec_of
from modelaudit.patience import ensure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Union

    from modelaudit.formats.base import Context
    from modelaudit.model import Detail

    Text = Union[str, bytes]

#: Encodings inside each other: droppers that were published have three.
_LAYERS = 5

#: Bytes that are decoded for one text, all layers together: the largest payload that a pickle may have as well.
_DECODED = 16 << 20

#: Characters that are looked through in a second where that is slow.
_LOOKED_THROUGH = 10e6

#: Characters of one text that are looked at.
_TEXT = 64 << 20

#: Runs that can be an encoding, over line ends: 24 characters stand for 18 bytes, and no payload is shorter.
_BASE64 = re.compile(
    r"[A-Za-z0-9+/_-]{24,}(?:\r?\n[A-Za-z0-9+/_-]{16,})*(?:\r?\n[A-Za-z0-9+/_-]{1,15}(?=[=\s]|$))?={0,6}"
)
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_BASE32 = re.compile(r"[A-Z2-7]+")

#: Digits behind the last eight that base32 can end with.
_BASE32_ENDS = (0, 2, 4, 5, 7)

#: A run for a quick look at texts that are looked at in great number: what calls something has 20 bytes and more.
_LONG = re.compile(r"[A-Za-z0-9+/_-]{28}")

#: Characters of a run that are decoded for a look at its first bytes.
_FRONT = 96

#: What the first bytes of a payload are, where they are no text: programs, compiled and marshalled Python, pickles,
#: archives, compressed streams. Pictures, numbers, digests and tokens begin otherwise, but for chance.
_BEGINNINGS = re.compile(
    rb"\x7fELF|MZ|\xca\xfe\xba|[\xce\xcf]\xfa\xed\xfe|\xfe\xed\xfa|\0asm|dex\n|BC\xc0\xde|..\r\n|\x80[\x00-\x05]|[\xe3c].\0\0"
    rb"|\x1f\x8b\x08|x[\x01\x5e\x9c\xda]|BZh[1-9]|\xfd7zXZ\0|\x28\xb5\x2f\xfd|PK\x03\x04",
    re.DOTALL,
)

#: How bytes are written that are in no encoding.
_PLAIN = ("plain bytes",)

#: Control characters that no text has.
_NO_CONTROL = dict.fromkeys((*range(9), *range(14, 32), *range(127, 160)))

_TEXT_ONLY = re.compile(rb"[\t\n\r\x20-\x7e\x80-\xff]*")

#: A code object in marshal's form: its type, four to six small numbers, and byte code (`Python/marshal.c`).
_NUMBERS = (4, 5, 6)
_LARGEST = 1 << 26


class _Look:
    """One text at work: where it stands, and what may still be decoded for it."""

    def __init__(self, ctx: Context, where: str, position: int | None) -> None:
        self.ctx = ctx
        self.where = where
        self.position = position
        self.left = _DECODED
        self.exceeded = False

    def take(self, count: int) -> bool:
        """Spend so many bytes, if they are left."""
        if count > self.left:
            self.exceeded = True
            return False
        self.left -= count
        return True

    def deeper(self, how: tuple[str, ...]) -> bool:
        """Return whether another layer is looked at."""
        self.exceeded |= len(how) >= _LAYERS
        return len(how) < _LAYERS

    def encoded(self, text: str, how: tuple[str, ...]) -> None:
        """Look at what the runs of a text stand for."""
        for run in _BASE64.finditer(text):
            if not self.deeper(how):
                return
            for encoding, data in self.decoded(run.group()):
                self.payload(data, (*how, encoding))

    def decoded(self, run: str) -> Iterator[tuple[str, bytes]]:
        """Yield what a run may stand for, by encoding, if its first bytes can be those of a payload."""
        joined = "".join(run.split())
        if joined[:2] in ("0x", "0X"):
            joined = joined[2:]
        if len(joined) % 2 == 0 and _HEX.fullmatch(joined):
            front = bytes.fromhex(joined[:_FRONT])
            if _may_begin(front) and self.take(len(joined) // 2):
                yield "hexadecimal", bytes.fromhex(joined)
        digits = joined.rstrip("=")
        if len(digits) % 8 in _BASE32_ENDS and _BASE32.fullmatch(digits):
            padded = digits + "=" * (-len(digits) % 8)
            if _may_begin(base64.b32decode(padded[:_FRONT])) and self.take(len(joined) * 5 // 8):
                yield "base32", base64.b32decode(padded)
        plain = joined.rstrip("=").replace("-", "+").replace("_", "/")
        # A last character alone stands for nothing.
        plain = plain[: len(plain) - (len(plain) % 4 == 1)]
        try:
            front = base64.b64decode(plain[:_FRONT] + "=" * (-len(plain[:_FRONT]) % 4))
            if _may_begin(front) and self.take(len(plain) * 3 // 4):
                yield "base64", base64.b64decode(plain + "=" * (-len(plain) % 4))
        except (ValueError, binascii.Error):
            return

    def compressed(self, data: bytes, how: tuple[str, ...]) -> bool:
        """Look at what a compressed stream holds; return whether it is one."""
        codec = codec_of(data)
        if codec is None or not self.deeper(how):
            return False
        try:
            content = _native.Source.from_bytes(data).decode(codec, self.left + 1).read(0, self.left + 1)
        except OSError:
            return False
        if not content or not self.take(len(content)):
            return False
        self.payload(content, (*how, codec))
        return True

    def itself(self, data: bytes) -> None:
        """Look at bytes that are in no encoding."""
        if _BEGINNINGS.match(data) and not self.code(data, _PLAIN) and not self.compressed(data, ()):
            self.pickle(data, _PLAIN)

    def payload(self, data: bytes, how: tuple[str, ...]) -> None:
        """Report what was decoded, if it is code; follow it, if it is an encoding in turn."""
        if self.code(data, how) or self.compressed(data, how) or self.pickle(data, how) or b"\0" in data:
            return
        name = python_source.first_use(data)
        if name is not None:
            self.ctx.report("PAY122", self.position, {"callable": name, **self.facts(how)})
        if data.isascii():
            self.encoded(data.decode("ascii"), how)

    def facts(self, how: tuple[str, ...]) -> dict[str, Detail]:
        """Return in which encodings something was found, and where."""
        return {"encoding": ", ".join(how), "where": self.where}

    def code(self, data: bytes, how: tuple[str, ...]) -> bool:
        """Report a program or compiled Python; return whether it is one."""
        code = _native.code_at_start(_native.Source.from_bytes(data))
        kind = code.words if code is not None else "marshalled Python" if _is_marshalled(data) else None
        if kind is not None:
            self.ctx.report("PAY121", self.position, {"kind": kind, **self.facts(how)})
        return kind is not None

    def pickle(self, data: bytes, how: tuple[str, ...]) -> bool:
        """Hand a pickle or an archive to the engine; return whether it may be one."""
        source = _native.Source.from_bytes(data)
        found = data.startswith(b"PK\3\4") or _native.sniff_pickle(source)
        if found:
            # Numbers begin like a pickle now and then: what is found has to prove itself.
            self.ctx.descend(source, f"{self.where} ({', '.join(how)})", raw=True)
        return found


def may_carry(text: str) -> bool:
    """Return whether a text has a run of characters that is long enough to be an encoded payload."""
    return _LONG.search(text) is not None


def check(ctx: Context, text: Text, where: str, position: int | None = None) -> None:
    """Report code that a text or bytes carry in an encoding; pickles and archives are handed to the engine.

    `where` says in a few words what the text is, such as the key that it belongs to.
    """
    look = _Look(ctx, where, position)
    data = text if isinstance(text, bytes) else _as_bytes(text)
    if data:
        look.itself(data)
    if isinstance(text, bytes):
        text = text[: _TEXT + 1].decode("latin-1")
    ensure(ctx.deadline, min(len(text), _TEXT), _LOOKED_THROUGH)
    look.exceeded |= len(text) > _TEXT
    look.encoded(text[:_TEXT], ())
    if look.exceeded:
        ctx.incomplete("PAY123", position, {"where": where, "limit": _DECODED})


def _as_bytes(text: str) -> bytes:
    """Return the bytes that a text stands for letter by letter, as in old pickles, where it is not just text."""
    if text.isprintable() or text.translate(_NO_CONTROL) == text:
        return b""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return b""


def _may_begin(front: bytes) -> bool:
    return _BEGINNINGS.match(front) is not None or (b"\0" not in front and _TEXT_ONLY.fullmatch(front) is not None)


def _is_marshalled(data: bytes) -> bool:
    """Return whether a code object begins here: in random bytes one place in 2^60."""
    if data[:1] not in (b"c", b"\xe3"):
        return False
    for count in _NUMBERS:
        end = 1 + 4 * count
        numbers = [int.from_bytes(data[at : at + 4], "little") for at in range(1, end, 4)]
        # Arguments and stack are few; the flags come last.
        if data[end : end + 1] in (b"s", b"\xf3") and max(numbers[:-1]) < 1 << 12 and numbers[-1] < _LARGEST:
            return True
    return False
