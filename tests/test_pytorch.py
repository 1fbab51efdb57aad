"""Zip checkpoints of torch: records against pickles, ambiguous archives, code that has no place in them."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import modelaudit
from archives import DEFLATED, Member, archive
from assembly import EVIL
from checkpoints import EVIL_STATE, NUMBERS, RECORDS, SMALL, checkpoint, state_dict, storage, tensor, text
from modelaudit import torchrecords

DATA = Path(__file__).parent / "data" / "torch"
HONEST = ["list_of_tensors.pt", "state_dict.ckpt", "lightning.ckpt", "state_dict_legacy.bin"]

ELF = b"\x7fELF\2\1\1" + bytes(9) + b"\3\0\x3e\0\1\0\0\0" + bytes(28) + b"\x40\0\x38\0\x0b\0\x40\0\0\0\0\0"
PE = b"MZ" + bytes(58) + b"\x40\0\0\0" + b"PE\0\0\x64\x86" + bytes(18)


def found(data: bytes, name: str = "model.pt") -> set[str]:
    return {issue.rule for issue in modelaudit.scan_bytes(data, name=name).issues}


def failing(data: bytes, name: str = "model.pt") -> list[str]:
    report = modelaudit.scan_bytes(data, name=name)
    return [f"{issue.rule} {issue.message}" for issue in report.issues if issue.severity in ("warning", "critical")]


def message(data: bytes, rule: str) -> str:
    return next(issue.message for issue in modelaudit.scan_bytes(data, name="model.pt").issues if issue.rule == rule)


@pytest.mark.parametrize("name", HONEST)
@pytest.mark.parametrize("suffix", [".pt", ".pth", ".bin", ".ckpt", ".pkl", ".mar", ".ptl", ".pt2", ".dat", ""])
def test_honest_checkpoints_are_silent_under_any_name(name: str, suffix: str) -> None:
    assert found((DATA / name).read_bytes(), "model" + suffix) == set()


def test_the_format_is_told_by_content() -> None:
    report = modelaudit.scan_bytes(checkpoint(SMALL, {"0": NUMBERS}), name="anything.dat")
    assert set(report.formats) >= {"zip", "pytorch", "pickle"}
    assert report.issues == ()


@pytest.mark.parametrize("root", [b"", b"archive/", b"\xc3\xbc/", b"a b/"])
@pytest.mark.parametrize("method", [0, DEFLATED])
def test_a_payload_is_found_under_any_root(root: bytes, method: int) -> None:
    members = [Member(root + b"data.pkl", EVIL_STATE, method), *(Member(root + name, data) for name, data in RECORDS)]
    assert "PKL101" in found(archive(*members))


@pytest.mark.parametrize(
    ("kind", "size"),
    [
        ("torch\nFloatStorage", 8), ("torch\nDoubleStorage", 16), ("torch\nHalfStorage", 4),
        ("torch\nBFloat16Storage", 4), ("torch\nLongStorage", 16), ("torch\nIntStorage", 8),
        ("torch\nShortStorage", 4), ("torch\nCharStorage", 2), ("torch\nByteStorage", 2), ("torch\nBoolStorage", 2),
        ("torch\nComplexFloatStorage", 16), ("torch\nComplexDoubleStorage", 32), ("torch\nQInt8Storage", 2),
        ("torch\nQUInt8Storage", 2), ("torch\nQInt32Storage", 8), ("torch.storage\nUntypedStorage", 2),
    ],
)  # fmt: skip
def test_a_record_is_as_long_as_its_elements_need(kind: str, size: int) -> None:
    pickled = state_dict(tensor("0", (2,), 2, kind))
    assert found(checkpoint(pickled, {"0": b"\x3f" * size})) == set()
    assert found(checkpoint(pickled, {"0": b"\x3f" * (size - 1)})) == {"PTH112"}
    assert found(checkpoint(pickled, {"0": b"\x3f" * (size + 1)})) == {"PTH113"}


def test_a_short_record_is_told_with_its_sizes() -> None:
    data = checkpoint(state_dict(tensor("0", (1000,), 1000)), {"0": NUMBERS})
    assert message(data, "PTH112") == "The storage 0 needs 4000 bytes, but its record has 8"


@pytest.mark.parametrize("numel", [1 << 40, 1 << 62, (1 << 64) - 1, 1 << 70])
def test_sizes_that_overflow_are_short_records(numel: int) -> None:
    assert "PTH112" in found(checkpoint(state_dict(tensor("0", (2,), numel)), {"0": NUMBERS}))


def test_a_record_that_claims_more_bytes_than_are_stored_is_short() -> None:
    pickled = state_dict(tensor("0", (100,), 100))
    members = [Member(b"a/data.pkl", pickled), Member(b"a/version", b"3\n"), Member(b"a/data/0", NUMBERS, size=400)]
    assert "PTH112" in found(archive(*members))


def test_deflated_records_count_with_their_content() -> None:
    pickled = state_dict(tensor("0", (1000,), 1000))
    record = Member(b"archive/data/0", bytes(4000), DEFLATED)
    assert found(checkpoint(pickled, None, record)) == set()


def test_a_missing_record_is_reported() -> None:
    assert failing(checkpoint(SMALL)) == ["PTH111 There is no record for the storage 0 that the pickle asks for"]


def test_storages_without_elements_need_no_record() -> None:
    assert found(checkpoint(state_dict(tensor("0", (0, 5), 0)))) == set()


def test_shared_storages_and_views_are_silent() -> None:
    pickled = state_dict(tensor("0", (2,), 4), tensor("0", (2,), 4, offset=2), tensor("0", (2, 2), 4))
    assert found(checkpoint(pickled, {"0": NUMBERS * 2})) == set()


def test_two_types_on_one_storage_are_silent_if_the_record_fits_both() -> None:
    pickled = state_dict(tensor("0", (2,), 2), tensor("0", (4,), 4, "torch\nHalfStorage"))
    assert found(checkpoint(pickled, {"0": NUMBERS})) == set()


def test_types_without_a_storage_class_count_in_bytes() -> None:
    def saved(shape: tuple[int, ...]) -> bytes:
        dtype = b"ctorch\nuint16\n"
        return checkpoint(
            state_dict(tensor("0", shape, 8, "torch.storage\nUntypedStorage", last=dtype)), {"0": NUMBERS}
        )

    assert found(saved((4,))) == set()
    assert found(saved((5,))) == {"PKL171"}


def test_names_of_records_are_looked_up_without_regard_to_case() -> None:
    members = [Member(b"a/Data.PKL", SMALL), Member(b"a/VERSION", b"3\n"), Member(b"a/DATA/0", NUMBERS)]
    assert failing(archive(*members)) == []


def test_an_unused_record_is_noted_and_scanned() -> None:
    assert found(checkpoint(SMALL, {"0": NUMBERS, "1": NUMBERS})) == {"PTH114"}
    assert {"PTH114", "PKL101"} <= found(checkpoint(SMALL, {"0": NUMBERS, "1": EVIL}))


def test_a_used_record_that_is_a_pickle_is_found() -> None:
    pickled = state_dict(tensor("0", (len(EVIL),), len(EVIL), "torch\nByteStorage"))
    assert "PKL101" in found(checkpoint(pickled, {"0": EVIL}))


def test_random_numbers_are_no_finding() -> None:
    generator = random.Random(7)
    storages = {str(index): generator.randbytes(4096) for index in range(200)}
    pickled = state_dict(*(tensor(key, (1024,), 1024) for key in storages))
    assert found(checkpoint(pickled, storages)) == set()


def test_more_storages_than_are_kept_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torchrecords, "MOST", 2)
    pickled = state_dict(tensor("0", (2,), 2), tensor("1", (2,), 2))
    assert found(checkpoint(pickled, {"0": NUMBERS, "1": NUMBERS})) == {"PTH115"}


def test_models_in_several_folders_are_ambiguous() -> None:
    first = [Member(b"one/data.pkl", SMALL), Member(b"one/data/0", NUMBERS), Member(b"one/version", b"3\n")]
    second = [Member(b"two/data.pkl", SMALL), Member(b"two/data/0", NUMBERS), Member(b"two/version", b"3\n")]
    data = archive(*first, *second)
    assert failing(data) == ["PTH101 torch.load looks for the model in one/, but models lie in one/, two/"]
    listed_first = Member(b"elsewhere/README", b"text")
    assert "PTH101" in found(archive(listed_first, *first))
    assert found(archive(*first)) == set()


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        ([b"data.pkl", b"data.pkl"], 0),
        ([b"data.pkl", b"data.pkl", b"data.pkl"], 1),
        ([b"data.pkl", b"DATA.pkl"], 0),
    ],
)
def test_the_copy_that_torch_reads_is_named(names: list[bytes], chosen: int) -> None:
    """What torch 2.13 was seen to read."""
    members = [Member(b"archive/" + name, state_dict(text(f"copy{index}"))) for index, name in enumerate(names)]
    others = [Member(b"archive/version", b"3\n"), Member(b"archive/data/0", NUMBERS)]
    report = modelaudit.scan_bytes(archive(*members, *others), name="model.pt")
    issue = next(issue for issue in report.issues if issue.rule == "PTH102")
    offset = sum(len(member.local_header() + member.stored()) for member in members[:chosen])
    assert issue.location.position == offset
    assert {"ZIP102", "ZIP103"} & {issue.rule for issue in report.issues}


def test_copies_that_differ_in_case_are_copies() -> None:
    assert "PTH102" in found(checkpoint(SMALL, {"0": NUMBERS}, Member(b"archive/DATA.pkl", SMALL)))


@pytest.mark.parametrize("name", [b"setup.py", b"code.PYC", b"notes.txt", b"x"])
def test_python_source_in_a_checkpoint_is_reported(name: bytes) -> None:
    source = Member(b"archive/" + name, b"# about\nimport os\n\ndef run():\n    os.getpid()\n")
    assert [issue[:6] for issue in failing(checkpoint(SMALL, {"0": NUMBERS}, source))] == ["PTH122"]


def test_compiled_python_is_python() -> None:
    compiled = Member(b"archive/blob", (3495).to_bytes(2, "little") + b"\r\n" + bytes(12) + b"\xe3" + bytes(40))
    assert "PTH122" in found(checkpoint(SMALL, {"0": NUMBERS}, compiled))


def test_other_text_is_no_python() -> None:
    notes = Member(b"archive/notes.txt", b"imported from classes of images\nprint quality: good\nclass imbalance 1:3\n")
    config = Member(b"archive/config.yaml", b"lr: 0.1\nclass: Net\nfrom: scratch\n")
    assert failing(checkpoint(SMALL, {"0": NUMBERS}, notes, config)) == []


@pytest.mark.parametrize(
    "code",
    [
        ELF,
        PE,
        b"\0asm\1\0\0\0" + bytes(20),
        b"\xcf\xfa\xed\xfe\x0c\0\0\1\0\0\0\0\6\0\0\0\1\0\0\0\x28\0\0\0" + bytes(40),
    ],
)
@pytest.mark.parametrize("name", [b"archive/lib.so", b"archive/data/1", b"other"])
def test_native_code_is_critical_wherever_it_lies(code: bytes, name: bytes) -> None:
    report = modelaudit.scan_bytes(checkpoint(SMALL, {"0": NUMBERS}, Member(name, code)), name="model.pt")
    assert "critical" in {issue.severity for issue in report.issues if issue.rule == "PAY101"}


def test_a_pickle_in_front_of_the_archive_is_read_too() -> None:
    data = checkpoint(SMALL, {"0": NUMBERS})
    assert "PKL101" in found(EVIL + data)


def test_packages_run_their_source() -> None:
    members = [
        Member(b"pkg/.data/extern_modules", b"torch\n"),
        Member(b"pkg/.data/version", b"6\n"),
        Member(b"pkg/.data/0.storage", NUMBERS),
        Member(b"pkg/model/model.pkl", SMALL),
        Member(b"pkg/net.py", b"import torch\n"),
    ]
    assert [issue[:6] for issue in failing(archive(*members))] == ["PTH123"]
    assert "torch-package" in modelaudit.scan_bytes(archive(*members), name="p.pt").formats
    assert failing(archive(*members[:-1])) == []
    assert "PAY101" in found(archive(*members, Member(b"pkg/x.so", ELF)))


def test_exported_programs_are_known_and_their_libraries_critical() -> None:
    members = [
        Member(b"package/archive_format", b"pt2"),
        Member(b"package/archive_version", b"0"),
        Member(b"package/byteorder", b"little"),
        Member(b"package/models/model.json", b'{"graph_module": {}}'),
        Member(b"package/data/weights/weight_0", NUMBERS),
    ]
    assert failing(archive(*members), "model.pt2") == []
    library = Member(b"package/data/aotinductor/model/cabc.so", ELF)
    assert "PAY101" in found(archive(*members, library), "model.pt2")
    assert "PTH122" in found(archive(*members, Member(b"package/extra/run.py", b"import os\n")), "model.pt2")
    inputs = Member(b"package/data/sample_inputs/model.pt", EVIL)
    assert "PKL101" in found(archive(*members, inputs), "model.pt2")


def test_model_archives_of_the_server_bring_code() -> None:
    manifest = Member(b"MAR-INF/MANIFEST.json", b'{"model": {"handler": "handler.py"}}')
    model = Member(b"model.pt", checkpoint(SMALL, {"0": NUMBERS}))
    assert failing(archive(manifest, model), "model.mar") == []
    assert found(archive(manifest, model, Member(b"handler.py", b"x = 1\n")), "model.mar") >= {"PTH141"}
    assert found(archive(manifest, model, Member(b"requirements.txt", b"x\n")), "model.mar") >= {"PTH142"}
    assert found(archive(manifest, model, Member(b"lib.so", ELF)), "model.mar") >= {"PAY101"}
    assert "PKL101" in found(archive(manifest, Member(b"model.pt", checkpoint(EVIL_STATE))), "model.mar")


def test_a_checkpoint_that_was_cut_does_not_pass_as_whole() -> None:
    whole = (DATA / "state_dict.ckpt").read_bytes()
    for length in range(4, len(whole) - 1, 397):
        assert failing(whole[:length]), length


def test_mutated_checkpoints_are_reports_not_failures() -> None:
    generator = random.Random(11)
    whole = checkpoint(SMALL, {"0": NUMBERS}, Member(b"archive/code.py", b"import os\n"))
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(generator.randint(1, 8)):
            data[generator.randrange(len(data))] = generator.randrange(256)
        report = modelaudit.scan_bytes(bytes(data), name="model.pt")
        assert not any(issue.rule == "ENG204" for issue in report.issues)
        assert not report.has_errors


def legacy(numel: int, storages: bytes, key: str = "100") -> bytes:
    """Return a file as torch wrote it before 1.6."""
    magic = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
    keys = b"\x80\x02]" + text(key) + b"a."
    return magic + b"\x80\x02M\xe9\x03." + b"\x80\x02}." + state_dict(tensor(key, (2,), numel)) + keys + storages


def test_storages_of_old_files_are_as_long_as_declared() -> None:
    count = (2).to_bytes(8, "little")
    assert found(legacy(2, count + NUMBERS)) == set()
    assert "PTH116" in found(legacy(2, count + NUMBERS[:-1]))
    assert "PTH116" in found(legacy(1 << 62, count + NUMBERS))
    assert "PTH117" in found(legacy(2, (3).to_bytes(8, "little") + NUMBERS))
    assert "PKL101" in found(legacy(2, count + NUMBERS + EVIL))
    assert failing(legacy(2, count + NUMBERS + b"\x01junk"))


def test_numbers_of_old_files_may_look_like_a_pickle() -> None:
    numel = 0x2E4B5D80 & 0xFFFF
    assert found(legacy(numel, numel.to_bytes(8, "little") + b"\x80\x04K." + bytes(4 * numel - 4))) == set()


def test_checkpoints_of_many_tensors_are_silent() -> None:
    storages = {str(number): NUMBERS for number in range(5000)}
    assert found(checkpoint(state_dict(*(tensor(key, (2,), 2) for key in storages)), storages)) == set()


HOOKS = b"ccollections\nOrderedDict\n)R"

#: What `torch.save` writes for values that are no plain tensors.
HONEST_VALUES = {
    "parameter": b"ctorch._utils\n_rebuild_parameter\n(" + tensor("0", (2,), 2) + b"\x88" + HOOKS + b"tR",
    "quantised": b"ctorch._utils\n_rebuild_qtensor\n("
    + storage("0", 8, "torch\nQInt8Storage")
    + b"K\x00K\x02K\x04\x86K\x04K\x01\x86(ctorch\nper_tensor_affine\nG?\xe0\0\0\0\0\0\0K\x00t\x89"
    + HOOKS
    + b"tR",
    "sparse": b"ctorch._utils\n_rebuild_sparse_tensor\n(ctorch.serialization\n_get_layout\n"
    + text("torch.sparse_coo")
    + b"\x85R("
    + tensor("1", (1, 1), 1, "torch\nLongStorage")
    + tensor("2", (1,), 1)
    + b"ctorch\nSize\n(K\x05t\x85R\x88ttR",
    "meta": b"ctorch._utils\n_rebuild_meta_tensor_no_storage\n(ctorch\nfloat32\nK\x02\x85K\x01\x85\x89tR",
    "float8": tensor("0", (8,), 8, "torch.storage\nUntypedStorage", last=b"ctorch\nfloat8_e4m3fn\n"),
    "complex": tensor("0", (1,), 1, "torch\nComplexFloatStorage"),
    "complex number": b"c__builtin__\ncomplex\nG?\xe0\0\0\0\0\0\0G?\xe0\0\0\0\0\0\0\x86R",
    "numpy scalar": b"cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n" + text("f8") + b"\x89\x88\x87R(K\x03"
    + text("<") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tbc_codecs\nencode\n" + text("abcdefgh")
    + text("latin1") + b"\x86RtR",
    "size": b"ctorch\nSize\n(K\x05t\x85R",
    "device": b"ctorch\ndevice\n" + text("cpu") + b"\x85R",
    "scalar": tensor("0", (), 1),
    "subclass": b"ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._utils\n_rebuild_parameter\n"
    + b"ctorch.nn.parameter\nParameter\n(" + tensor("0", (2,), 2) + b"\x88" + HOOKS + b"t}tR",
}  # fmt: skip


@pytest.mark.parametrize("value", HONEST_VALUES)
def test_honest_values_of_every_kind_are_silent(value: str) -> None:
    storages = {"0": NUMBERS, "1": NUMBERS, "2": NUMBERS[:4]}
    used = {key: data for key, data in storages.items() if text(key) in HONEST_VALUES[value]}
    assert failing(checkpoint(state_dict(HONEST_VALUES[value]), used)) == []


def test_a_tensor_inside_a_subclass_is_held_against_its_storage() -> None:
    inner = storage("0", 2) + b"K\x00K\x05\x85K\x01\x85\x89" + HOOKS
    rebuilt = (
        b"ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._utils\n_rebuild_tensor_v2\nctorch\nTensor\n("
        + inner
        + b"t}tR"
    )
    assert "PKL171" in found(checkpoint(state_dict(rebuilt), {"0": NUMBERS}))


CONTAINERS = {
    "package": archive(
        Member(b"p/.data/extern_modules", b"torch"), Member(b"p/m/m.pkl", SMALL), Member(b"p/.data/0.storage", NUMBERS)
    ),
    "exported": archive(
        Member(b"p/archive_format", b"pt2"),
        Member(b"p/models/m.json", b"{}"),
        Member(b"p/data/weights/weight_0", NUMBERS),
    ),
    "server": archive(Member(b"MAR-INF/MANIFEST.json", b"{}"), Member(b"m.pt", checkpoint(SMALL, {"0": NUMBERS}))),
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_containers_are_silent_when_whole_and_never_when_cut(container: str) -> None:
    whole = CONTAINERS[container]
    assert failing(whole) == []
    for length in range(4, len(whole)):
        assert failing(whole[:length]), length
