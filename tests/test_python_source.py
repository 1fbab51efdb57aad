"""Python source by what it would run and when: followed through imports, grave in archives, context beside models."""

from __future__ import annotations

import io
import zipfile

import pytest

import modelaudit
from modelaudit import limits, python_source, python_syntax

#: Source that runs something when it is imported, and the name that is told.
AT_IMPORT = {
    "import os\nos.system('x')": "os.system",
    "from os import system as s\ndef f():\n  s('x')\nf()": "os.system",
    "__import__('os').system('x')": "os.system",
    "import os\ngetattr(os, 'sys' + 'tem')('x')": "os.system",
    "import importlib\nimportlib.import_module('subprocess').Popen('x')": "subprocess.Popen",
    "import os\ng = os.system\ng('x')": "os.system",
    "exec('1')": "builtins.exec",
    "class A:\n  def __init__(self):\n    eval('x')\nA()": "builtins.eval",
    "import urllib.request as r\nr.urlopen('http://x')": "urllib.request.urlopen",
    "import requests\nrequests.get('x')": "requests.get",
    "import socket\ns = socket.socket()": "socket.socket",
    "import ctypes\nctypes.CDLL('x')": "ctypes.CDLL",
    "import os\nlist(map(os.system, ['x']))": "os.system",
    "import threading, os\nthreading.Thread(target=os.system, args=('x',)).start()": "os.system",
    "import sys\nsys.modules['os'].system('x')": "os.system",
    "import os\nvars(os)['popen']('x')": "os.popen",
    "from subprocess import *\nPopen('x')": "subprocess.Popen",
    "f = lambda: __import__('os').system('id')\nf()": "os.system",
    "import os\n@os.system\ndef x(): pass": "os.system",
    "import os\nclass M:\n  x = os.popen('id')": "os.popen",
    "try:\n  import pty\n  pty.spawn('x')\nexcept Exception:\n  pass": "pty.spawn",
    "def f(x=__import__('os').system('id')): pass": "os.system",
}

#: Source that does so when one of its functions is called.
IN_FUNCTIONS = {
    "def f():\n import subprocess as sp\n sp.run(['x'])\n": "subprocess.run",
    "class A:\n  def run(self):\n    eval('x')\n": "builtins.eval",
    "if __name__ == '__main__':\n  import os\n  os.system('x')": "os.system",
}

HONEST = b"""
import json, os
from dataclasses import dataclass
import torch
from torch import nn
from subprocess import PIPE, CalledProcessError

@dataclass
class Config:
    path: str = os.path.join("a", "b")

class Model(nn.Module):
    def forward(self, x):
        self.eval()
        return torch.compile(x) if os.environ.get("FAST") else torch.load("x")

model = Model().eval()
"""


def zipped(content: bytes, name: str = "code/handler.py") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr(zipfile.ZipInfo(name), content)
    return target.getvalue()


def told(data: bytes, name: str) -> list[tuple[str, str]]:
    issues = modelaudit.scan_bytes(data, name).issues
    return [(issue.rule, str(issue.details.get("callable", ""))) for issue in issues if issue.rule[:4] == "PAY1"]


@pytest.mark.parametrize("source", AT_IMPORT)
def test_what_runs_at_import_is_critical_in_an_archive_and_a_warning_beside(source: str) -> None:
    assert told(zipped(source.encode()), "m.zip") == [("PAY111", AT_IMPORT[source])]
    assert told(source.encode(), "modeling_x.py") == [("PAY112", AT_IMPORT[source])]


@pytest.mark.parametrize("source", IN_FUNCTIONS)
def test_what_runs_in_functions_is_a_warning_in_an_archive_and_context_beside(source: str) -> None:
    assert told(zipped(source.encode()), "m.zip") == [("PAY112", IN_FUNCTIONS[source])]
    assert told(source.encode(), "train.py") == [("PAY113", IN_FUNCTIONS[source])]


def test_honest_source_is_context_anywhere() -> None:
    assert told(HONEST, "modeling_x.py") == [("PAY114", "")]
    report = modelaudit.scan_bytes(zipped(HONEST, "repo/modeling_x.py"), "m.zip")
    assert report.exit_code == 0
    assert report.formats == ("zip", "python-source")


def test_an_interpreter_in_the_first_line_makes_it_python_under_any_name() -> None:
    source = b"#!/usr/bin/env python3\nimport os\nos.system('x')\n"
    assert told(source, "run") == [("PAY112", "os.system")]


@pytest.mark.parametrize(
    "source",
    [
        b"print 'python 2'\nimport os as o\no.system('x')\n",
        b"import os as o\n" + b"# padding\n" * 60_000 + b"o.system('x')\n",
        b"import os as o\no.system('x')\nx = " + b"(" * 300 + b")" * 300,
        b"import os as o\no.system('x')\nx = " + b"-" * 100_000 + b"1",
        b"# coding: utf-7\nimport os as o\no.system('x')\n",
        b"import os as o\no.system('x')\nif x: pass\n" + b"elif x: pass\n" * 20_000,
    ],
    ids=["python 2", "long", "brackets", "signs", "encoding", "branches"],
)
def test_what_cannot_be_parsed_is_looked_at_for_words(source: bytes) -> None:
    with pytest.raises(python_syntax.NotParsedError):
        python_source.uses(source)
    assert told(zipped(source), "m.zip") == [("PAY112", "os.system"), ("PAY115", "")]
    assert told(source, "old.py") == [("PAY113", "os.system"), ("PAY115", "")]


def test_source_beyond_the_limit_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SCRIPT", 1000)
    rules = [rule for rule, _ in told(b"x = 1\n" * 500, "x.py")]
    assert "PAY116" in rules


def test_bytes_that_are_no_source_are_not_called_so() -> None:
    report = modelaudit.scan_bytes(b"x = 1\n\0\1\2", "x.py")
    assert [issue.rule for issue in report.issues] == ["ENG103"]


def test_damaged_source_is_a_report() -> None:
    for source in (*AT_IMPORT, HONEST.decode()):
        data = source.encode()
        for cut in range(0, len(data), 3):
            report = modelaudit.scan_bytes(data[:cut] + b"\xff" + data[cut + 1 :], "x.py")
            assert "ENG204" not in [issue.rule for issue in report.issues]


@pytest.mark.parametrize("name", ["__init__.py", "chat_template.jinja", "prompt.j2"])
def test_an_empty_file_is_fine(name: str) -> None:
    assert [issue.rule for issue in modelaudit.scan_bytes(b"", name).issues] == ["ENG106"]
