"""Downloads wheels and opens the modules in them; nothing is installed, built or imported."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import warnings
import zipfile
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

#: Pythons and platforms to ask for, until one has a wheel: old libraries have none for the Python of today.
TARGETS = (
    ("3.12", ("macosx_15_0_arm64", "macosx_15_0_x86_64")),
    ("3.9", ("macosx_15_0_arm64", "macosx_15_0_x86_64")),
    ("3.7", ("macosx_15_0_x86_64",)),
    ("3.6", ("macosx_15_0_x86_64",)),
    ("3.10", ("manylinux_2_28_x86_64", "manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64")),
    ("3.6", ("manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64")),
    ("2.7", ("macosx_15_0_x86_64",)),
)

CACHE = Path(".venv-tables") / "wheels"

#: Parts of a module's path that hold nothing a pickle of a user names.
NOT_READ = frozenset({"tests", "test", "testing", "_testing", "conftest", "setup", "benchmarks", "examples"})


class Wheel(NamedTuple):
    """One wheel: its modules by dotted name, with the member of the archive that holds each."""

    path: Path
    sources: dict[str, str]
    compiled: dict[str, str]

    def text(self, module: str) -> str:
        """Return the source of a module."""
        return archive_at(self.path).read(self.sources[module]).decode("utf-8-sig", "replace")

    def data(self, module: str) -> bytes:
        """Return the bytes of a compiled module."""
        return archive_at(self.path).read(self.compiled[module])

    def is_package(self, module: str) -> bool:
        """Return whether the module is a folder."""
        return self.sources.get(module, "").endswith("__init__.py")


@lru_cache(maxsize=8)
def archive_at(path: Path) -> zipfile.ZipFile:
    """Return the opened archive: its directory is long, and is read once."""
    return zipfile.ZipFile(path)


def fetch(pin: str) -> Path:
    """Return the wheel of `name==version`, from the cache or the registry."""
    name, _, version = pin.partition("==")
    pattern = f"{re.sub(r'[-_.]+', '[-_.]', name)}-{version}-*.whl"
    CACHE.mkdir(parents=True, exist_ok=True)
    for python, platforms in TARGETS:
        found = sorted(
            path for path in CACHE.iterdir() if re.match(pattern.replace("*", ".*"), path.name, re.IGNORECASE)
        )
        if found:
            return found[0]
        places = [part for platform in platforms for part in ("--platform", platform)]
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", *places]
        subprocess.run(  # noqa: S603, the arguments are the pins of this repository
            [*command, "--python-version", python, "--dest", str(CACHE), pin],
            check=False,
            stderr=subprocess.DEVNULL,
        )
    message = f"no wheel of {pin}"
    raise LookupError(message)


@cache
def opened(pin: str) -> Wheel:
    """Return the wheel with its list of modules."""
    path = fetch(pin)
    sources, compiled = {}, {}
    for member in archive_at(path).namelist():
        stem, dot, ending = member.partition(".")
        parts = [part for part in stem.split("/") if part != "__init__"]
        if not dot or not parts or NOT_READ & set(parts) or "-" in stem:
            continue
        if ending == "py":
            sources[".".join(parts)] = member
        elif ending.endswith(("so", "pyd")):
            compiled[".".join(parts)] = member
    return Wheel(path, sources, compiled)


@lru_cache(maxsize=20000)
def tree(pin: str, module: str) -> ast.Module:
    """Return the parsed source of a module; an empty one where this Python cannot read it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(opened(pin).text(module))
    except (SyntaxError, ValueError) as error:
        print(f"not read: {pin} {module}: {error}", file=sys.stderr)
        return ast.Module(body=[], type_ignores=[])
