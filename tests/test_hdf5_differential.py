"""HDF5 files of all kinds that h5py writes: the reader of the core lists what h5py lists."""

from __future__ import annotations

import io
from typing import Any

import h5py
import numpy as np
import pytest

from modelaudit import _native

#: The oldest and the newest forms of the format, and those between.
VERSIONS = [
    ("earliest", "v108"),
    ("earliest", "latest"),
    ("v108", "v108"),
    ("v110", "v110"),
    ("v112", "v112"),
    "latest",
]


def native(data: bytes) -> _native.Hdf5Scan:
    return _native.scan_hdf5(_native.Source.from_bytes(data), _native.Deadline(60))


def text_of(value: Any) -> list[bytes]:
    """What an attribute or a dataset of text holds, as bytes without padding."""
    flat = np.asarray(value, dtype=object).reshape(-1)
    return [item.encode() if isinstance(item, str) else bytes(item).rstrip(b"\0") for item in flat]


def listed_by_h5py(data: bytes) -> tuple[dict[str, Any], dict[str, Any], int]:
    """Return attributes and datasets by their paths, and the number of groups."""
    attributes: dict[str, Any] = {}
    datasets: dict[str, Any] = {}
    with h5py.File(io.BytesIO(data), "r") as file:
        objects: list[Any] = [file]
        file.visititems(lambda _name, item: objects.append(item))
        for item in objects:
            for name in item.attrs:
                known = item.attrs.get_id(name)
                value: Any = None
                if known.dtype.kind == "S" or h5py.check_string_dtype(known.dtype):
                    value = text_of(
                        [] if known.get_space().get_simple_extent_type() == h5py.h5s.NULL else item.attrs[name]
                    )
                attributes[f"{item.name}@{name}"] = value
            if isinstance(item, h5py.Dataset):
                null = item.shape is None
                value = None
                if not null and (item.dtype.kind == "S" or h5py.check_string_dtype(item.dtype)):
                    value = text_of(item[()])
                # In memory, a text of any length is a pointer; in the file it is a length, an address and a number.
                one = (
                    16
                    if h5py.check_string_dtype(item.dtype) and value and item.dtype.kind == "O"
                    else item.id.get_type().get_size()
                )
                size = 0 if null else int(np.prod(item.shape, dtype=object)) * one
                # Without storage, the library adds the user block to an address that is none.
                offset = item.id.get_offset() if item.id.get_storage_size() else None
                datasets[item.name] = (list(item.shape or ()), offset, size, value)
        groups = sum(isinstance(item, h5py.Group) for item in objects)
    return attributes, datasets, groups


def listed_by_core(data: bytes) -> tuple[dict[str, Any], dict[str, Any], int]:
    scan = native(data)
    assert [(finding.rule, finding.facts) for finding in scan.findings] == []
    assert scan.end == len(data)
    attributes = {
        (f"{item.path}@{item.name}"): item.values if item.kind == "text" else None for item in scan.attributes
    }
    datasets = {
        item.path: (
            item.shape,
            item.offset if item.layout == "contiguous" else None,
            item.size,
            item.values if item.kind == "text" else None,
        )
        for item in scan.datasets
    }
    return attributes, datasets, scan.groups


def same(data: bytes) -> None:
    expected, found = listed_by_h5py(data), listed_by_core(data)
    assert found[0] == expected[0]
    assert found[1] == expected[1]
    assert found[2] == expected[2]


def fill(file: h5py.File) -> None:
    file.attrs["fixed"] = np.bytes_(b"some text")
    file.attrs["variable"] = "Größe, 世界"
    file.attrs["several"] = [b"a", b"bcd", b""]
    file.attrs["many"] = [f"name {number}" for number in range(50)]
    file.attrs["number"] = 7
    file.attrs["numbers"] = np.arange(12.0).reshape(3, 4)
    file.attrs["empty"] = h5py.Empty("S10")
    file.attrs["truth"] = True
    file.create_dataset("plain", data=np.arange(10, dtype="<i4"))
    file.create_dataset("scalar", data=1.5)
    file.create_dataset("nothing", data=h5py.Empty("f4"))
    file.create_dataset("unwritten", shape=(4, 5), dtype="f4")
    file.create_dataset("text", data=b"fixed")
    file.create_dataset("words", data=["one", "two", "Größe"], dtype=h5py.string_dtype())
    file.create_dataset("codes", data=np.array([b"ab", b"c"], dtype="S4"), chunks=(1,))
    file.create_dataset("chunked", data=np.arange(1000.0).reshape(50, 20), chunks=(7, 6))
    file.create_dataset("deflated", data=np.arange(1000), chunks=(100,), compression="gzip", shuffle=True)
    file.create_dataset("growing", data=np.arange(1000), chunks=(10,), maxshape=(None,))
    file.create_dataset("growing twice", data=np.zeros((20, 20)), chunks=(5, 5), maxshape=(None, None))
    file.create_dataset("table", data=np.zeros(3, dtype=[("a", "i4"), ("b", "S5")]))
    file["nested/deep/er"] = np.arange(3)
    file["nested"].attrs["x"] = "y"
    file["z, again"] = file["plain"]
    file["type"] = np.dtype("<f4")
    file["type"].attrs["of"] = "numbers"
    file["pointers"] = np.array([file["plain"].ref, file.ref], dtype=h5py.ref_dtype)


@pytest.mark.parametrize("version", VERSIONS, ids=str)
@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("block", [0, 512, 4096])
def test_the_core_lists_what_h5py_lists(version: Any, ordered: bool, block: int) -> None:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", libver=version, track_order=ordered, userblock_size=block) as file:
        fill(file)
    same(buffer.getvalue())


@pytest.mark.parametrize("version", VERSIONS, ids=str)
@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("count", [7, 9, 700])
def test_many_members_and_attributes(version: Any, ordered: bool, count: int) -> None:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", libver=version, track_order=ordered) as file:
        for number in range(count):
            file.create_group(f"group number {number}", track_order=ordered).attrs["n"] = f"text {number}"
        for number in range(min(count, 400)):
            file.attrs[f"attribute {number}"] = f"value {number}"
    same(buffer.getvalue())


@pytest.mark.parametrize("version", ["v108", "latest"])
@pytest.mark.parametrize("size", [60_000, 65_536, 1_000_000])
def test_attributes_larger_than_a_header(version: str, size: int) -> None:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", libver=version) as file:
        file.create_group("g")
        file["g"].attrs.create("large", np.bytes_(b"x" * size))
        file["g"].attrs["variable"] = "y" * size
        for number in range(20):
            file["g"].attrs.create(f"large {number}", np.bytes_(b"z" * (size + number)))
    same(buffer.getvalue())


CHUNKED: dict[str, dict[str, Any]] = {
    "tree": {"chunks": (3, 4)},
    "one": {"chunks": (9, 11)},
    "deflated": {"chunks": (3, 4), "compression": "gzip"},
    "shuffled": {"chunks": (2, 11), "compression": "gzip", "shuffle": True},
    "checked": {"chunks": (4, 4), "fletcher32": True, "compression": "gzip"},
    "small": {"chunks": (1, 1), "maxshape": (None, 11)},
    "small, deflated": {"chunks": (1, 1), "maxshape": (9, None), "compression": "gzip"},
    "growing": {"chunks": (2, 3), "maxshape": (None, 20)},
    "growing sideways": {"chunks": (2, 3), "maxshape": (13, None), "compression": "gzip"},
    "room to grow": {"chunks": (2, 3), "maxshape": (20, 40)},
    "lzf": {"chunks": (4, 11), "compression": "lzf", "shuffle": True},
    "two ways": {"chunks": (4, 4), "maxshape": (None, None)},
    "two ways, deflated": {"chunks": (4, 4), "maxshape": (None, None), "compression": "gzip"},
    "whole": {},
}


@pytest.mark.parametrize("kind", CHUNKED)
@pytest.mark.parametrize("version", ["earliest", "latest"])
@pytest.mark.parametrize("dtype", ["<f8", "V7"])
def test_data_is_read_as_h5py_reads_it(kind: str, version: str, dtype: str) -> None:
    data = np.frombuffer(np.random.default_rng(1).bytes(9 * 11 * 8), dtype="u1")
    values = data[: 99 * np.dtype(dtype).itemsize].view(dtype).reshape(9, 11)
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", libver=version) as file:
        file.create_dataset("d", data=values, **CHUNKED[kind])
    scan = native(buffer.getvalue())
    assert scan.findings == []
    (dataset,) = scan.datasets
    limit = _native.Deadline(60)
    assert _native.read_dataset(scan.source, dataset, 1 << 20, limit) == values.tobytes()
    assert _native.read_dataset(scan.source, dataset, 50, limit) == values.tobytes()[:50]


@pytest.mark.parametrize("options", [{}, {"compression": "gzip"}], ids=str)
@pytest.mark.parametrize("limits", [(None,), (40_000,)])
def test_many_chunks_are_put_together(options: dict[str, Any], limits: tuple[int | None]) -> None:
    buffer = io.BytesIO()
    values = np.arange(30_000, dtype="<i4")
    with h5py.File(buffer, "w", libver="latest") as file:
        file.create_dataset("d", data=values, chunks=(4,), maxshape=limits, **options)
    scan = native(buffer.getvalue())
    assert _native.read_dataset(scan.source, scan.datasets[0], 1 << 20, _native.Deadline(60)) == values.tobytes()


def test_long_runs_compressed_by_lzf() -> None:
    values = np.repeat(np.arange(40, dtype="u1"), 997)
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.create_dataset("d", data=values, chunks=(9970,), compression="lzf")
    scan = native(buffer.getvalue())
    assert scan.datasets[0].values == [values.tobytes()]
