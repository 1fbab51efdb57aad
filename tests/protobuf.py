"""Protobuf assembled field by field, and the messages of TensorFlow graphs made of it."""

from __future__ import annotations


def number(value: int) -> bytes:
    """A varint; negative numbers have ten bytes."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(key: int, value: bytes | int) -> bytes:
    """A field of bytes or of a number."""
    if isinstance(value, int):
        return number(key << 3) + number(value)
    return number(key << 3 | 2) + number(len(value)) + value


def text(key: int, value: str) -> bytes:
    return field(key, value.encode())


def attribute(key: str, value: bytes) -> bytes:
    """An entry of the attributes of a node, of which `value` is an AttrValue."""
    return field(5, text(1, key) + field(2, value))


def string(value: bytes | str) -> bytes:
    """An AttrValue that is a string."""
    return field(2, value.encode() if isinstance(value, str) else value)


def tensor(*values: bytes, dtype: int = 7) -> bytes:
    """An AttrValue that is a tensor of strings."""
    return field(8, field(1, dtype) + field(2, b"") + b"".join(field(8, value) for value in values))


def node(name: str, op: str, *inputs: str, attributes: bytes = b"") -> bytes:
    """A NodeDef as a field of a graph."""
    return field(1, _node(name, op, inputs, attributes))


def inner_node(name: str, op: str, *inputs: str, attributes: bytes = b"") -> bytes:
    """A NodeDef as a field of a function."""
    return field(3, _node(name, op, inputs, attributes))


def _node(name: str, op: str, inputs: tuple[str, ...], attributes: bytes) -> bytes:
    return text(1, name) + text(2, op) + b"".join(text(3, given) for given in inputs) + attributes


def const(name: str, *values: bytes) -> bytes:
    return node(name, "Const", attributes=attribute("value", tensor(*values)))


def function(name: str, *nodes: bytes) -> bytes:
    """A FunctionDef as a field of a library."""
    return field(1, field(1, text(1, name)) + b"".join(nodes))


def library(*functions: bytes) -> bytes:
    return field(2, b"".join(functions))


def called(name: str) -> bytes:
    """An attribute that names a function."""
    return attribute("f", field(10, text(1, name)))


def meta_graph(*graph: bytes, rest: bytes = b"") -> bytes:
    """A MetaGraphDef as a field of a SavedModel."""
    return field(2, field(1, text(4, "serve")) + field(2, b"".join(graph)) + rest)


def saved_model(*graph: bytes, rest: bytes = b"") -> bytes:
    return field(1, 1) + meta_graph(*graph, rest=rest)


def entry(key: int, name: str, value: bytes) -> bytes:
    """An entry of a map."""
    return field(key, text(1, name) + field(2, value))


def main_op(name: str) -> bytes:
    return entry(4, "saved_model_main_op", field(1, text(1, name)))


def signature(name: str, output: str) -> bytes:
    return entry(5, name, entry(2, "out", text(1, output)))


def asset(filename: str, tensor_name: str = "path:0") -> bytes:
    return field(6, field(1, text(1, tensor_name)) + text(2, filename))
