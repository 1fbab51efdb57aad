"""Where the machine means to differ from `pickletools.genops`, each with the reason."""

from __future__ import annotations

#: Streams that some loader runs and genops refuses or reads otherwise.
LOADERS_ACCEPT_MORE = {
    "hexadecimal INT": b"I0x10\n.",
    "underscores in INT": b"I1_0\n.",
    "INT with blanks": b"I 7 \n.",
    "non-ASCII GLOBAL": "cmöd\nnäme\n.".encode(),
    "blanks after STRING": b"S'x'  \n.",
}

#: Streams that genops reads to the end and no loader does.
LOADERS_ACCEPT_LESS = {
    "protocol 9": b"\x80\x09N.",
    "memo entry never stored": b"h\x05.",
    "REDUCE of a number": b"K\x01)R.",
    "STOP on an empty stack": b".",
}
