"""ONNX models assembled field by field, without protobuf."""

from __future__ import annotations


def number(value: int) -> bytes:
    """A varint; negative numbers as protobuf writes them."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def field(index: int, value: bytes | str | int) -> bytes:
    """A field of a message."""
    if isinstance(value, int):
        return number(index << 3) + number(value)
    data = value.encode() if isinstance(value, str) else value
    return number(index << 3 | 2) + number(len(data)) + data


def entry(key: str, value: str) -> bytes:
    """A name and a text."""
    return field(1, key) + field(2, value)


def tensor(name: str = "w", dims: tuple[int, ...] = (2,), dtype: int = 1, raw: bytes | None = None) -> bytes:
    """A tensor, with data in it if it is given."""
    out = b"".join(field(1, dim) for dim in dims) + field(2, dtype) + field(8, name)
    return out if raw is None else out + field(9, raw)


def external(**entries: str) -> bytes:
    """A tensor of two numbers whose data is elsewhere."""
    return tensor() + b"".join(field(13, entry(key, value)) for key, value in entries.items()) + field(14, 1)


def node(op: str, domain: str = "", *attributes: bytes) -> bytes:
    """An operator."""
    out = field(1, "x") + field(2, "y") + field(4, op) + b"".join(field(5, attribute) for attribute in attributes)
    return out + (field(7, domain) if domain else b"")


def graph(*nodes: bytes, initializers: tuple[bytes, ...] = ()) -> bytes:
    """A graph."""
    out = b"".join(field(1, each) for each in nodes) + field(2, "main")
    return out + b"".join(field(5, each) for each in initializers) + field(11, field(1, "x")) + field(12, field(1, "y"))


def function(name: str, domain: str, *nodes: bytes) -> bytes:
    """A function that the model defines."""
    body = b"".join(field(7, each) for each in nodes)
    return (
        field(1, name)
        + field(4, "x")
        + field(5, "y")
        + body
        + field(9, field(1, "") + field(2, 18))
        + field(10, domain)
    )


def model(main: bytes, *more: bytes, version: int | None = 8) -> bytes:
    """A model around a graph, with further fields behind it."""
    front = b"" if version is None else field(1, version)
    front += field(2, "pytorch") + field(3, "2.1.0") + field(7, main) + field(8, field(1, "") + field(2, 18))
    return front + b"".join(more)


def honest() -> bytes:
    """A small model as exporters write it: a weight, a branch, a function, metadata."""
    branch = field(1, "then_branch") + field(6, graph(node("Relu"))) + field(20, 5)
    weight = tensor(dims=(2, 2), raw=bytes(16))
    main = graph(
        node("MatMul"), node("If", "", branch), node("Linear", "pkg.onnxscript.torch_lib"),
        node("Gelu", "com.microsoft"), node("TreeEnsembleClassifier", "ai.onnx.ml"), initializers=(weight,),
    )  # fmt: skip
    return model(
        main,
        field(8, field(1, "pkg.onnxscript.torch_lib") + field(2, 1)),
        field(14, entry("author", "somebody")),
        field(25, function("Linear", "pkg.onnxscript.torch_lib", node("MatMul"), node("Add"))),
    )
