"""From paths to regular files, in a fixed order; everything else becomes a reason why it is not scanned."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from modelaudit.model import Detail

_KINDS = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
}


@dataclass(frozen=True)
class Entry:
    """A regular file to scan, or a path with the rule that says why it is not scanned."""

    path: str
    size: int = 0
    rule: str | None = None
    facts: dict[str, Detail] = field(default_factory=dict)


def walk(paths: Iterable[str]) -> Iterator[Entry]:
    """Yield what lies at and below the paths, as given, folders in sorted order.

    A link that is given itself is followed; links met in a folder are not, and are reported. Only regular files are
    ever opened. Never raises for what the file system holds.
    """
    for path in paths:
        try:
            status = os.stat(path)
        except OSError as error:
            yield _unreadable(path, error)
            continue
        except ValueError:
            # A NUL byte in a path: no operating system knows such a file.
            yield Entry(path, rule="ENG201", facts={"reason": "no such file or directory"})
            continue
        if stat.S_ISDIR(status.st_mode):
            yield from _walk_folder(path)
        else:
            yield _file(path, status)


def _walk_folder(root: str) -> Iterator[Entry]:
    """Walk depth first without recursion: a hostile tree may be deeper than the interpreter's stack."""
    real_root = os.path.realpath(root)
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            yield _unreadable(folder, error)
            continue
        folders = []
        for entry in entries:
            try:
                if entry.is_symlink():
                    yield _link(entry.path, real_root)
                elif entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                else:
                    yield _file(entry.path, entry.stat(follow_symlinks=False))
            except OSError as error:
                yield _unreadable(entry.path, error)
        waiting.extend(reversed(folders))


def _file(path: str, status: os.stat_result) -> Entry:
    if stat.S_ISREG(status.st_mode):
        return Entry(path, size=status.st_size)
    kind = _KINDS.get(stat.S_IFMT(status.st_mode), "a special file")
    return Entry(path, rule="ENG202", facts={"kind": kind})


def _link(path: str, real_root: str) -> Entry:
    """Say what a link in a folder is: a loop, a way out, or another name of something in the folder."""
    try:
        os.stat(path)
    except OSError as error:
        return _unreadable(path, error)
    target = os.path.realpath(path)
    own_folder = os.path.realpath(os.path.dirname(path))
    if own_folder == target or own_folder.startswith(os.path.join(target, "")):
        return Entry(path, rule="ENG203")
    inside = target == real_root or target.startswith(os.path.join(real_root, ""))
    return Entry(path, rule="ENG206" if inside else "ENG205")


def _unreadable(path: str, error: OSError) -> Entry:
    import errno

    if error.errno == errno.ELOOP:
        return Entry(path, rule="ENG203")
    reason = (error.strerror or str(error)).lower()
    return Entry(path, rule="ENG201", facts={"reason": reason})
