"""The caps of the Python half, each with the reason for its number. Those of the core are in rust/src/limits.rs."""

from __future__ import annotations

#: Containers inside each other. The deepest honest file known (a checkpoint in a tar in a gzip in a zip) has four.
NESTING = 16

#: Containers and members of one file that wait to be scanned.
QUEUE = 1_000_000

#: Bytes from which on a file or a member is worth a thread of its own: a millisecond of work.
LARGE = 1 << 20

#: Large files that wait for a thread, for each thread: enough that none is idle while small files are scanned.
AHEAD = 4
#: Characters of one blacklist pattern: longer than any name or sentence that somebody looks for.
PATTERN = 1000

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
GRACE = 0.25

#: Seconds after the deadline in which a scanner may still tell what it has found, or end what nobody can stop.
OVERRUN = 0.3

#: Members of one file that are listed by name if the time is over before their turn; the others are counted.
LISTED = 100

#: Arrays that follow each other in one file, as repeated calls of `numpy.save` write them.
ARRAYS = 10_000

#: Bytes of the header of an array: tens of thousands of fields. Numpy itself stops at 10,000 bytes by default.
ARRAY_HEADER = 4 << 20

#: Brackets inside each other in a file of JSON or UBJSON. Nested pipelines in a skops schema reach about 60.
JSON_DEPTH = 200

#: Bytes of one JSON text that are parsed in one piece: what the parser makes of them takes several times as much.
JSON = 256 << 20

#: Values of one manifest in JSON: each takes some hundred bytes. The merges of the largest tokenizers are 2 million.
JSON_VALUES = 6_000_000

#: Bytes that are read in one piece from a format that is followed from front to back.
BLOCK = 1 << 20

#: Values of one UBJSON file, arrays of numbers counted as one: a model of 100,000 trees has about 2 million.
UBJSON_VALUES = 10_000_000

#: Bytes of one array or text of a UBJSON file that are looked at: a tree of 16 million nodes.
UBJSON_ARRAY = 64 << 20

#: Bytes of one line of a text model: the names of a million columns.
LINE = 64 << 20

#: Bytes of one layer whose weights are compared: a thousand classes of 16,384 features in single precision.
HEAD_WEIGHTS = 64 << 20

#: Bytes of those that are in memory at a time.
HEAD_BLOCK = 4 << 20

#: Bytes of a file whose weights are looked at without being asked for: to open numpy takes a tenth of a second.
WEIGHTS_FILE = 256 << 20

#: Bytes of one YAML text: its parser takes a second for ten million of them, and more without its native part.
YAML = 32 << 20

#: Parts of one YAML text. A list of a million tokens has a million.
YAML_EVENTS = 5_000_000

#: Collections inside each other in YAML. Configurations of nested modules reach about 20.
YAML_DEPTH = 200

#: Elements inside each other in XML: trees of PMML models go some hundreds deep.
XML_DEPTH = 10_000

#: Bytes of one TOML text, whose parser is in Python.
TOML = 4 << 20

#: Bytes of one text with sections, keys and values.
INI = 16 << 20
#: Values of one HDF5 file that are scanned as nested content: a store of some thousand tables has this many pickles.
HDF5_NESTED = 10_000

#: Bytes of one compressed dataset of an HDF5 file that are scanned as nested content, and of all together.
HDF5_FRONT = 16 << 20
HDF5_BYTES = 256 << 20
#: Characters of a template that are parsed. The longest chat templates known have 60,000.
TEMPLATE = 512 << 10

#: Tokens of a template that are parsed. The longest chat templates known have 15,000; the parser takes 20 us for each.
TEMPLATE_TOKENS = 80_000

#: Levels of a template's syntax tree: a chain of attributes is deep although the parser loops over it.
TEMPLATE_DEPTH = 200
