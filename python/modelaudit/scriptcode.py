"""TorchScript source: which operators and classes it names, by its words alone; nothing is compiled or run.

Source: torch, `jit/serialization/import_source.cpp`: in stored code `torch` is the namespace of the operators `aten`,
`ops` has all others, `__torch__` the classes of the archive, and below `__torch__.torch.classes` those of C++
libraries. An operator is reached by its name as an attribute of any of them, of a name that one of them was assigned
to, or of any value that it takes as its first argument, and by `getattr` with a constant.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from re import Match

#: Strings and comments. A string that is not triple-quoted ends with its line.
_QUOTED = re.compile(
    r'"""[\s\S]*?(?:"""|\Z)|\'\'\'[\s\S]*?(?:\'\'\'|\Z)|"(?:\\[\s\S]|[^"\\\n])*"?|\'(?:\\[\s\S]|[^\'\\\n])*\'?|#[^\n]*'
)

#: Operators that write files: of torch, torchvision and torchaudio.
_WRITES = frozenset({"save", "write_file", "sox_io_save_audio_file", "save_audio_file"})

#: Operators that read files.
_READS = frozenset({"from_file", "read_file", "read_video_from_file", "probe_video_from_file", "load_audio_file"})

#: Namespaces of operators that compute and nothing else, besides those named above.
_NAMESPACES = frozenset(
    {
        "_quantized", "aten", "cuda", "fbgemm", "image", "inductor", "mkldnn", "mkldnn_prepacked", "onednn",
        "prepacked", "prim", "prims", "profiler", "quantized", "quantized_decomposed", "rnn", "sparse",
        "static_runtime", "torchvision", "xnnpack",
    }
)  # fmt: skip

_DOT = r"[\s\\]*\.[\s\\]*"
_ATTRIBUTE = re.compile(rf"\.[\s\\]*({'|'.join(sorted(_WRITES | _READS))})\b")
_OPERATOR = re.compile(rf"(?<![\w.])ops{_DOT}(\w+){_DOT}(\w+)")
_CLASS = re.compile(rf"(?<![\w.])__torch__{_DOT}torch{_DOT}classes{_DOT}(\w+)(?:{_DOT}(\w+))?")
#: A namespace as a value, to be asked for operators under another name. A colon follows where an attribute is declared
#: that has this name; variables never have it (`reserved_names` in `jit/serialization/python_print.cpp`).
_VALUE = re.compile(r"(?<![\w.])(ops|torch)\b(?![\s\\]*[.:])")
_NAME = re.compile(r"(\w+)::(\w+)")
_WRITTEN = re.compile(r"X([\s\S])\0\0\0")
_SETSTATE = re.compile(r"\bdef[\s\\]+__setstate__\b")

#: What TorchScript does not have but Python does. Old files import the archive's own modules.
_PYTHON = re.compile(
    r"^[ \t]*((?:import|from)[ \t]+(?!__torch__)[.\w]|async[ \t]|try[ \t]*:|global[ \t])"
    r"|(?<![\w.])((?:exec|eval|__import__|open)[ \t]*\(|lambda\b)",
    re.MULTILINE,
)


#: Unknown names of one source that are kept: more say nothing new.
_UNKNOWN = 100


class Code(NamedTuple):
    """What a piece of stored code names, each with the place where it does so first."""

    #: Operators that write files.
    writes: dict[str, int]
    #: Operators that read files.
    reads: dict[str, int]
    #: Operators and classes that torch and its libraries do not have.
    unknown: dict[str, int]
    #: Where something stands that makes it Python; None if it may be TorchScript.
    python: int | None
    #: Where a method begins that runs when the model is loaded.
    setstate: int | None


def look(text: str) -> Code:
    """Return what a piece of stored code names."""
    constants: dict[str, int] = {}
    blanks: dict[int, str] = {}

    def blank(quoted: Match[str]) -> str:
        content = quoted.group().strip("\"'")
        if content in _WRITES or content in _READS:
            constants.setdefault(content, quoted.start())
        length = quoted.end() - quoted.start()
        # A string is a value, a comment is nothing. Of equal length, so that places stay, and one object for each.
        key = -length if quoted.group()[0] == "#" else length
        return blanks.setdefault(key, " " * length if key < 0 else '"' * length)

    bare = _QUOTED.sub(blank, text)
    code = Code({}, {}, {}, _first(_PYTHON, bare), _first(_SETSTATE, bare))
    named = constants if "getattr" in bare else {}
    for match in _ATTRIBUTE.finditer(bare):
        named.setdefault(match.group(1), match.start(1))
    for name, place in named.items():
        (code.writes if name in _WRITES else code.reads)[name] = place
    for name, place in _unknown(bare):
        if name.rpartition(":")[2] not in named and len(code.unknown) < _UNKNOWN:
            code.unknown.setdefault(name, place)
    return code


def look_at_bytecode(text: str) -> Code:
    """Return what compiled code names: a pickle, in which each operator is written out as `namespace::name`.

    TorchScript's unpickler knows one opcode for text, BINUNICODE with its length in four bytes.
    """
    code = Code({}, {}, {}, None, None)
    for written in _WRITTEN.finditer(text):
        match = _NAME.fullmatch(text, written.end(), written.end() + ord(written.group(1)))
        if match is None:
            continue
        namespace, name = match.groups()
        if name in _WRITES or name in _READS:
            (code.writes if name in _WRITES else code.reads).setdefault(name, match.start())
        elif namespace not in _NAMESPACES and len(code.unknown) < _UNKNOWN:
            code.unknown.setdefault(match.group(), match.start())
    return code


def _unknown(bare: str) -> Iterator[tuple[str, int]]:
    """Yield what torch does not have, and the namespaces themselves where they are used as values."""
    for match in _OPERATOR.finditer(bare):
        if match.group(1) not in _NAMESPACES:
            yield f"{match.group(1)}::{match.group(2)}", match.start()
    for match in _CLASS.finditer(bare):
        # Before torch 1.6 the classes of quantised layers had no namespace.
        if match.group(1) not in _NAMESPACES and not (match.group(2) is None and "Packed" in match.group(1)):
            yield ".".join(filter(None, match.groups())), match.start()
    for match in _VALUE.finditer(bare):
        yield f"an attribute of {match.group(1)} by another name", match.start()


def _first(pattern: re.Pattern[str], text: str) -> int | None:
    found = pattern.search(text)
    return None if found is None else found.start()
