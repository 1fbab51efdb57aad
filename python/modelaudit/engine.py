"""One path through the system: the queue of what is nested in it, its order and its budgets."""

from __future__ import annotations

import os
import stat
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Callable

from modelaudit import _native, limits
from modelaudit.evidence import Evidence
from modelaudit.item import Item

if TYPE_CHECKING:
    from modelaudit.blacklist import Blacklist
    from modelaudit.config import ScanConfig
    from modelaudit.model import FileReport
    from modelaudit.pool import Pool
    from modelaudit.walk import Entry


class FileScan(Evidence):
    """One path at work: what was found, and the queue of what is nested in it."""

    def __init__(self, entry: Entry, config: ScanConfig, deadline: _native.Deadline, pool: Pool | None = None) -> None:
        super().__init__(entry.path)
        self.deep = config.deep
        self.name = os.path.basename(entry.path)
        self.config = config
        self.deadline = deadline
        self.pool = pool
        self.queue: deque[Item] = deque()
        self.nested: list[Item] = []
        #: How many were left when the time was over.
        self._left = 0
        #: The folder on the disk, None for a stream: there, a name is just a name.
        self.folder = os.path.dirname(entry.path) if entry.given else None
        self.blacklist: Blacklist | None = None
        if config.blacklist:
            from modelaudit import blacklist

            self.blacklist = blacklist.compiled(config.blacklist)
            # Folders above the given path are the caller's own.
            above = os.path.dirname((entry.given or entry.path).rstrip(os.sep))
            self.check_name(entry.path[len(above) :], ())

    def run(self, source: _native.Source) -> None:
        """Scan the file and all that is nested in it."""
        self.size = source.size or 0
        if 0 < self.config.max_file_size < self.size:
            self.unread("ENG102", {"size": self.size, "limit": self.config.max_file_size})
            return
        self.add(Item(self, source, self.name, (), None))
        while self.nested:
            # What is nested comes before what follows: few containers are open at a time.
            self.queue.extendleft(reversed(self.nested))
            self.nested.clear()
            while self.queue and not self.nested:
                item = self.queue.popleft()
                late = self.deadline.expired
                if late and not item.has_begun:
                    self.leave(item.members)
                    continue
                if self.pool is not None and not late:
                    self._begin_the_next(self.pool)
                item.finish()

    def leave(self, members: tuple[str, ...]) -> None:
        """Note that the time is over before the turn of something nested comes."""
        self._left += 1
        if self._left <= limits.LISTED:
            self.incomplete("ENG101", members)

    def report(self) -> FileReport:
        """Return the report of the path."""
        if self._left > limits.LISTED:
            self.incomplete("ENG115", facts={"count": self._left - limits.LISTED})
        return super().report()

    def _begin_the_next(self, pool: Pool) -> None:
        """Let threads begin with the members that come next, as long as they are large."""
        for item in islice(self.queue, pool.jobs - 1):
            if not item.is_large():
                return
            item.begin(pool)

    def run_read(self, read: Callable[[int], bytes]) -> None:
        """Scan what a function reads. Raises what it raises."""
        from modelaudit.spool import TooLongError, spool

        limit = min(self.config.max_file_size or limits.STDIN, limits.STDIN)
        try:
            source = spool(read, limit, self.deadline)
        except TooLongError:
            self.unread("ENG102", {"size": f"more than {limit}", "limit": limit})
        except _native.TooLateError:
            self.unread("ENG101")
        else:
            self.run(source)

    def add(self, item: Item) -> None:
        """Queue something nested, unless that goes too deep or too far."""
        depth = len(item.members)
        if depth > limits.NESTING:
            item.incomplete("ENG108", None, {"depth": depth, "limit": limits.NESTING})
        elif len(self.queue) + len(self.nested) >= limits.QUEUE:
            self.incomplete("ENG114", facts={"limit": limits.QUEUE})
        else:
            if item.members:
                self.check_name(item.name, item.members)
            self.nested.append(item)

    def beside(self, name: str) -> _native.Source | None:
        """Return a regular file of the same folder."""
        if self.folder is None or name in ("", ".", "..") or "\0" in name or os.path.basename(name) != name:
            return None
        path = os.path.join(self.folder, name)
        try:
            if not stat.S_ISREG(os.lstat(path).st_mode):
                return None
            source = _native.Source.open(path)
        except OSError:
            return None
        source.end_at(self.deadline)
        return source

    def check_name(self, name: str, members: tuple[str, ...]) -> None:
        """Hold a name against the blacklist."""
        for pattern in self.blacklist.names(name) if self.blacklist else ():
            self.issue("BLK101", members, None, {"pattern": pattern}, {"name": name})
