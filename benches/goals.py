"""What each row of the table should reach, what the machine could reach at best, and what stands between the two."""

from __future__ import annotations

from typing import NamedTuple


class Goal(NamedTuple):
    """The goal of one row."""

    #: The exit code of a scan that is right.
    verdict: int
    #: Seconds, as so many times a measured one (a limit by its name) and so many beside it.
    times: float
    of: str
    plus: float
    #: Megabytes; None where none was set.
    memory: int | None
    #: The limit that the row is held against, by its name in `limits.py`.
    limit: str
    #: What takes the time.
    why: str

    def seconds(self, measured: dict[str, float]) -> float | None:
        """Return the seconds, or None where what they depend on was not measured."""
        if not self.of:
            return self.plus
        base = measured.get(self.of)
        return None if base is None else self.times * base + self.plus

    def words(self) -> str:
        """Return how the goal is put."""
        parts = []
        if self.of:
            name = {"start": "start-up", "click": "`import click`", "h5py": "`import h5py`"}.get(self.of, self.of)
            parts.append(name if self.times == 1 else f"{self.times:g} x {name}")
        if self.plus:
            parts.append(f"{self.plus:g} s")
        return " + ".join(parts)


#: By the name of the workload's file, without its size.
GOALS = {
    "tiny.pkl": Goal(
        1, 1.5, "click", 0, None, "click", "The interpreter and click; modelaudit's own part is about 15 ms of imports."
    ),
    "arrays.pkl": Goal(
        0,
        1,
        "start",
        0.03,
        40,
        "start",
        "Start-up. Payloads are passed over by seeking, so their size does not matter.",
    ),
    "dense_p4.pkl": Goal(
        0, 0, "", 0.6, 64, "walk", "Mispredicted opcodes and the memo; reading the file is a twentieth of it."
    ),
    "dense_p0.pkl": Goal(
        0,
        0,
        "",
        0.4,
        64,
        "walk",
        "The ends of lines, decimal numbers, and the memo, whose every entry is numbered in text; half is the loop over"
        " opcodes and what each does to the stack.",
    ),
    "torch.pt": Goal(
        0,
        1,
        "start",
        0.03,
        40,
        "start",
        "For each of the 400 records a look at its first 4 KiB by the formats that could begin so, and at its last"
        " 64 KiB, where the end of a zip archive may stand.",
    ),
    "entries.zip": Goal(
        1,
        0,
        "",
        0.3,
        None,
        "read",
        "One thread compares the two headers of each member; then each is inflated and looked at, on all processors.",
    ),
    "deflated.zip": Goal(
        1,
        1.3,
        "isal",
        0,
        64,
        "isal",
        "Inflate takes nine tenths: zlib-rs is safe Rust, isal is assembly. Its output is scanned as it comes.",
    ),
    "nested.zip": Goal(1, 0, "", 0.3, None, "read", "Start-up. Stored members are slices, at any depth."),
    "zlib.joblib": Goal(
        1,
        1.3,
        "isal",
        0,
        64,
        "isal",
        "Inflate takes nine tenths: zlib-rs is safe Rust, isal is assembly. Its output is scanned as it comes.",
    ),
    "tape.tar.gz": Goal(
        0,
        0,
        "",
        0,
        None,
        "isal",
        "Inflate, and writing what comes out to a temporary file, so that the members can be read in any order.",
    ),
    "tensors.safetensors": Goal(0, 1, "start", 0.03, None, "start", "Start-up. Only the header is read."),
    "header.safetensors": Goal(
        0, 0, "", 0.3, None, "json", "Parsing the header, and comparing the places of the tensors."
    ),
    "keras.h5": Goal(
        0, 1, "h5py", 0.06, None, "h5py", "Start-up and the imports for Keras; the file is read by 60 pieces."
    ),
    "saved_model.pb": Goal(
        1, 0, "", 0.25, None, "read", "Following the fields of 200,000 nodes; constants are passed over."
    ),
    "texts.pkl": Goal(
        1,
        1,
        "start",
        0.25,
        None,
        "read",
        "First the scan of the pickle, then the search on all processors: a look at six bytes at every eighth place.",
    ),
    "files": Goal(
        1,
        0,
        "",
        0.25,
        None,
        "files",
        "Python: opening, identifying and reporting each file, 50 to 110 microseconds; imports of the readers 30 ms.",
    ),
}
