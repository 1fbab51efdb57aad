"""From paths to regular files, in a fixed order; everything else becomes a reason why it is not scanned."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from modelaudit.model import Detail

_KINDS = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
}


class Entry(NamedTuple):
    """A regular file to scan, or a path with the rule that says why it is not scanned."""

    path: str
    #: The path of the caller below which it was found.
    given: str = ""
    rule: str | None = None
    facts: Mapping[str, Detail] | None = None


def walk(paths: Iterable[str]) -> Iterator[Entry]:
    """Yield what lies at and below the paths, as given, folders in sorted order.

    A link that is given itself is followed; links met in a folder are not, and are reported. Only regular files are
    ever opened. Never raises for what the file system holds.
    """
    for path in paths:
        try:
            mode = os.stat(path).st_mode
        except OSError as error:
            yield _unreadable(path, path, error)
            continue
        except ValueError:
            # A NUL byte in a path: no operating system knows such a file.
            yield Entry(path, path, "ENG201", {"reason": "no such file or directory"})
            continue
        if stat.S_ISDIR(mode):
            yield from _walk_folder(path)
        elif stat.S_ISREG(mode):
            yield Entry(path, path)
        else:
            yield _special(path, path, mode)


def _walk_folder(root: str) -> Iterator[Entry]:
    """Walk depth first without recursion: a hostile tree may be deeper than the interpreter's stack."""
    real_root = os.path.realpath(root)
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=_name)
        except OSError as error:
            yield _unreadable(folder, root, error)
            continue
        folders = []
        for entry in entries:
            try:
                # What the folder says of its entries is enough for all but special files: no look at each of them.
                if entry.is_symlink():
                    yield _link(entry.path, root, real_root)
                elif entry.is_file(follow_symlinks=False):
                    yield Entry(entry.path, root)
                elif entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                else:
                    yield _special(entry.path, root, entry.stat(follow_symlinks=False).st_mode)
            except OSError as error:
                yield _unreadable(entry.path, root, error)
        waiting.extend(reversed(folders))


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _special(path: str, given: str, mode: int) -> Entry:
    kind = _KINDS.get(stat.S_IFMT(mode), "a special file")
    return Entry(path, given, "ENG202", {"kind": kind})


def _link(path: str, given: str, real_root: str) -> Entry:
    """Say what a link in a folder is: a loop, a way out, or another name of something in the folder."""
    try:
        os.stat(path)
    except FileNotFoundError:
        return Entry(path, given, "ENG201", {"reason": "symbolic link to nothing"})
    except OSError as error:
        return _unreadable(path, given, error)
    target = os.path.realpath(path)
    own_folder = os.path.realpath(os.path.dirname(path))
    if own_folder == target or own_folder.startswith(os.path.join(target, "")):
        return Entry(path, given, "ENG203")
    inside = target == real_root or target.startswith(os.path.join(real_root, ""))
    return Entry(path, given, "ENG206" if inside else "ENG205")


def _unreadable(path: str, given: str, error: OSError) -> Entry:
    if error.errno == errno.ELOOP:
        return Entry(path, given, "ENG203")
    reason = (error.strerror or str(error)).lower()
    return Entry(path, given, "ENG201", {"reason": reason})
