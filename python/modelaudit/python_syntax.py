"""From Python source to its syntax tree, as far as parsing it is safe: nothing is compiled or run."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings

#: Bytes of one source that are parsed: a program of 12,000 lines. Its tree takes a hundred times as much.
LONGEST = 512 << 10

#: Brackets inside each other: Python's own tokenizer takes 200.
_BRACKETS = 90

#: Operators, brackets and keywords between two commas or line ends, and branches of one condition. Parsers recurse for
#: each of them, and those of Python 3.9 and 3.10 end the process at some ten thousand.
_NESTED = 500

_STEP = re.compile(r"[\n,]|[-+*/%@&|^~<>=!.(\[{:]|\b(?:not|if|else|lambda|await|and|or|in|is|for|elif)\b")

#: Encodings in which a parser and a look at the text see the same.
_ENCODINGS = ("utf-8", "utf-8-sig", "ascii", "us-ascii", "latin-1", "iso-8859-1", "cp1252")


class NotParsedError(Exception):
    """The source is none that this version of Python understands, or too much of it."""


def parse(source: bytes) -> ast.Module:
    """Return the syntax tree of source. Raises `NotParsedError`."""
    if len(source) > LONGEST:
        raise NotParsedError
    try:
        encoding = tokenize.detect_encoding(io.BytesIO(source).readline)[0]
        if encoding.lower() not in _ENCODINGS:
            raise NotParsedError
        text = source.decode(encoding)
        if _is_deep(text):
            raise NotParsedError
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise NotParsedError from None


def _is_deep(text: str) -> bool:
    """Return whether something may be nested too deeply to be parsed."""
    run = 0
    for step in _STEP.finditer(text):
        run = 0 if step.group() in "\n," else run + 1
        if run > _NESTED:
            return True
    depth = deepest = 0
    for bracket in re.findall(r"[()\[\]{}]", text):
        depth += 1 if bracket in "([{" else -1
        deepest = max(deepest, depth)
    return deepest > _BRACKETS or text.count("elif") > _NESTED or text.count("\\\n") > _NESTED
