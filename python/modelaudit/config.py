"""What the caller of a scan chose, checked once."""

from __future__ import annotations

from dataclasses import dataclass

from modelaudit import limits

#: Seconds after which a scan ends by itself, unless the caller says otherwise.
DEFAULT_TIMEOUT = 300.0

#: `auto`: where it costs little; `on`: in every file that has a head; `off`: never.
WEIGHTS = ("auto", "on", "off")

_SUFFIXES = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_SUFFIXES.update({"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40})


@dataclass(frozen=True)
class ScanConfig:
    """The choices of one scan.

    Raises `ValueError` for a negative or impossible number and for a blacklist pattern that is empty, no text or
    longer than `limits.PATTERN`.
    """

    #: Literal patterns, looked for in names and in all content without regard to case.
    blacklist: tuple[str, ...] = ()
    #: Seconds for the whole scan; 0 for no limit.
    timeout: float = DEFAULT_TIMEOUT
    #: Bytes; a larger file is not scanned. 0 for no limit.
    max_file_size: int = 0
    #: Threads for large files and members; 0 for as many as there are processors.
    jobs: int = 0
    #: Whether the weights of classification heads are compared: one of `WEIGHTS`.
    weights: str = "auto"
    #: Whether to read every byte, also of tensors, for code and nested formats.
    deep: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if not 0 <= self.timeout < float("inf"):
            raise ValueError(f"timeout must be a number of seconds, 0 or more, not {self.timeout}")
        if self.max_file_size < 0:
            raise ValueError(f"max_file_size must be a number of bytes, 0 or more, not {self.max_file_size}")
        if self.jobs < 0:
            raise ValueError(f"jobs must be a number of threads, 0 or more, not {self.jobs}")
        if self.weights not in WEIGHTS:
            raise ValueError(f"weights must be one of {', '.join(WEIGHTS)}, not {self.weights}")
        if not all(self.blacklist):
            raise ValueError("a blacklist pattern must not be empty")
        for pattern in self.blacklist:
            if len(pattern) > limits.PATTERN:
                raise ValueError(f"a blacklist pattern must have at most {limits.PATTERN} characters")
            try:
                pattern.encode()
            except UnicodeEncodeError:
                raise ValueError(f"a blacklist pattern must be text, not {pattern!a}") from None


def parse_size(text: str) -> int:
    """Return the number of bytes that `2GB`, `500 kb`, `1.5GiB` or `1048576` stand for.

    Decimal suffixes count in thousands, those with an `i` in 1,024s. Raises `ValueError` for anything else.
    """
    number = text.strip().upper().rstrip("BIKMGT").strip()
    suffix = text.strip().upper()[len(number) :].strip()
    if suffix not in _SUFFIXES or not number or not number.replace(".", "", 1).isascii():
        raise ValueError(f"not a size: {text!r}")
    size = float(number) * _SUFFIXES[suffix] if "." in number else int(number) * _SUFFIXES[suffix]
    if size < 0:
        raise ValueError(f"not a size: {text!r}")
    return int(size)
