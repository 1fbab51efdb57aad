"""Where the machine means to differ from `pickletools.genops`, each with the reason.

The machine follows what loaders do: `_pickle` and `pickle.py` of CPython, torch's and joblib's readers, which are the
Python one. Where they differ from each other it takes what any of them takes. `pickletools` is a description for
people; it is stricter in some places and laxer in others.
"""

from __future__ import annotations

#: Streams that some loader runs to their STOP and genops refuses or reads otherwise.
LOADERS_ACCEPT_MORE = {
    # int(text, 0) in Python before 3.15, strtol with base 0 in C.
    "hexadecimal INT": b"I0x10\n.",
    "octal INT": b"I0o17\n.",
    "binary LONG": b"L0b101L\n.",
    "underscores in INT": b"I1_0\n.",
    "INT with blanks": b"I 7 \n.",
    "INT with a plus sign": b"I+1\n.",
    "hexadecimal GET and PUT": b"Np0x1\n0g 1 \n.",
    # genops joins module and name by a blank and decodes ASCII; loaders read two lines of UTF-8.
    "non-ASCII GLOBAL": "cmöd\nnäme\n.".encode(),
    "blanks in GLOBAL": b"ca b\nc d\n.",
    "carriage return in GLOBAL": b"cmod\r\nname\r\n.",
    "non-ASCII PERSID in the lax Python reader": b"Pid\n.",
    # strip() in the Python reader, trailing white space in the C one.
    "blanks after STRING": b"S'x'  \n.",
    # PyFloat_FromString and float() take all of these.
    "underscores in FLOAT": b"F1_0.5\n.",
    "infinite FLOAT": b"Finf\n.",
    # What is left on the stack or open at STOP bothers only `pickletools.dis`.
    "values left at STOP": b"K\x01K\x02.",
    "an open mark at STOP": b"(K\x01.",
    "a memo entry that is stored again": b"K\x01q\x00K\x02q\x00h\x00.",
    "POP of a mark": b"N(0.",
    # PROTO may stand anywhere and more than once.
    "PROTO in the middle": b"N\x80\x04\x80\x020N.",
    # Unsigned in C, negative for genops and the Python reader; neither length is there, so the stream is cut off.
}

#: Streams that genops reads to the end and no loader does.
LOADERS_ACCEPT_LESS = {
    "protocol 9": b"\x80\x09N.",
    "memo entry never stored": b"h\x05.",
    "REDUCE of a number": b"K\x01)R.",
    "REDUCE on an empty stack": b"R.",
    "STOP on an empty stack": b".",
    "STOP right behind a mark": b"(.",
    "TUPLE without a mark": b"K\x01t.",
    "STACK_GLOBAL of numbers": b"\x80\x04K\x01K\x02\x93.",
    "BUILD of nothing": b"b.",
    "a key without a value": b"}(K\x01u.",
    "APPEND on an empty stack": b"K\x01a.",
}

#: Beginnings that one loader reads on after and another one refuses: what stands behind them counts.
LOADERS_DIFFER = {
    "REDUCE with a list of arguments: Python only": b"cmod\nf\n]R0",
    "REDUCE with a text of arguments: Python only": b"\x80\x04cmod\nf\n\x8c\x02abR0",
    "REDUCE with a dict of arguments: Python only": b"cmod\nf\n}R0",
    "NEWOBJ of a function: Python only": b"\x80\x02cmod\nf\n)\x810",
    "APPEND calls extend in C and append in Python": b"cmod\nf\n)RK\x01a0",
    "APPENDS to an object": b"cmod\nf\n)R(K\x01K\x02e0",
    "ADDITEMS to an object": b"\x80\x04cmod\nf\n)R(K\x01\x900",
    "SETITEM on an object": b"cmod\nf\n)RK\x01K\x02s0",
    "BUILD of any state": b"cmod\nf\n)RK\x01b0",
    "OBJ of a class alone": b"(cmod\nC\no0",
    "a dotted name before PROTO 4": b"cmod\na.b\n0",
    "a text that ASCII cannot hold": b"U\x02\xc3\xa90",
    "a memo of marks: POP takes the mark": b"(0",
    "GET with blanks": b"Np 3 \n0g 3 \n0",
    "an empty FRAME": b"\x80\x04\x95\0\0\0\0\0\0\0\0",
    "a FLOAT with blanks": b"F 1.5 \n0",
    "a LONG without its L": b"L7\n0",
    "an empty LONG1": b"\x80\x02\x8a\x000",
}
