"""The machine against other readers: the real unpicklers with a recording `find_class`, and `pickletools`."""

from __future__ import annotations

import argparse
import bz2
import datetime
import enum
import functools
import gzip
import io
import pickle
import pickletools
import re
from collections import Counter, OrderedDict, defaultdict, deque
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assembly import PAYLOAD, named, text
from differences import LOADERS_ACCEPT_LESS, LOADERS_ACCEPT_MORE, LOADERS_DIFFER
from loaders import EXTENSION, EXTENSION_NAME, Name, names_asked, streams_asked
from modelaudit import _native, rules
from rulecodes import CODE

DATA = Path(__file__).parent / "data"
RAW = [path for path in sorted(DATA.iterdir()) if path.suffix in (".pkl", ".pickle")]

#: The streams of all fixtures, out of their compression.
FIXTURES = {path.name: path.read_bytes() for path in RAW} | {
    path.name: (gzip if path.suffix == ".gz" else bz2).decompress(path.read_bytes())
    for path in sorted(DATA.iterdir())
    if path.suffix in (".gz", ".bz2")
}


def scan(data: bytes) -> _native.PickleScan:
    return _native.scan_pickle(_native.Source.from_bytes(data), _native.Deadline(None))


@functools.lru_cache(maxsize=10_000)
def is_safe(name: Name) -> bool:
    """Whether a stream that only refers to the callable is silent about it."""
    module, qualified = (part.encode("utf-8", "surrogatepass") for part in name)
    long_text = [b"X" + len(part).to_bytes(4, "little") + part for part in (module, qualified)]
    return not scan(b"\x80\x04" + b"".join(long_text) + b"\x93.").findings


#: With one of these the scanner says itself that names may be missing, and nothing but this counts. PKL161, critical:
#: before CPython 3.13.15 the C machine drops the rest of a frame that an opcode crosses, and reads other names than
#: those that stand there (issue 154848). PKL204: the analysis ended at a limit.
UNREADABLE = {"PKL161", "PKL204"}


def missed(data: bytes, asked: set[Name]) -> set[Name]:
    """Return the callables that a loader asks for, the tables do not call safe and the scanner is silent about."""
    scanned = scan(data)
    findings = scanned.findings
    if any(finding.rule in UNREADABLE for finding in findings):
        return set()
    found = {
        (str(finding.details["module"]), str(finding.details["function"]))
        for finding in findings
        if "function" in finding.details
    }
    if any(finding.rule == "PKL151" and finding.facts["code"] == EXTENSION for finding in findings):
        found.add(EXTENSION_NAME)
    # At the end of data that is said to be cut, the Python reader imports what may be any text as a module and asks it
    # for the attribute without a name; the machine says so of dangerous modules only.
    cut = {(module, name) for module, name in asked if not name and not scanned.complete}
    harmless = {name for name in cut if _native.judge(*name).verdict != "dangerous"}
    return {name for name in asked - found - harmless if not is_safe(name)}


@pytest.mark.parametrize("path", RAW, ids=lambda path: str(path.name))
def test_honest_files_are_read_opcode_by_opcode_like_pickletools(path: Path) -> None:
    data = path.read_bytes()
    expected, position = 0, 0
    while position < len(data):
        stream = io.BytesIO(data[position:])
        expected += sum(1 for _ in pickletools.genops(stream))
        position += stream.tell()
    assert scan(data).opcodes == expected


@pytest.mark.parametrize("name", FIXTURES)
def test_every_name_that_loading_a_fixture_asks_for_is_judged(name: str) -> None:
    data = FIXTURES[name]
    assert missed(data, names_asked(data) | streams_asked(data)) == set()


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=20)
    | st.complex_numbers(),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(max_size=5), inner, max_size=5)
        | st.tuples(inner, inner)
        | st.frozensets(st.integers(), max_size=5)
        | st.builds(OrderedDict, st.lists(st.tuples(st.text(max_size=3), inner), max_size=3))
        | st.builds(lambda pairs: defaultdict(list, pairs), st.lists(st.tuples(st.integers(), inner), max_size=3))
    ),
    max_leaves=30,
)

seeded = functools.partial(
    settings, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@seeded(max_examples=200)
@given(PLAIN, st.integers(0, 5))
def test_plain_data_of_all_protocols_is_silent_and_whole(value: object, protocol: int) -> None:
    data = pickle.dumps(value, protocol)
    result = scan(data)
    assert result.findings == []
    assert result.complete
    assert result.opcodes == sum(1 for _ in pickletools.genops(data))
    assert _native.sniff_pickle(_native.Source.from_bytes(data)) or len(data) < 4


class Colour(enum.Enum):
    RED = 1


SINGLE = [Colour.RED, slice(1, 2), re.compile("a+"), ValueError("x"), PurePosixPath("a/b"), len, dict.fromkeys]

#: Objects of which pickles name the classes and functions that rebuild them.
RICH = st.recursive(
    st.dates()
    | st.datetimes(timezones=st.just(datetime.timezone.utc))
    | st.timedeltas()
    | st.decimals()
    | st.fractions()
    | st.uuids()
    | st.builds(range, st.integers(-9, 9))
    | st.sampled_from(SINGLE),
    lambda inner: (
        st.builds(Counter, st.text(max_size=5))
        | st.builds(deque, st.lists(inner, max_size=3))
        | st.builds(functools.partial, st.just(divmod), inner)
        | st.builds(lambda value: argparse.Namespace(value=value), inner)
        | st.builds(lambda value: bytearray(str(value).encode()), inner)
        | st.lists(inner, max_size=3)
    ),
    max_leaves=6,
)


@seeded(max_examples=200)
@given(RICH, st.integers(0, 5))
def test_every_name_in_pickles_of_real_objects_is_judged(value: object, protocol: int) -> None:
    try:
        data = pickle.dumps(value, protocol)
    except (TypeError, pickle.PicklingError):  # slices and methods need a newer protocol
        return
    assert missed(data, names_asked(data)) == set()
    result = scan(data)
    assert result.complete
    assert result.opcodes == sum(1 for _ in pickletools.genops(data))


SIMPLE = [
    bytes([code]) for code in b"(.0129JKMNRQabd}eh]l)uosqt\x81\x82\x85\x86\x87\x88\x89\x8f\x90\x91\x92\x93\x94\x98"
]
CONSTANTS = [
    b"I1\n",
    b"Vmod\n",
    b"V\\u006dod\n",
    b"S'name'\n",
    b'S"na\\x6de"\n',
    b"U\x03mod",
    b"T\x04\0\0\0name",
    b"Ppid\n",
]
NUMBERS = [b"K\x01", b"C\x02xy", b"L12L\n", b"F1.5\n", b"G?\xf0\0\0\0\0\0\0", b"\x8a\x01\x05", b"I01\n", b"I0x10\n"]
PUTS = [b"p0\n", b"p 1 \n", b"p0x2\n", b"q\x00", b"q\x01", b"q\x07", b"r\x02\0\0\0", b"\x94", b"\x94"]
GETS = [b"g0\n", b"g 1 \n", b"g0x2\n", b"h\x00", b"h\x01", b"h\x02", b"h\x07", b"j\x02\0\0\0", b"2", b"0", b"1"]
LINES = [b"cmod\nname\n", b"cmod\na.b\n", b"imod\nother\n", "cmöd\nnäme\n".encode(), b"c__builtin__\neval\n"]
TEXTS = [text("mod"), text("third"), text("a.b"), text("posix"), text("system"), b"\x8c\x03mod2\x94"]
GLOBALS = [named("mod", "fourth"), named("posix", "system"), named("collections", "OrderedDict")]
PROTOCOLS = [b"\x80\x02", b"\x80\x04", b"\x80\x00"]
EXTENSIONS = [
    b"\x82" + bytes([EXTENSION]),
    b"\x83" + bytes([EXTENSION, 0]),
    b"\x84" + bytes([EXTENSION, 0, 0, 0]),
]
CALLS = [b"N)R", b"cmod\nfactory\n)R", b"(cmod\nobject\no", b"cmod\nCls\n)\x81}b", b"(\x8c\x03pid\x91Q"]
FRAMES = [b"\x95\x08\0\0\0\0\0\0\0", b"\x95\x02\0\0\0\0\0\0\0NN", b"\x96\x02\0\0\0\0\0\0\0ab", b"\x97"]

#: Pieces of which streams are put together: many of them whole operations, so that a stream gets somewhere.
PIECES = st.sampled_from(
    [
        *(*SIMPLE, *CONSTANTS, *NUMBERS, *PUTS, *GETS, *LINES, *TEXTS),
        *(*GLOBALS, *PROTOCOLS, *EXTENSIONS, *CALLS, *FRAMES),
    ]
)


@seeded(max_examples=1_500)
@given(st.lists(PIECES, max_size=40))
def test_no_name_that_a_loader_asks_for_is_missed(pieces: list[bytes]) -> None:
    data = b"".join(pieces) + b"."
    assert missed(data, names_asked(data)) == set()


@seeded(max_examples=400)
@given(st.lists(PIECES, max_size=15), st.lists(PIECES, max_size=15), st.sampled_from([b".", b".\0\0", b"."]))
def test_no_name_in_a_later_stream_is_missed(first: list[bytes], second: list[bytes], between: bytes) -> None:
    data = b"".join(first) + between + b"\x80\x04" + b"".join(second) + b"."
    assert missed(data, streams_asked(data)) == set()


#: What mutations start from: honest streams, and streams with a payload in the middle.
PARENTS = [data for data in FIXTURES.values() if len(data) < 20_000]
HOSTILE = [
    b"\x80\x04" + text("before") + b"0" + PAYLOAD + b"0N.",
    pickle.dumps([{"a": [1, 2.5, "x"] * 3}, b"bytes"], 4)[:-1]
    + b"0"
    + named("posix", "system")
    + text("id")
    + b"\x85R.",
    b"(lp0\nVtext\np1\na(iposix\nsystem\np2\na.",
    b"\x80\x04" + text("posix") + b"\x940" + text("system") + b"\x940h\x00h\x01\x93" + text("id") + b"\x85R.",
]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A parent with some bytes changed, a piece of another one put in, or its end cut off."""
    parents = st.sampled_from(PARENTS + HOSTILE * 4)
    data = bytearray(draw(parents))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(data) - 1))
        kind = draw(st.sampled_from(["flip", "set", "splice", "payload", "remove"]))
        if kind == "flip":
            data[place] ^= 1 << draw(st.integers(0, 7))
        elif kind == "set":
            data[place] = draw(st.integers(0, 255))
        elif kind == "splice":
            other = draw(parents)
            start = draw(st.integers(0, len(other) - 1))
            data[place:place] = other[start : start + draw(st.integers(1, 60))]
        elif kind == "payload":
            data[place:place] = PAYLOAD + b"0"
        else:
            del data[place : place + draw(st.integers(1, 20))]
        if not data:
            break
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data)


@seeded(max_examples=1_200)
@given(mutated())
def test_no_name_in_a_changed_stream_is_missed(data: bytes) -> None:
    assert missed(data, names_asked(data)) == set()


@pytest.mark.parametrize("name", LOADERS_ACCEPT_MORE)
def test_streams_that_only_loaders_read_are_read(name: str) -> None:
    result = scan(LOADERS_ACCEPT_MORE[name])
    assert (result.streams, result.complete) == (1, True)


@pytest.mark.parametrize("name", LOADERS_ACCEPT_LESS)
def test_streams_that_no_loader_reads_are_broken(name: str) -> None:
    data = LOADERS_ACCEPT_LESS[name]
    assert sum(1 for _ in pickletools.genops(data)) > 0
    assert "PKL201" in {finding.rule for finding in scan(data).findings}


@pytest.mark.parametrize("name", LOADERS_DIFFER)
def test_what_stands_behind_something_that_loaders_read_differently_is_read(name: str) -> None:
    data = LOADERS_DIFFER[name] + PAYLOAD + b"."
    asked = names_asked(data)
    assert ("posix", "system") in asked, "one loader gets there"
    assert missed(data, asked) == set()


def test_every_rule_of_the_core_is_in_the_catalogue() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (DATA.parent.parent / "rust" / "src").rglob("*.rs"))
    for code in set(CODE.findall(source)):
        assert rules.rule(code).code == code
