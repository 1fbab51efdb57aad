"""Marshalled code is read as Python itself reads it, in the layouts of all versions, and damage is an error of ours."""

from __future__ import annotations

import marshal
import random
import struct
from types import CodeType
from typing import Any

import pytest

from modelaudit import marshal_code

SOURCES = [
    "lambda x: x * 2.0",
    "lambda x, y=3, *a, k=4, **m: (x, y, a, k, m)",
    "lambda x: [K.abs(v) for v in x if v > 1j]",
    "lambda x: (lambda y: x + y)(10 ** 30)",
    "lambda x: x in {'ä', 'b', '\\ud800'} and x[1:2, ..., None] or b'bytes'",
    "lambda: __import__('os').system('echo pwned')",
]


def compiled(source: str) -> CodeType:
    constants = compile(source, "<string>", "eval").co_consts
    [code] = [value for value in constants if isinstance(value, CodeType)]
    return code


def names_of(code: CodeType) -> set[str]:
    inner = [names_of(value) for value in code.co_consts if isinstance(value, CodeType)]
    return set(code.co_names).union(*inner)


def names_read(code: marshal_code.Code) -> set[str]:
    inner = [names_read(value) for value in code.constants if isinstance(value, marshal_code.Code)]
    return set(code.names).union(*inner)


@pytest.mark.parametrize("version", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("source", SOURCES)
def test_code_of_this_python_is_read_as_it_is(source: str, version: int) -> None:
    code = compiled(source)
    [found] = marshal_code.parse(marshal.dumps(code, version))
    assert found.name == code.co_name
    assert found.filename == code.co_filename
    assert found.names == code.co_names
    assert found.code == code.co_code
    assert set(found.variables) == {*code.co_varnames, *code.co_freevars, *code.co_cellvars}
    assert len(found.constants) == len(code.co_consts)
    assert names_read(found) == names_of(code)


def number(value: int) -> bytes:
    return struct.pack("<i", value)


def data(value: bytes) -> bytes:
    return b"s" + number(len(value)) + value


def short(value: str) -> bytes:
    return b"z" + bytes([len(value)]) + value.encode()


def several(*values: bytes) -> bytes:
    return b"(" + number(len(values)) + b"".join(values)


def old_code(count: int, names: bytes, name: bytes, filename: bytes) -> bytes:
    """Return a code object with so many numbers in front, as versions before 3.11 lay it out."""
    values = [data(b"d\0S\0"), several(b"N"), names, several(), several(), several(), filename, name]
    return b"c" + number(1) * count + b"".join(values) + number(1) + data(b"")


@pytest.mark.parametrize(("version", "count"), [("2.7", 4), ("3.7", 5), ("3.10", 6)])
def test_code_of_older_versions_is_read(version: str, count: int) -> None:
    if version == "2.7":
        # An interned text, and references to it by number.
        made = old_code(count, several(b"t" + number(6) + b"system"), b"R" + number(0), data(b"<stdin>"))
    else:
        made = old_code(count, several(short("system")), short("system"), short("<stdin>"))
    [found] = marshal_code.parse(made)
    assert (found.names, found.name, found.filename) == (("system",), "system", "<stdin>")


def test_bytes_behind_the_code_are_no_error_as_python_ignores_them() -> None:
    [found] = marshal_code.parse(marshal.dumps(compiled(SOURCES[0])) + b"more")
    assert found.name == "<lambda>"


@pytest.mark.parametrize(
    "made",
    [
        b"",
        b"N",
        b"c",
        b"c" + number(1) * 6 + b"r" + number(5),
        b"c" + number(1) * 6 + b"s" + number(-1),
        b"c" + number(1) * 6 + b"(" + number(0x7FFFFFFF),
        b"c" + number(1) * 6 + b"l" + number(-0x80000000),
        b"c" + number(1) * 6 + b"\xa8\x01" * 10_000,
        b"c" + number(1) * 6 + b")\x01" * 100_000,
        b"c" + number(1) * 6 + b"?",
    ],
)
def test_what_is_no_code_is_an_error(made: bytes) -> None:
    with pytest.raises(marshal_code.MalformedError):
        marshal_code.parse(made)


def test_a_value_that_holds_itself_ends() -> None:
    # A tuple that refers to itself is no code, and no reason to walk in circles.
    values: list[Any] = [data(b""), b"\xa9\x01r" + number(0), several(), several(), several(), several(), short("a")]
    with pytest.raises(marshal_code.MalformedError):
        marshal_code.parse(b"c" + number(0) * 5 + b"".join(values) + b"N" + number(1) + data(b""))


def test_damage_is_an_error_or_other_code() -> None:
    whole = marshal.dumps(compiled(SOURCES[3]))
    for length in range(len(whole)):
        with pytest.raises(marshal_code.MalformedError):
            marshal_code.parse(whole[:length])
    generator = random.Random(5)
    for _ in range(3000):
        damaged = bytearray(whole)
        for _ in range(generator.randint(1, 3)):
            damaged[generator.randrange(len(damaged))] = generator.randrange(256)
        try:
            assert marshal_code.parse(bytes(damaged))
        except marshal_code.MalformedError:
            continue
