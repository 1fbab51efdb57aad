"""HDF5 files: what leads out of the file, what is nested in it, damage, and files that honest programs write."""

from __future__ import annotations

import io
import json
import pickle
import tarfile
from pathlib import Path
from typing import Any, Callable

import h5py
import numpy as np
import pytest

import modelaudit
from assembly import EVIL
from modelaudit import _native

CONFIG = json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": [{"class_name": "Dense"}]}})


HONEST = Path(__file__).parent / "data" / "hdf5"


def made(fill: Callable[[h5py.File], object], **options: Any) -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", **options) as file:
        fill(file)
    return buffer.getvalue()


def scan(data: bytes, name: str = "model.h5") -> modelaudit.Report:
    return modelaudit.scan_bytes(data, name)


def rules(report: modelaudit.Report) -> list[str]:
    return [issue.rule for issue in report.issues]


def messages(report: modelaudit.Report) -> list[str]:
    return [issue.message for issue in report.issues]


def loud(report: modelaudit.Report) -> list[str]:
    return [f"{issue.rule} {issue.message}" for issue in report.issues if issue.severity in ("warning", "critical")]


def external_link(file: h5py.File) -> None:
    file["deep/down/out"] = h5py.ExternalLink("/etc/passwd", "/x")


def external_storage(file: h5py.File) -> None:
    file.create_dataset("w", (8,), "u1", external=[("/etc/passwd", 0, 4), ("other.bin", 4, 4)])


def virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout(shape=(2, 4), dtype="f4")
    layout[0, :2] = h5py.VirtualSource("/srv/other.h5", "x", shape=(2,))
    layout[1] = h5py.VirtualSource("more.h5", "y", shape=(4,))
    file.create_virtual_dataset("v", layout)


@pytest.mark.parametrize("version", ["earliest", "latest"])
@pytest.mark.parametrize(
    ("fill", "rule", "said"),
    [
        (external_link, "HDF111", ["/deep/down/out is a link into another file: /x in /etc/passwd"]),
        (
            external_storage,
            "HDF112",
            ["The data of /w lies in another file: /etc/passwd", "The data of /w lies in another file: other.bin"],
        ),
        (
            virtual,
            "HDF113",
            [
                "The data of /v is put together from another file: /srv/other.h5",
                "The data of /v is put together from another file: more.h5",
            ],
        ),
    ],
)
def test_what_leads_out_of_the_file_is_told(
    fill: Callable[[h5py.File], None], rule: str, said: list[str], version: str
) -> None:
    report = scan(made(fill, libver=version))
    assert messages(report) == said
    assert set(rules(report)) == {rule}
    assert report.exit_code == 1


def test_a_virtual_dataset_of_its_own_file_is_silent() -> None:
    def fill(file: h5py.File) -> None:
        source = file.create_dataset("x", data=np.arange(4.0))
        layout = h5py.VirtualLayout(shape=(2, 4), dtype="f8")
        layout[0] = h5py.VirtualSource(source)
        file.create_virtual_dataset("v", layout)

    assert rules(scan(made(fill, libver="latest"))) == []


def test_soft_links_that_lead_nowhere() -> None:
    def fill(file: h5py.File) -> None:
        file["a/b/c"] = 1
        file["there"] = h5py.SoftLink("/a/b/c")
        file["a/near"] = h5py.SoftLink("b/./c")
        file["through"] = h5py.SoftLink("/jump/c")
        file["jump"] = h5py.SoftLink("a/b")
        file["again"] = file["a"]
        file["by the other name"] = h5py.SoftLink("/again/b")
        file["nowhere"] = h5py.SoftLink("/a/x")
        file["circle"] = h5py.SoftLink("/circle")

    for version in ("earliest", "latest"):
        report = scan(made(fill, libver=version))
        assert rules(report) == ["HDF114", "HDF114"]
        assert sorted(messages(report)) == [
            "/circle is a link to /circle, which does not exist",
            "/nowhere is a link to /a/x, which does not exist",
        ]
        assert report.exit_code == 0


def test_a_link_of_a_class_that_programs_define() -> None:
    data = made(external_link, libver="latest")
    at = data.index(b"out", data.index(b"OHDR")) - 1
    # The byte before the length of the name and its character set is the class.
    start = data.rindex(b"\x40", 0, at)
    report = scan(data[:start] + b"\x41" + data[start + 1 :])
    assert messages(report) == ["/deep/down/out is a link of the user-defined class 65"]
    assert rules(report) == ["HDF115"]


def test_declared_but_not_stored() -> None:
    report = scan(made(lambda file: file.create_dataset("w", (1 << 20, 1 << 20), "f4", chunks=(1, 1 << 20))))
    assert rules(report) == ["HDF116"]
    assert rules(scan(made(lambda file: file.create_dataset("w", (1 << 20,), "f4", chunks=(1 << 20,))))) == []


def test_a_member_of_a_family(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "part%d.h5", "w", driver="family", memb_size=4096) as file:
        file["x"] = np.arange(5000)
    report = modelaudit.scan(tmp_path / "part0.h5")
    assert "HDF118" in rules(report)


def test_filters() -> None:
    data = made(lambda file: file.create_dataset("w", data=np.arange(100), chunks=(10,), compression="lzf"))
    assert rules(scan(data)) == []
    place = data.index((32000).to_bytes(2, "little") + b"\x08\0")
    report = scan(data[:place] + (45_000).to_bytes(2, "little") + data[place + 2 :])
    assert messages(report) == ["/w needs filter 45000 (lzf), which is not known"]
    assert rules(report) == ["HDF121"]


def hold(value: Any, **options: Any) -> bytes:
    return made(lambda file: file.create_dataset("g/d", data=value, **options))


BYTES = np.frombuffer(EVIL, dtype="u1")
LONG = np.frombuffer(EVIL + bytes(5 << 20), dtype="u1")


@pytest.mark.parametrize(
    "data",
    [
        hold(BYTES),
        hold(BYTES.view("i1")),
        hold(np.void(EVIL)),
        hold(np.bytes_(EVIL)),
        hold(BYTES, compression="gzip", shuffle=True),
        hold(BYTES, chunks=(7,)),
        hold(LONG),
        hold(LONG, compression="gzip"),
        made(lambda file: file.attrs.create("a", np.void(EVIL))),
        made(lambda file: file.attrs.create("a", BYTES)),
        made(lambda file: file.attrs.create("a", np.bytes_(EVIL))),
        made(lambda file: file.attrs.create("a", np.bytes_(b"cposix\nsystem\n(S'id'\ntR."))),
        made(lambda file: file.create_group("b").attrs.create("a", np.void(EVIL)), libver="latest"),
    ],
    ids=lambda _: "",
)
def test_pickles_in_bytes_are_found(data: bytes) -> None:
    report = scan(data)
    assert "PKL101" in rules(report)


def test_sequences_of_bytes_are_found_one_by_one() -> None:
    def fill(file: h5py.File) -> None:
        kind = h5py.vlen_dtype(np.uint8)
        rows = file.create_dataset("rows", (3,), kind)
        # The first one announces more than it has, which must not hide the second.
        for number, data in enumerate([b"\x80\x04B\xff\xff\0\0", EVIL, pickle.dumps([1, 2])]):
            rows[number] = np.frombuffer(data, dtype="u1")

    assert "PKL101" in rules(scan(made(fill)))


def test_text_that_no_loader_takes_for_a_pickle_is_silent() -> None:
    def fill(file: h5py.File) -> None:
        file.attrs["title"] = np.bytes_(b"Numbers of the year.")
        file.attrs["note"] = "Größe and weight of 100 people."
        file.attrs["state"] = np.bytes_(pickle.dumps({"a": [1, 2]}, 0))
        file["notes"] = ["First.", "Second."]

    assert rules(scan(made(fill))) == []


def test_a_dataset_whose_bytes_cannot_be_read_is_told() -> None:
    report = scan(hold(BYTES, scaleoffset=0))
    assert rules(report) == ["HDF122"]
    assert report.exit_code == 0


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    from modelaudit import keras_config

    found: list[tuple[str, str]] = []

    def check(_ctx: object, text: str, part: str, position: int | None = None, legacy: bool = False) -> None:
        assert legacy
        found.append((part, text))

    monkeypatch.setattr(keras_config, "check", check)
    return found


@pytest.mark.parametrize("version", ["earliest", "latest"])
@pytest.mark.parametrize("name", ["model_config", "anything"])
@pytest.mark.parametrize(
    "value", [CONFIG, np.bytes_(CONFIG.encode()), [CONFIG], CONFIG.replace("s_n", "\\u0073_n")], ids=str
)
def test_configurations_are_handed_over(checked: list[tuple[str, str]], version: str, name: str, value: Any) -> None:
    scan(made(lambda file: file.create_group("a/b").attrs.create(name, value), libver=version))
    assert len(checked) == 1
    part, text = checked[0]
    assert part == f"/a/b@{name}"
    assert json.loads(text) == json.loads(CONFIG)


def test_configurations_in_datasets_and_parts_are_handed_over(checked: list[tuple[str, str]]) -> None:
    def fill(file: h5py.File) -> None:
        file["text"] = CONFIG
        for number in range(12):
            file.attrs[f"model_config{number}"] = CONFIG[number * 10 : number * 10 + 10]

    scan(made(fill))
    assert checked == [("/@model_config", CONFIG), ("/text", CONFIG)]


def test_several_configurations_are_handed_over_one_by_one(checked: list[tuple[str, str]]) -> None:
    other = CONFIG.replace("Dense", "Lambda")

    def fill(file: h5py.File) -> None:
        file.attrs["list"] = [CONFIG, other]
        file.create_group("g").attrs["config1"] = CONFIG + " "
        file["g"].attrs["config2"] = other + " "

    scan(made(fill))
    assert checked == [
        ("/@list", CONFIG),
        ("/@list", other),
        ("/g@config", CONFIG + " "),
        ("/g@config", other + " "),
    ]


def test_a_configuration_behind_a_nul(checked: list[tuple[str, str]]) -> None:
    scan(made(lambda file: file.attrs.create("x", np.bytes_(CONFIG.encode() + b"\0junk"))))
    assert ("/@x", CONFIG) in checked


def test_bytes_before_and_behind() -> None:
    plain = hold(np.arange(5))
    report = scan(plain + EVIL)
    assert {"HDF131", "PKL101"} <= set(rules(report))
    assert rules(scan(plain + bytes(100))) == []
    assert {"HDF131"} <= set(rules(scan(plain + bytes(3 << 20) + EVIL)))
    block = made(lambda file: file.create_dataset("x", data=1), userblock_size=1024)
    assert rules(scan(block)) == ["HDF132"]
    hidden = b"#!/bin/sh\n\0" + b"\0" * 89 + EVIL
    assert loud(scan(hidden.ljust(1024, b"\0") + block[1024:])) == []
    assert "PKL101" in rules(scan(EVIL.ljust(1024, b"\0") + block[1024:]))


def test_a_tape_archive_that_begins_with_an_hdf5_file_is_that() -> None:
    out = io.BytesIO()
    content = hold(np.arange(5))
    with tarfile.open(fileobj=out, mode="w") as tape:
        for name in ("a.h5", "b.h5"):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tape.addfile(entry, io.BytesIO(content))
    assert loud(scan(out.getvalue(), "models.tar")) == []


def test_structures_of_unknown_versions_are_told() -> None:
    data = bytearray(made(lambda _file: None, libver="latest"))
    data[8] = 9
    assert rules(scan(bytes(data))) == ["HDF104"]


def test_a_file_that_is_cut_or_lies_about_its_end() -> None:
    data = hold(np.arange(1000.0))
    for size in (100, 800, len(data) - 1):
        assert "HDF102" in rules(scan(data[:size]))


def nested(depth: int) -> bytes:
    def fill(file: h5py.File) -> None:
        group = file
        for _ in range(depth):
            group = group.create_group("group")

    return made(fill)


def test_deep_groups_are_quick() -> None:
    import time

    data = nested(1500)
    started = time.monotonic()
    report = scan(data)
    assert rules(report) == []
    assert time.monotonic() - started < 2


def test_groups_that_lead_back_to_each_other() -> None:
    def fill(file: h5py.File) -> None:
        file.create_group("a/b/c")
        file["a/b/up"] = file["a"]
        file["a/b/c/root"] = file["/"]

    for version in ("earliest", "latest"):
        data = made(fill, libver=version)
        assert rules(scan(data)) == []
        found = _native.scan_hdf5(_native.Source.from_bytes(data), _native.Deadline(60))
        assert found.groups == 4


def test_too_much_of_something_is_told() -> None:
    # One object of the heap, a hundred thousand times: more than is kept of the values of all attributes.
    words = ["x" * 60_000]
    data = made(lambda file: file.attrs.create("many", words * 2000), libver="latest")
    assert "HDF103" in rules(scan(data))


@pytest.mark.parametrize("path", sorted(HONEST.iterdir()), ids=lambda path: path.name)
def test_files_of_honest_programs_are_silent(path: Path) -> None:
    report = modelaudit.scan(path)
    assert loud(report) == []
    assert set(rules(report)) <= {"HDF132"}
    assert report.files[0].coverage.status == "complete"


def test_a_magic_number_elsewhere_hides_nothing() -> None:
    block = made(external_link, userblock_size=8192)
    disguised = b"some text \x89HDF\r\n\x1a\n" + block[18:]
    assert "HDF111" in rules(scan(disguised, "notes.bin"))


def test_cut_anywhere_it_is_never_clean() -> None:
    for version in ("earliest", "latest"):
        data = made(external_storage, libver=version)
        for size in range(8, len(data), 97):
            assert scan(data[:size]).exit_code == 1


def test_bits_that_flip_are_no_defect() -> None:
    data = made(virtual, libver="latest")
    for place in range(0, len(data), 3):
        report = scan(data[:place] + bytes([data[place] ^ 1 << place % 8]) + data[place + 1 :])
        assert not {"ENG204", "ENG101"} & set(rules(report)), place
