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
    (b"II*\0", "TIFF picture"),
    (b"MM\0*", "TIFF picture"),
    (b"%PDF-", "PDF document"),
    (b"OggS", "Ogg media"),
    (b"ID3", "MP3 audio"),
    (b"fLaC", "FLAC audio"),
)


def identify(source: Source, name: str) -> tuple[Probe, list[Format]]:
    """Return what was looked at and all formats whose content test it passes. Raises `OSError` if it cannot be read."""
    probe = Probe(source, source.head(limits.HEAD), name)
    if not probe.head:
        return probe, []
    found = [candidate for candidate in _beginning_with(probe.head[0]) if candidate.sniff(probe)]
    if any(candidate.covers for candidate in found):
        # The archive at the end of a tape archive is its last member.
        found = [candidate for candidate in found if not candidate.behind]
    return probe, found


#: By first byte, filled as first bytes are met: most files are asked about few formats.
_by_first: dict[int, tuple[Format, ...]] = {}


def _beginning_with(first: int) -> tuple[Format, ...]:
    found = _by_first.get(first)
    if found is None:
        found = tuple(candidate for candidate in FORMATS if candidate.first is None or first in candidate.first)
        _by_first[first] = found
    return found


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
    if head[4:8] == b"ftyp":
        return "MP4 media"
    return None
