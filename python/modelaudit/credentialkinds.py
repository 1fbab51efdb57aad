"""Kinds of credentials, read from `credentials.toml`, and the tests that tell a secret from a stand-in for one."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import math
import os
import re
import zlib
from collections import Counter
from functools import cache
from typing import Any, Callable, NamedTuple
from urllib.parse import unquote_to_bytes

#: Bytes of a secret by which it is judged.
_JUDGED = 256

#: What stands in documentation in the place of a secret: words, marks of variables, and marks of what was cut out.
_STAND_IN = re.compile(
    rb"example|sample|dummy|placeholder|change[-_]?me|your|xxxx|redacted|removed|replace|insert|hidden|masked|invalid"
    rb"|not[-_]?set|todo|fixme|<|>|\$\{|\{\{|%\(|\.\.\.|\*\*\*|00000000",
    re.IGNORECASE,
)

#: Credentials that documentation prints although they look real.
_DOCUMENTED = frozenset(
    (
        b"Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",  # Azurite
        b"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ"
        b".SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",  # jwt.io
        # RFC 5849
        *(b"kkk9d7dh3k39sjv7", b"pfkkdhi9sl3r4s00", b"hdhd0244k9j7ao03", b"kd94hf93k423kf44", b"ad180jjd733klru7"),
        # RFC 6749 and 6750
        *(b"2YotnFZFEjr1zCsicMWpAA", b"tGzv3JOkF0XG5Qx2TlKWIA", b"mF_9.B5f-4.1JqM", b"7Fjfp0ZBr1KtDRbnfVdmIw"),
    )
)

#: Words that are passwords in examples, alone or with digits behind them.
_COMMON = re.compile(
    rb"(?:pass(?:word|wd|phrase|code)?|pwd|secret|admin|root|user(?:name)?|guest|test(?:ing|er)?|demo|default|none|null|true"
    rb"|false|string|postgres|mysql|mongo|redis|rabbit(?:mq)?|minio(?:admin)?|hunter|foo|bar|baz|token|key|letmein|qwerty"
    rb"|welcome|mypass(?:word)?|my|the|db|api|local|dev|required|optional|hash|value)[\W_\d]{0,8}",
    re.IGNORECASE,
)

#: Letters with dots, dashes and slashes between them: names, paths, settings and code rather than secrets.
_WORDS = re.compile(rb"[/.~]*[A-Za-z_]+(?:[_./:@+#=-]+[A-Za-z]*\d{0,3})*")

#: Keys with which documentation signs tokens, those of RFC 7519's readers among them.
_EXAMPLE_KEYS = (
    b"secret",
    b"your-256-bit-secret",
    b"a-string-secret-at-least-256-bits-long",
    b"key",
    b"password",
    b"test",
)

#: Where small letters turn into capitals; so many in a row of letters are no name.
_TURNS = re.compile(rb"[a-z](?=[A-Z])")
_IRREGULAR = 2

_DIGITS = re.compile(rb"\d")
_LETTERS = re.compile(rb"[A-Za-z]")

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Kind(NamedTuple):
    """One kind of credential."""

    id: str
    title: str
    rule: str
    keywords: tuple[str, ...]
    before: int
    pattern: re.Pattern[bytes]
    entropy: float
    check: str
    show: int

    def secret(self, text: bytes, start: int) -> re.Match[bytes] | None:
        """Return where a credential of this kind stands at a place of a text, or up to `before` bytes before it."""
        for place in range(max(0, start - self.before), start + 1):
            found = self.pattern.match(text, place)
            if found and self._real(found):
                return found
        return None

    def _real(self, found: re.Match[bytes]) -> bool:
        secret = found.group(1)
        # The rest of a long one may be text that follows it.
        body = secret[self.show : self.show + _JUDGED]
        if secret in _DOCUMENTED or _STAND_IN.search(secret[:_JUDGED]):
            return self.check == "checksum" and checksum(found)
        if self.check == "checksum" and checksum(found):
            return True
        body = unquote_to_bytes(body) if b"%" in body else body
        return entropy(body) >= self.entropy and CHECKS[self.check](found)


def entropy(secret: bytes) -> float:
    """Return the bits per character, as far as the characters by themselves show them."""
    counts = Counter(secret).values()
    return -sum(count / len(secret) * math.log2(count / len(secret)) for count in counts)


def checksum(found: re.Match[bytes]) -> bool:
    """Return whether the last six characters are the checksum of those between them and the mark."""
    body = found.group(1).split(b"_", 1)[-1]
    return body[-6:] == checksum_of(body[:-6])


def checksum_of(body: bytes) -> bytes:
    """Return the checksum that GitHub and npm write behind a token."""
    number, digits = zlib.crc32(body), ""
    while number:
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits.rjust(6, "0").encode()


def _jwt(found: re.Match[bytes]) -> bool:
    """Return whether the header is one: an object that names an algorithm."""
    header = found.group(1).split(b".")[0]
    try:
        value = json.loads(base64.urlsafe_b64decode(header + b"=" * (-len(header) % 4)))
    except (ValueError, RecursionError, binascii.Error):
        return False
    named = isinstance(value, dict) and isinstance(value.get("alg"), str) and value["alg"].lower() != "none"
    return named and not (value["alg"] == "HS256" and _is_signed_as_example(found.group(1)))


def _is_signed_as_example(token: bytes) -> bool:
    """Return whether a key of documentation signs a token: it opens no door."""
    signed, _, signature = token.rpartition(b".")
    made = (hmac.new(key, signed, "sha256").digest() for key in _EXAMPLE_KEYS)
    return any(base64.urlsafe_b64encode(digest).rstrip(b"=") == signature for digest in made)


def _password(found: re.Match[bytes]) -> bool:
    """Return whether a value may be a password: no number, no word, and not the name of its user."""
    secret = unquote_to_bytes(found.group(1))
    if _COMMON.fullmatch(secret) or not _LETTERS.search(secret):
        return False
    user = found.group().partition(b"://")[2].partition(b":")[0]
    if found.group().startswith(b"://") and len(_TURNS.findall(secret)) >= _IRREGULAR:
        return True
    return secret != user and not _WORDS.fullmatch(secret)


def _key(found: re.Match[bytes]) -> bool:
    """Return whether a value may be a key: letters and digits, and no name of something."""
    secret = unquote_to_bytes(found.group(1))
    return bool(_DIGITS.search(secret) and _LETTERS.search(secret)) and not _WORDS.fullmatch(secret)


def _digits(found: re.Match[bytes]) -> bool:
    return _DIGITS.search(found.group(1)) is not None


def _not_a_commit(found: re.Match[bytes]) -> bool:
    between = found.group()[: -len(found.group(1))].lower()
    return any(word in between for word in (b"key", b"token", b"password", b"api.", b"login", b"secret"))


#: The further tests that a kind may ask for.
CHECKS: dict[str, Callable[[re.Match[bytes]], bool]] = {
    "": lambda _found: True,
    # A wrong checksum may be a slip of whoever copied the token: what looks random counts.
    "checksum": lambda _found: True,
    "digits": _digits,
    "jwt": _jwt,
    "key": _key,
    "not-a-commit": _not_a_commit,
    "password": _password,
}


@cache
def table() -> list[dict[str, Any]]:
    """Return the entries of the table as they stand there."""
    try:
        import tomllib  # type: ignore[import-not-found,unused-ignore]
    except ModuleNotFoundError:
        import tomli as tomllib  # type: ignore[import-not-found,no-redef,unused-ignore]
    # Beside this module, as the core is: `importlib.resources` takes longer to import than all of this.
    with open(os.path.join(os.path.dirname(__file__), "credentials.toml"), "rb") as file:
        entries: list[dict[str, Any]] = tomllib.load(file)["kind"]
    return entries


@cache
def kinds() -> tuple[Kind, ...]:
    """Return all kinds, the surest first."""
    return tuple(
        Kind(
            id=entry["id"],
            title=entry["title"],
            rule=entry["rule"],
            keywords=tuple(entry["keywords"]),
            before=entry.get("before", 0),
            pattern=re.compile(entry["pattern"].encode(), re.VERBOSE),
            entropy=entry["entropy"],
            check=entry.get("check", ""),
            show=entry["show"],
        )
        for entry in table()
    )
