"""How a report may look where it is going: colours, and which characters the encoding has."""

from __future__ import annotations

from typing import NamedTuple

_COLOURS = {"critical": "1;31", "warning": "33", "info": "36", "debug": "2", "good": "32", "dim": "2"}


class Style(NamedTuple):
    """What the destination of a text report can show, and how much of it is wanted."""

    colour: bool = False
    #: The encoding has box-drawing characters and check marks.
    unicode: bool = True
    #: Debug issues, details and reasons too.
    verbose: bool = False

    def paint(self, text: str, colour: str) -> str:
        """Return the text in a colour, or as it is."""
        return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if self.colour else text

    @property
    def rule(self) -> str:
        """A line of 80 columns."""
        return ("─" if self.unicode else "-") * 80

    @property
    def tick(self) -> str:
        """The mark of something done."""
        return "✓" if self.unicode else "OK"

    @property
    def cross(self) -> str:
        """The mark of something found."""
        return "✗" if self.unicode else "X"
