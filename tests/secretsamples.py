"""Made-up credentials of every kind in `credentials.toml`, and texts that only look as if they held one."""

from __future__ import annotations

import random
import re
import string
import zlib

ALPHABETS = {
    "": string.digits + string.ascii_letters,
    "a": string.ascii_letters,
    "b": string.ascii_letters + string.digits + "+/",
    "d": string.digits,
    "u": string.ascii_uppercase + "234567",
    "x": string.digits + "abcdef",
}

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase

_PART = re.compile(r"<(?:([abcdux]):)?(\d+)>")


def checksum(body: str) -> str:
    """The checksum of GitHub and npm: as published, https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/."""
    number, digits = zlib.crc32(body.encode()), ""
    while number:
        digits = _BASE62[number % 62] + digits
        number //= 62
    return digits.rjust(6, "0")


def filled(parts: list[str], generator: random.Random) -> tuple[str, list[str]]:
    """Return a text with its random parts filled in, and those parts."""
    secrets: list[str] = []

    def fill(found: re.Match[str]) -> str:
        kind, length = found[1] or "", int(found[2])
        made = "".join(generator.choices(ALPHABETS.get(kind, ALPHABETS[""]), k=length))
        # Without a digit, which is rare, a value under the name of a secret counts as a word.
        made = made if kind else made[:2] + generator.choice(string.digits) + made[3:]
        secrets.append(made + checksum(made) if kind == "c" else made)
        return secrets[-1]

    return _PART.sub(fill, "".join(parts)), secrets


def placements(text: str) -> list[str]:
    """Return a text as it stands in files of several kinds."""
    quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return [
        text,
        f"# notes\n{text}\nmore\n",
        f'{{"note": "{quoted}", "n": 1}}',
        f"note: '{text}'\nn: 1\n",
        f"<note>{text}</note>",
        "é世" * 50 + f" {text} ",
        "word " * 5000 + f"\n{text}\n" + "word " * 5000,
    ]
