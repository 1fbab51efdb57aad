"""A source read from front to back, in blocks, so that memory does not follow its size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit import limits

if TYPE_CHECKING:
    from modelaudit._native import Deadline, Source

#: No stream is as long as this.
_MOST = 1 << 62


class EndedError(Exception):
    """The source ends where more was announced."""


class StoppedError(Exception):
    """The deadline, or what decompressing may cost, ends the reading."""


class Window:
    """Where reading has got to, and the block around it."""

    def __init__(self, source: Source, deadline: Deadline) -> None:
        self.source = source
        self.deadline = deadline
        self._block = b""
        self._start = 0
        self._at = 0
        # A decompressed stream is decoded again up to each block: few large ones.
        self._size = limits.BLOCK if source.size is not None else limits.TEXT_BLOCK

    @property
    def position(self) -> int:
        """The offset of the next byte."""
        return self._start + self._at

    def buffered(self) -> tuple[bytes, int]:
        """Return the block in memory and where in it the next byte is, for those who look at many small things."""
        return self._block, self._at

    def jump(self, at: int) -> None:
        """Go on at another place in the block in memory."""
        self._at = at

    def take(self, length: int) -> bytes:
        """Return the next bytes. Raises `EndedError` if there are not that many."""
        end = self._at + length
        if end > len(self._block):
            self._load(length)
            end = length
        taken = self._block[self._at : end]
        self._at = end
        return taken

    def back(self) -> None:
        """Return to the byte before, right after it was taken on its own."""
        self._at -= 1

    def skip(self, length: int) -> None:
        """Pass over bytes without reading them. Raises `EndedError` if there are not that many."""
        if length <= len(self._block) - self._at:
            self._at += length
            return
        end = self.position + length
        if end > (_MOST if self.source.size is None else self.source.size):
            raise EndedError
        self._start, self._at, self._block = end - 1, 0, b""
        self.take(1)

    def ended(self) -> bool:
        """Return whether no byte is left."""
        if self._at < len(self._block):
            return False
        self._fill(1)
        return not self._block

    def line(self, most: int) -> bytes | None:
        """Return the next line with its end, None at the end of the source. Raises `EndedError` beyond `most` bytes."""
        start, end = self._at, self._block.find(b"\n", self._at) + 1
        if 0 < end <= start + most:
            self._at = end
            return self._block[start:end]
        parts: list[bytes] = []
        size = 0
        while not self.ended():
            cut = self._block.find(b"\n", self._at) + 1 or len(self._block)
            part = self._block[self._at : cut]
            self._at = cut
            parts.append(part)
            size += len(part)
            if size > most:
                raise EndedError
            if part.endswith(b"\n"):
                break
        return b"".join(parts) if parts else None

    def _load(self, length: int) -> None:
        self._fill(length)
        if len(self._block) < length:
            raise EndedError

    def _fill(self, length: int) -> None:
        """Read a block from the current position on that has `length` bytes, unless the source ends."""
        position = self.position
        size = self.source.size
        if size is not None and position + length > size and length > self._size:
            raise EndedError
        if self.deadline.expired or (size is None and position > limits.TEXT_DECODED):
            raise StoppedError
        self._block = self.source.read(position, max(length, self._size))
        self._start, self._at = position, 0
