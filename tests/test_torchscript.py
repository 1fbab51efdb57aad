"""Scripted models of torch: classes of the archive, operators that touch files, code that is Python after all."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

import modelaudit
from archives import DEFLATED, Member, archive
from assembly import EVIL, PAYLOAD
from checkpoints import NUMBERS, RECORDS, SMALL, checkpoint, tensor, text
from modelaudit import limits, scriptcode

DATA = Path(__file__).parent / "data" / "torch"

#: An instance of a class of the archive, and its state.
OBJECT = b"\x80\x02c__torch__.net\nNet\n)\x81}(" + text("training") + b"\x88" + text("w") + b"%sub."

CODE = b"class Net(Module):\n  __parameters__ = []\n  training : bool\n  def forward(self, x: Tensor) -> Tensor:\n%s"


def scripted(code: bytes, data: bytes = b"", constants: bytes = b"\x80\x02).", *extra: Member) -> bytes:
    pickled = data or OBJECT % tensor("0", (2,), 2)
    members = [
        Member(b"net/data.pkl", pickled),
        Member(b"net/data/0", b"\x3f" * 8),
        Member(b"net/code/__torch__/net.py", CODE % code, DEFLATED),
        Member(b"net/code/__torch__/net.py.debug_pkl", b"\x80\x02(K\x00K\x01t.", DEFLATED),
        Member(b"net/constants.pkl", constants),
        *(Member(b"net/" + name, content) for name, content in RECORDS),
        *extra,
    ]
    return archive(*members)


def found(data: bytes) -> dict[str, str]:
    return {issue.rule: issue.message for issue in modelaudit.scan_bytes(data, name="model.pt").issues}


def failing(data: bytes) -> list[str]:
    report = modelaudit.scan_bytes(data, name="model.pt")
    return [f"{issue.rule} {issue.message}" for issue in report.issues if issue.severity in ("warning", "critical")]


HONEST = b"    _0 = torch.add(x, 1)\n    return ops.quantized.linear(_0, self.w, 0.5, 3)\n"


def test_an_honest_scripted_model_has_nothing_to_report() -> None:
    data = (DATA / "scripted.pt").read_bytes()
    assert failing(data) == []
    report = modelaudit.scan_bytes(data, name="model.pt")
    assert {"pytorch", "torchscript"} <= set(report.formats)
    assert "PTH131" in {issue.rule for issue in report.issues}
    assert failing(scripted(HONEST)) == []


def test_builders_of_lists_are_known() -> None:
    lists = b"ctorch.jit._pickle\nbuild_%s\n(](K\x01et" + b"R"
    names = (b"intlist", b"doublelist", b"boollist", b"tensorlist")
    pickled = OBJECT % (b"(" + b"".join(lists % name for name in names) + b"t")
    assert failing(scripted(HONEST, pickled)) == []
    tagged = OBJECT % (b"ctorch.jit._pickle\nrestore_type_tag\n(}" + text("Dict[str, int]") + b"tR")
    assert failing(scripted(HONEST, tagged)) == []


def test_classes_of_the_archive_are_its_own_only_where_it_has_code() -> None:
    pickled = OBJECT % b"N"
    assert any("__torch__.net.Net" in issue for issue in modelaudit_failing_pickle(pickled))
    no_code = archive(
        Member(b"net/data.pkl", pickled), Member(b"net/constants.pkl", b"\x80\x02)."), Member(b"net/version", b"3")
    )
    assert any("__torch__.net.Net" in issue for issue in failing(no_code))
    assert failing(scripted(HONEST, pickled)) == ["PTH114"][:0]


def modelaudit_failing_pickle(data: bytes) -> list[str]:
    return [issue.message for issue in modelaudit.scan_bytes(data, name="data.pkl").issues if issue.severity != "info"]


@pytest.mark.parametrize("module", ["__torch__x", "__torch", "os.__torch__", "posix"])
def test_only_the_module_itself_is_the_archive_s_own(module: str) -> None:
    pickled = OBJECT.replace(b"__torch__.net", module.encode()) % b"N"
    assert any(module in issue for issue in failing(scripted(HONEST, pickled)))


def test_payloads_in_any_pickle_of_a_scripted_model_are_found() -> None:
    assert "PKL101" in found(scripted(HONEST, OBJECT % PAYLOAD))
    assert "PKL101" in found(scripted(HONEST, b"", EVIL))
    debug = Member(b"net/code/__torch__/x.py.debug_pkl", EVIL, DEFLATED)
    assert "PKL101" in found(scripted(HONEST, b"", b"\x80\x02).", debug))


@pytest.mark.parametrize(
    "code",
    [
        b'    torch.save(x, "/tmp/f")\n',
        b'    ops.aten.save(x, "/tmp/f")\n',
        b'    x.save("/tmp/f")\n',
        b'    _0 = torch\n    _0 . save(x, "f")\n',
        b'    _0 = getattr(torch, "save")\n    _0(x, "f")\n',
        b"    _0 = getattr(torch, 'save')\n",
        b'    torch \\\n      .save(x, "f")\n',
        b'    ops.image.write_file("/tmp/f", x)\n',
    ],
)
def test_operators_that_write_files_are_critical(code: bytes) -> None:
    issues = modelaudit.scan_bytes(scripted(code), name="model.pt").issues
    assert "critical" in {issue.severity for issue in issues if issue.rule == "PTH132"}


@pytest.mark.parametrize(
    "code",
    [b'    torch.from_file("/etc/passwd", False, 10)\n', b'    ops.image.read_file("f")\n', b'    "f".from_file()\n'],
)
def test_operators_that_read_files_are_reported(code: bytes) -> None:
    assert "PTH133" in found(scripted(code))


def test_operators_and_classes_of_unknown_libraries_are_reported() -> None:
    assert "evil::run" in found(scripted(b"    ops.evil.run(x)\n"))["PTH134"]
    assert "evil.Runner" in found(scripted(b"    _0 : __torch__.torch.classes.evil.Runner\n"))["PTH134"]
    assert "PTH134" in found(scripted(b"    _0 = ops\n    _0.evil.run(x)\n"))
    known = b"    _0 : __torch__.torch.classes.quantized.LinearPackedParamsBase\n"
    assert failing(scripted(known)) == []


def test_words_in_strings_and_comments_name_nothing() -> None:
    code = b'    _0 = "torch.save(x) # ops.evil.run \\" import os"\n    # torch.save(x)\n    return x\n'
    assert failing(scripted(code)) == []
    assert "PTH132" in found(scripted(b'    _0 = "a\\\\"\n    torch.save(x)\n    _1 = "b"\n'))


def test_code_that_runs_at_load_is_noted() -> None:
    code = b"    return x\n  def __setstate__(self, state: Tensor) -> NoneType:\n    return None\n"
    assert "PTH135" in found(scripted(code))
    assert failing(scripted(code)) == []


@pytest.mark.parametrize("code", [b"import os\n", b"    exec(x)\n", b"from os import system\n", b"    f = lambda: 0\n"])
def test_python_among_the_code_is_reported(code: bytes) -> None:
    assert "PTH122" in found(scripted(code))


def test_old_files_import_their_own_modules() -> None:
    assert failing(scripted(b"    return x\nimport __torch__.other\n")) == []


def test_python_beside_the_code_is_reported() -> None:
    assert "PTH122" in found(scripted(HONEST, b"", b"\x80\x02).", Member(b"net/setup.py", b"x = 1\n")))


def test_code_beyond_the_limit_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SCRIPT", 200)
    assert "PTH136" in found(scripted(b"    return x\n" * 100))


@pytest.mark.parametrize(
    "text", ['"' * 100_000, "'''" * 50_000, ("." * 50_000) + "save", "\\" * 100_000, "(" * 100_000]
)
def test_odd_code_takes_no_time(text: str) -> None:
    code = scriptcode.look(text)
    assert not code.unknown


def test_scripted_models_in_packages() -> None:
    members = [
        Member(b"p/.data/extern_modules", b""),
        Member(b"p/.data/python_version", b"3.11"),
        Member(b"p/.data/ts_code/code/__torch__/net.py", CODE % b"    return x\n"),
        Member(b"p/.data/ts_code/0/data.pkl", OBJECT % b"N"),
        Member(b"p/.data/ts_code/0/constants.pkl", b"\x80\x02)."),
    ]
    assert failing(archive(*members)) == []
    writing = Member(b"p/.data/ts_code/code/__torch__/w.py", CODE % b"    torch.save(x)\n")
    assert "PTH132" in found(archive(*members, writing))


def test_scripted_models_of_old_versions() -> None:
    members = [
        Member(b"net/version", b"1"),
        Member(
            b"net/code/archive.py", b"op_version_set = 0\ndef forward(self,\n    x: Tensor) -> Tensor:\n  return x\n"
        ),
        Member(b"net/model.json", b'{"protoVersion": 2, "tensors": []}'),
        Member(b"net/tensors/0", b"\x93\x01\xff\x7f" * 8),
    ]
    assert failing(archive(*members)) == []
    writing = Member(b"net/code/libs.py", b"op_version_set = 0\ndef f(x):\n  torch.save(x)\n")
    assert "PTH132" in found(archive(*members, writing))


@pytest.mark.parametrize("lengths", [range(4, 27_000, 1709)])
def test_a_scripted_model_that_was_cut_does_not_pass_as_whole(lengths: range) -> None:
    whole = (DATA / "scripted.pt").read_bytes()
    for length in lengths:
        assert failing(whole[:length]), length


def test_the_record_that_makes_torch_load_a_scripted_model_is_noted() -> None:
    constants = Member(b"archive/constants.pkl", b"\x80\x02).")
    assert set(found(checkpoint(SMALL, {"0": NUMBERS}, constants))) == {"PTH131"}


@pytest.mark.parametrize(
    ("operator", "rule"),
    [("aten::save", "PTH132"), ("aten::from_file", "PTH133"), ("evil::run", "PTH134"), ("aten::add", "")],
)
def test_compiled_code_names_its_operators(operator: str, rule: str) -> None:
    bytecode = (
        b"\x80\x02(K\x07(" + text("__torch__.net.Net.forward") + b"((" + text(operator) + text("Tensor") + b"ttt."
    )
    compiled = Member(b"net/bytecode.pkl", bytecode)
    issues = failing(scripted(HONEST, b"", b"\x80\x02).", compiled))
    assert [issue[:6] for issue in issues] == ([rule] if rule else [])


def test_pickles_that_python_loads_inside_have_no_classes_of_the_archive() -> None:
    inner = b"\x80\x02c__torch__.net\nNet\n)\x81."
    nested = b"ctorch.storage\n_load_from_bytes\nB" + struct.pack("<I", len(inner)) + inner + b"\x85R"
    assert any("__torch__.net.Net" in issue for issue in failing(scripted(HONEST, OBJECT % nested)))


def test_mutated_scripted_models_are_reports_not_failures() -> None:
    generator = random.Random(13)
    compiled = Member(b"net/bytecode.pkl", b"\x80\x02(" + text("aten::save") + b"t.")
    whole = scripted(b"    torch.save(x)\n", b"", b"\x80\x02).", compiled)
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(generator.randint(1, 8)):
            data[generator.randrange(len(data))] = generator.randrange(256)
        report = modelaudit.scan_bytes(bytes(data), name="model.pt")
        assert not report.has_errors
        assert report.exit_code == 1


def test_attributes_may_be_called_like_a_namespace() -> None:
    code = b"    return (self.ops).forward(x, )\n  ops : __torch__.torch.nn.modules.container.ModuleList\n"
    assert failing(scripted(code)) == []
