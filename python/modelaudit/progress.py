"""A progress bar for people who wait at a terminal: bytes and files so far, and the file at work."""

from __future__ import annotations

import os
import shutil
import threading
from typing import TYPE_CHECKING, TextIO

import click

from modelaudit.rules import escaped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modelaudit._native import Source

#: Seconds of work that nobody needs to be told about.
_PATIENCE = 0.5

#: Seconds between two looks.
_INTERVAL = 0.1

#: Steps of the bar; bytes are counted in these, so that terabytes stay small numbers.
_STEPS = 1000

#: Columns of bar, percentage and the spaces around them.
_BAR = 36

#: Columns in which the end of a path says something.
_LEAST = 12


class Progress:
    """How far a scan has got, told by its threads; and the bar, drawn by a thread of its own."""

    def __init__(self, paths: Iterable[str], stream: TextIO) -> None:
        self._paths = tuple(paths)
        self._stream = stream
        self._lock = threading.Lock()
        self._open: dict[str, Source] = {}
        self._bytes = 0
        self._files = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._show, name="modelaudit progress", daemon=True)

    def __enter__(self) -> Progress:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def begin(self, path: str, source: Source) -> None:
        """Note that the scan of a file begins."""
        with self._lock:
            self._open[path] = source

    def done(self, path: str, size: int) -> None:
        """Note that the scan of a file is over."""
        with self._lock:
            self._open.pop(path, None)
            self._bytes += size
            self._files += 1

    def now(self) -> tuple[int, int, str]:
        """Return bytes and files so far, and the path of the file that has been at work for longest."""
        with self._lock:
            reached = sum(min(source.bytes_read, source.size or 0) for source in self._open.values())
            return self._bytes + reached, self._files, next(iter(self._open), "")

    def _show(self) -> None:
        if self._ended.wait(_PATIENCE):
            return
        size, files = self._total()
        if self._ended.is_set():
            return
        template = "[%(bar)s]  %(info)s  %(label)s"
        with click.progressbar(
            length=_STEPS, file=self._stream, bar_template=template, width=20, show_eta=False
        ) as bar:
            while not self._ended.wait(_INTERVAL):
                done, count, path = self.now()
                words = f"{_amount(done)} of {_amount(size)}, {count} of {files} files"
                bar.label = f"{words}  {_tail(path, shutil.get_terminal_size().columns - len(words) - _BAR)}"
                bar.update(min(_STEPS, done * _STEPS // max(size, 1)) - bar.pos)
            bar.label = ""
            bar.update(_STEPS - bar.pos)

    def _total(self) -> tuple[int, int]:
        """Return bytes and number of the files to be scanned, as far as the file system says."""
        from modelaudit.walk import walk

        size = files = 0
        for entry in walk(self._paths):
            if self._ended.is_set():
                break
            files += 1
            if entry.rule is None:
                try:
                    size += os.stat(entry.path).st_size
                except OSError:
                    continue
        return size, files


def _amount(size: int) -> str:
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size} bytes"


def _tail(path: str, room: int) -> str:
    """Return a path that a terminal can show: its end where it is too long, nothing where there is hardly room."""
    shown = escaped(path)
    if room < _LEAST:
        return ""
    return shown if len(shown) <= room else f"...{shown[len(shown) - (room - 3) :]}"
