"""From bytes to formats: the content decides, and every format that fits gets its scanner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit import limits
from modelaudit.formats import FORMATS
from modelaudit.formats.base import Probe

if TYPE_CHECKING:
    from modelaudit._native import Source
    from modelaudit.formats.base import Format

#: Files that are no models, by the bytes they begin with: nothing that loads a model reads them.
_MEDIA = (
    (b"\x89PNG\r\n\x1a\n", "PNG picture"),
    (b"\xff\xd8\xff", "JPEG picture"),
    (b"GIF87a", "GIF picture"),
    (b"GIF89a", "GIF picture"),
    (b"%PDF-", "PDF document"),
    (b"OggS", "Ogg media"),
    (b"ID3", "MP3 audio"),
    (b"fLaC", "FLAC audio"),
)


def identify(source: Source, name: str) -> tuple[Probe, list[Format]]:
    """Return what was looked at and all formats whose content test it passes. Raises `OSError` if it cannot be read.

    The name counts only where nothing fits: then the format whose file names it resembles gets its chance to say how
    the content breaks its rules.
    """
    probe = Probe(source, source.head(limits.HEAD), name)
    found = [candidate for candidate in FORMATS if candidate.sniff(probe)]
    return probe, found


def promised(name: str) -> Format | None:
    """Return the format that files of this name usually have."""
    lowered = name.lower()
    for candidate in FORMATS:
        if lowered.endswith(candidate.suffixes):
            return candidate
    return None


def media(head: bytes) -> str | None:
    """Return what kind of non-model file begins like this."""
    for magic, kind in _MEDIA:
        if head.startswith(magic):
            return kind
    if head[:4] == b"RIFF" and head[8:12] in (b"WEBP", b"WAVE", b"AVI "):
        return "RIFF media"
    return None


def is_text(head: bytes) -> bool:
    """Return whether the front of a file reads as text: UTF-8 without control characters other than white space."""
    if any(byte < 9 or 13 < byte < 32 and byte != 27 or byte == 127 for byte in head):  # noqa: PLR2004
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # The front may end inside a character.
        return len(head) == limits.HEAD and error.start >= len(head) - 3
    return True
