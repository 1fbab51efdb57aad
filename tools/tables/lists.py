"""Lists written as text, which is easier to read and to change than as quoted items."""

from __future__ import annotations


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text."""
    return tuple(text.split())


def pins(name: str, versions: str) -> tuple[str, ...]:
    """Return the wheels of a library in several versions, oldest first."""
    return tuple(f"{name}=={version}" for version in words(versions))
