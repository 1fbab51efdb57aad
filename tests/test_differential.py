"""The machine against other readers: the real unpicklers with a recording `find_class`, and `pickletools`."""

from __future__ import annotations

import io
import pickle
import pickletools
from collections import OrderedDict, defaultdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assembly import PAYLOAD, named, text
from differences import LOADERS_ACCEPT_LESS, LOADERS_ACCEPT_MORE
from modelaudit import _native, rules

DATA = Path(__file__).parent / "data"
RAW = [path for path in sorted(DATA.iterdir()) if path.suffix in (".pkl", ".pickle")]


def scan(data: bytes) -> _native.PickleScan:
    return _native.scan_pickle(_native.Source.from_bytes(data), _native.Deadline(None))


def reported(data: bytes) -> set[str]:
    return {str(finding.facts["callable"]) for finding in scan(data).findings if "callable" in finding.facts}


class Inert:
    """Stands for everything a stream names: takes part in all operations and does nothing."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __call__(self, *_: Any, **__: Any) -> Inert:
        return Inert()

    def __setstate__(self, _: Any) -> None:
        pass

    def __setitem__(self, _: Any, __: Any) -> None:
        pass

    def append(self, _: Any) -> None:
        pass

    extend = add = append


def loaded_names(data: bytes) -> set[str]:
    """Return all names that the C and the pure Python unpickler ask for; nothing is imported or called."""
    asked: set[str] = set()

    class Recorder:
        def find_class(self, module: str, name: str) -> type[Inert]:
            asked.add(f"{module}.{name}")
            return Inert

        def persistent_load(self, _: Any) -> Inert:
            return Inert()

    class PythonUnpickler(Recorder, pickle._Unpickler):
        pass

    class CUnpickler(Recorder, pickle.Unpickler):
        pass

    # The C machine allocates its memo by the index of a PUT: not with indices a test made up.
    unpicklers: list[Any] = [PythonUnpickler] if b"r" in data or b"p" in data else [PythonUnpickler, CUnpickler]
    for unpickler in unpicklers:
        try:
            unpickler(io.BytesIO(data)).load()
        except Exception:  # noqa: S112 - any failure ends this reading; what was asked for before counts
            continue
    return asked


@pytest.mark.parametrize("path", RAW, ids=lambda path: str(path.name))
def test_honest_files_are_read_opcode_by_opcode_like_pickletools(path: Path) -> None:
    data = path.read_bytes()
    expected, position = 0, 0
    while position < len(data):
        stream = io.BytesIO(data[position:])
        expected += sum(1 for _ in pickletools.genops(stream))
        position += stream.tell()
    assert scan(data).opcodes == expected


@pytest.mark.parametrize("path", RAW, ids=lambda path: str(path.name))
def test_every_name_that_loading_asks_for_is_judged(path: Path) -> None:
    data = path.read_bytes()
    for full_name in loaded_names(data):
        module, _, name = full_name.rpartition(".")
        # A stream that only refers to it: what is known of it decides whether it is reported.
        alone = reported(b"\x80\x04" + text(module) + text(name) + b"\x93.")
        assert alone <= {full_name}
        assert alone <= reported(data)


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


@settings(max_examples=400, deadline=None)
@given(PLAIN, st.integers(0, 5))
def test_plain_data_of_all_protocols_is_silent_and_whole(value: object, protocol: int) -> None:
    data = pickle.dumps(value, protocol)
    result = scan(data)
    assert result.findings == []
    assert result.complete
    assert result.opcodes == sum(1 for _ in pickletools.genops(data))
    assert _native.sniff_pickle(_native.Source.from_bytes(data)) or len(data) < 4


PIECES = st.sampled_from(
    [bytes([code]) for code in b"(.0129JKMNRQabd}eh]l)uosqt\x81\x82\x85\x86\x87\x88\x8f\x90\x91\x92\x93\x94"]
    + [b"I1\n", b"Vmod\n", b"S'name'\n", b"g0\n", b"q\x00", b"h\x00", b"h\x01", b"K\x01", b"C\x02xy", b"Ppid\n"]
    + [b"cmod\nname\n", b"imod\nother\n", b"\x80\x02", b"\x80\x04", text("mod"), text("third"), text("a.b")]
    + [named("mod", "fourth")]
)


@settings(max_examples=3_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PIECES, max_size=40))
def test_no_name_that_a_loader_asks_for_is_missed(pieces: list[bytes]) -> None:
    data = b"".join(pieces) + b"."
    asked = {name for name in loaded_names(data) if name.startswith("mod.")}
    if not any(finding.rule == "PKL204" for finding in scan(data).findings):
        assert asked <= reported(data)


@settings(max_examples=1_500, deadline=None)
@given(PLAIN, st.integers(0, 5), st.integers(0, 10_000), st.integers(0, 255))
def test_a_changed_byte_hides_no_name(value: object, protocol: int, place: int, byte: int) -> None:
    data = bytearray(pickle.dumps([value, "tail"], protocol)[:-1] + b"0" + PAYLOAD + b".")
    data[place % len(data)] = byte
    changed = bytes(data)
    dangerous = {name for name in loaded_names(changed) if name == "posix.system"}
    assert dangerous <= reported(changed)


@pytest.mark.parametrize("name", LOADERS_ACCEPT_MORE)
def test_streams_that_only_loaders_read_are_read(name: str) -> None:
    result = scan(LOADERS_ACCEPT_MORE[name])
    assert (result.streams, result.complete) == (1, True)


@pytest.mark.parametrize("name", LOADERS_ACCEPT_LESS)
def test_streams_that_no_loader_reads_are_broken(name: str) -> None:
    data = LOADERS_ACCEPT_LESS[name]
    assert sum(1 for _ in pickletools.genops(data)) > 0
    assert "PKL201" in {finding.rule for finding in scan(data).findings}


def test_every_rule_of_the_core_is_in_the_catalogue() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (DATA.parent.parent / "rust" / "src").rglob("*.rs"))
    import re

    for code in set(re.findall(r'"((?:BLK|BST|CMP|ENG|JOB|NPY|PKL|PTH|SKO|TAR|ZIP)\d{3})"', source)):
        assert rules.rule(code).code == code
