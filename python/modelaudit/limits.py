"""The caps of the Python half, each with the reason for its number. Those of the core are in rust/src/limits.rs."""

from __future__ import annotations

#: Containers inside each other. The deepest honest file known (a checkpoint in a tar in a gzip in a zip) has four.
NESTING = 16

#: Containers and members of one file that wait to be scanned.
QUEUE = 1_000_000

#: Bytes of the front that decide the format. Every magic number known lies in it; tar's is the last, at 257.
HEAD = 4096

#: Bytes of the end that decide the format: an end record of a zip with the longest comment.
TAIL = 22 + 0xFFFF

#: Bytes that one compressed stream may expand to: the largest compressed checkpoints known are below 100 GB.
DECODED = 1 << 40

#: Characters of a text from a file in a message or detail.
TEXT = 500

#: Issues of one severity in one file. Honest files have a few; a reader of the report gives up long before.
ISSUES = 10_000

#: Bytes of standard input, or of another stream, that are kept in memory; more goes to a temporary file.
STDIN_MEMORY = 16 << 20

#: Bytes of standard input, or of another stream, that are kept at all: they take room on the disk.
STDIN = 64 << 30

#: Bytes of text without a format that are looked at in one piece.
TEXT_BLOCK = 32 << 20

#: Bytes of decompressed text that are looked at: each piece costs decompressing all before it.
TEXT_DECODED = 256 << 20

#: Bytes of one source file of a scripted model that are looked at: those of large traced models have two million.
SCRIPT = 4 << 20

#: Seconds in which what is left after the deadline is still listed by name.
GRACE = 0.5

#: Bytes of an archive inside a compressed stream that are kept to be read in any order: they take room on the disk.
SPOOL = 16 << 30
