"""Whether bytes are Python code, by their name or their first statements: nothing is compiled or run."""

from __future__ import annotations

import re

#: Statements that no configuration, list of words or prose has at the beginning of a line.
_STATEMENT = re.compile(
    rb"^[ \t]*(?:import[ \t]+[\w.]+(?:[ \t]+as[ \t]+\w+)?[ \t]*(?:[,;#\r]|$)|from[ \t]+[.\w]+[ \t]+import[ \t]+[\w(*]"
    rb"|(?:async[ \t]+)?def[ \t]+\w+[ \t]*\(|class[ \t]+\w+[ \t]*[(:]|@\w[\w.]*[ \t]*(?:\(|\r?$)"
    rb"|(?:exec|eval|__import__|print)[ \t]*\()",
    re.MULTILINE,
)

#: File names of Python's own.
_SUFFIXES = (".py", ".pyc", ".pyo", ".pyw")


def is_python(name: str, head: bytes) -> bool:
    """Return whether Python would take a file for code, by its name or as compiled code."""
    return name.lower().endswith(_SUFFIXES) or _is_bytecode(head)


def looks_like_python(head: bytes) -> bool:
    """Return whether bytes that are text begin like Python source."""
    return b"\0" not in head and _STATEMENT.search(head) is not None


def _is_bytecode(head: bytes) -> bool:
    """Return whether compiled Python begins here: a version number, CR, LF, and flags that are few."""
    flags = int.from_bytes(head[4:8], "little")
    # Numbers of CPython 3.0 to 3.20 and beyond (`Lib/importlib/_bootstrap_external.py`); the code follows.
    return head[2:4] == b"\r\n" and 3000 <= int.from_bytes(head[:2], "little") < 4500 and flags < 4 and len(head) > 16  # noqa: PLR2004
