"""The walls of ARCHITECTURE.md, held by looking at the sources."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

import modelaudit
from modelaudit import _native
from modelaudit.formats import FORMATS

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "python" / "modelaudit"
PYTHON = sorted(PACKAGE.rglob("*.py"))
RUST = sorted((ROOT / "rust" / "src").rglob("*.rs"))
FORMAT_FILES = [path for path in PYTHON if path.parent.name == "formats" and path.stem not in ("__init__", "base")]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", PYTHON + RUST, ids=relative)
def test_a_file_says_its_duty_in_its_first_line_and_is_not_too_long(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith(('"""', "//! ")), "the first line says what the file is for"
    assert len(lines) <= (300 if path.suffix == ".py" else 500)
    assert path.stem not in ("utils", "helpers", "common", "manager", "misc")


@pytest.mark.parametrize("path", PYTHON, ids=relative)
def test_functions_fit_on_a_screen(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert (node.end_lineno or 0) - node.lineno < 60, node.name


def test_the_only_catch_all_is_in_the_engine() -> None:
    found = []
    for path in PYTHON:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                caught = "" if node.type is None else ast.unparse(node.type)
                if caught in ("", "Exception", "BaseException"):
                    reraises = any(isinstance(inner, ast.Raise) for inner in node.body)
                    found += [] if reraises else [path.name]
    assert found == ["item.py"]


@pytest.mark.parametrize("path", FORMAT_FILES, ids=relative)
def test_formats_open_nothing_and_build_no_sentences(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            assert not {"os", "pathlib", "io", "subprocess"} & set(names)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "open"
        if isinstance(node, ast.Attribute):
            assert node.attr not in ("open", "severity", "message")
    doc = ast.get_docstring(tree) or ""
    for heading in ("What it is:", "What can run:", "What is checked:", "What is not checked:", "References:"):
        assert heading in doc


def test_a_format_is_named_in_its_file_and_the_registry_only() -> None:
    for path in PYTHON:
        if path.parent.name == "formats":
            continue
        source = path.read_text(encoding="utf-8")
        words = {
            node.value
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        for known in FORMATS:
            assert known.name not in words, f"{path.name} knows {known.name}"


def test_no_format_is_overlooked_when_members_of_archives_are_sifted() -> None:
    for known in FORMATS:
        told = known.first is not None or known.marks or known.words
        assert told or known.asked or known.sifted, f"{known.name} says nothing of how it begins or what it holds"


def test_renderers_see_the_report_and_the_catalogue_only() -> None:
    allowed = {"modelaudit.model", "modelaudit.rules", "modelaudit.reports.style"}
    for path in PYTHON:
        if path.parent.name != "reports" or path.stem == "__init__":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("modelaudit"):
                assert node.module in allowed, path.name


def test_only_one_place_in_rust_knows_python_and_none_knows_severities() -> None:
    for path in RUST:
        code = re.sub(r"//.*", "", path.read_text(encoding="utf-8"))
        if path.parent.name != "py":
            assert "pyo3" not in code, path.name
        if path.name != "catalogue.rs":
            assert not re.search(r'"(critical|warning|info)"', code), path.name


def test_the_stub_describes_the_built_module() -> None:
    stub = ast.parse((PACKAGE / "_native.pyi").read_text(encoding="utf-8"))
    described = {}
    for node in stub.body:
        if isinstance(node, ast.ClassDef):
            described[node.name] = {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
        elif isinstance(node, ast.FunctionDef):
            described[node.name] = {argument.arg for argument in node.args.args}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            described[node.target.id] = set()
    built = {name for name in dir(_native) if not name.startswith("__") or name == "__version__"}
    assert set(described) == built
    for name, parts in described.items():
        thing = getattr(_native, name)
        if inspect.isclass(thing):
            members = {member for member in vars(thing) if not member.startswith("__")}
            assert {part for part in parts if not part.startswith("__")} == members, name
        elif callable(thing):
            assert set(inspect.signature(thing).parameters) == parts, name


def test_public_names_are_documented() -> None:
    for name in modelaudit.__all__:
        thing = getattr(modelaudit, name)
        assert name == "__version__" or inspect.getdoc(thing), name
