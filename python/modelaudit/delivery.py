"""Reports to their destination: a file that is there whole or not at all, or standard output."""

from __future__ import annotations

import os
import stat
import sys
from typing import TextIO

from modelaudit.rules import escaped


def write_file(path: str, text: str) -> str | None:
    """Write a file; return what went wrong, if anything did."""
    try:
        mode = _mode_of(path)
        if mode is None or stat.S_ISREG(mode):
            _replace(os.path.realpath(path), text)
        else:
            # A pipe, a terminal or /dev/null must be written to; to replace it would destroy it.
            with open(path, "w", encoding="utf-8", newline="") as file:
                file.write(text)
    except OSError as error:
        return f"cannot write {escaped(path)}: {error.strerror or error}"
    return None


def _mode_of(path: str) -> int | None:
    try:
        return os.stat(path).st_mode
    except FileNotFoundError:
        return None


def _replace(path: str, text: str) -> None:
    """Write beside the path first: nobody ever sees half a report, and an old one survives a failure."""
    temporary = os.path.join(os.path.dirname(path), f".modelaudit-{os.urandom(8).hex()}")
    # "x": never through a link that somebody put there. The mode follows the umask, as with every new file.
    with open(temporary, "x", encoding="utf-8", newline="") as file:
        try:
            file.write(text)
            file.close()
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise


def print_out(text: str) -> str | None:
    """Write to standard output; return what went wrong, if anything did."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has seen enough.
        _forget_the_rest()
    except OSError as error:
        _forget_the_rest()
        return f"cannot write the report: {error.strerror or error}"
    return None


def _forget_the_rest() -> None:
    """Keep Python from trying again, and complaining again, when it closes the stream."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


def wants_colour(stream: TextIO) -> bool:
    """Follow NO_COLOR (no-color.org) and FORCE_COLOR; otherwise colour for terminals only."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def has_unicode(stream: TextIO) -> bool:
    """Return whether the encoding of a stream has the characters of the report."""
    try:
        "─✓✗".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
