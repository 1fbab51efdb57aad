"""The caps of the Python half, each with the reason for its number. Those of the core are in rust/src/limits.rs."""

from __future__ import annotations

#: Containers inside each other. The deepest honest file known (a checkpoint in a tar in a gzip in a zip) has four.
NESTING = 16

#: Containers and members of one file that wait to be scanned.
QUEUE = 1_000_000

#: Bytes of the front that decide the format. Every magic number known lies in it; tar's is the last, at 257.
HEAD = 4096

#: Bytes that one compressed stream may expand to: the largest compressed checkpoints known are below 100 GB.
DECODED = 1 << 40

#: Characters of a text from a file in a message or detail.
TEXT = 500

#: Bytes of standard input that are kept.
STDIN = 1 << 30
