"""What the command imports before it works: few modules, and none of those that are slow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from assembly import EVIL

#: Runs the command in a fresh interpreter, without those of its modules that `site` has imported, and tells what came.
_SCRIPT = """
import sys
import click
known = set(sys.modules)
from modelaudit.cli import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
print(*sorted(set(sys.modules) - known), file=sys.stderr)
"""

#: Modules that cost milliseconds or are for files of one kind, for the network, or for what the caller asks for.
SLOW = frozenset(
    (
        *("argparse", "ast", "asyncio", "base64", "bz2", "concurrent", "configparser", "csv", "ctypes", "decimal"),
        *("difflib", "email", "gzip", "h5py", "hashlib", "html", "http", "importlib.metadata", "importlib.resources"),
        *(
            "ipaddress",
            "jinja2",
            "json",
            "logging",
            "lzma",
            "multiprocessing",
            "numpy",
            "pathlib",
            "pickle",
            "pickletools",
        ),
        *(
            "pkgutil",
            "queue",
            "random",
            "select",
            "selectors",
            "shutil",
            "signal",
            "socket",
            "sqlite3",
            "ssl",
            "statistics",
        ),
        *(
            "subprocess",
            "tarfile",
            "tempfile",
            "tokenize",
            "tomli",
            "tomllib",
            "traceback",
            "unittest",
            "urllib",
            "uuid",
        ),
        *("xml", "xml.parsers.expat", "yaml", "zipfile", "zlib"),
    )
)

#: Formats are imported with the registry; what reads their content is not.
READERS = frozenset(
    f"modelaudit.{name}"
    for name in (
        *("api", "blacklist", "credentials", "deep", "heads", "jinja", "jsonmanifest", "jsonwriter", "keras_config"),
        *("loaderkeys", "progress", "python_source", "spool", "strictjson", "torchzip", "weights", "yamlmanifest"),
    )
)


def imported(*arguments: str) -> set[str]:
    """Return the modules that the command imports besides those of click."""
    command = [sys.executable, "-c", _SCRIPT, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return set(done.stderr.split())


def test_the_version_is_told_without_the_scanner() -> None:
    found = imported("--version")
    assert not found & SLOW
    ours = {name for name in found if name.startswith("modelaudit")}
    assert ours == {"modelaudit", "modelaudit.cli", "modelaudit.reports", "modelaudit._native"}
    assert len(found) <= len(ours) + 3, sorted(found)


@pytest.mark.parametrize("data", [EVIL, b"\x80\x04N."], ids=["hostile", "harmless"])
def test_a_scan_of_one_pickle_imports_no_more_than_it_needs(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(data)
    found = imported("scan", str(path))
    assert not found & (SLOW | READERS)
    ours = {name for name in found if name.startswith("modelaudit")}
    formats = {name for name in ours if name.startswith("modelaudit.formats")}
    assert len(formats) <= 38, sorted(formats)
    assert len(ours - formats) <= 24, sorted(ours - formats)
    assert len(found - ours) <= 6, sorted(found - ours)
