"""What the attributes and datasets of an HDF5 file hold: configurations, pickles, text that people share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from modelaudit import _native, credentials, encoded_payload, keras_config, limits, strictjson
from modelaudit.formats import keras_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelaudit._native import Deadline, Hdf5Dataset, Hdf5Scan
    from modelaudit.formats.base import Context

#: Attributes that Keras builds a model from, whatever they hold.
_CONFIGS = {"model_config", "training_config"}

#: The number at the end of the name of one part of a long value, as Keras cuts them.
_NUMBERED = re.compile(r"(.*\D)(\d{1,6})", re.DOTALL)

#: What no text holds; see `plaintext`.
_CONTROL = bytes(code for code in range(32) if code not in b"\t\n\v\f\r\x1b") + b"\x7f"

#: Characters of the shortest credential.
_SHORTEST = 16


class _Text(NamedTuple):
    """A text and where it stands."""

    path: str
    name: str
    data: bytes
    position: int


class Values:
    """The values of one file at work: each is looked at once, however often it stands there."""

    def __init__(self, ctx: Context, scan: Hdf5Scan) -> None:
        self._ctx = ctx
        self._scan = scan
        self._seen: set[bytes] = set()
        self._nested = 0
        self._room = limits.HDF5_BYTES

    def attributes(self) -> None:
        """Look at all attributes, the parts of long ones together."""
        parts: dict[tuple[str, str], dict[int, _Text]] = {}
        for attribute in self._scan.attributes:
            kind = attribute.kind
            if kind == "other":
                continue
            values = attribute.values
            text = _Text(attribute.path, attribute.name, b"".join(values), attribute.position)
            numbered = _NUMBERED.fullmatch(text.name) if kind == "text" and len(values) == 1 else None
            if numbered:
                parts.setdefault((text.path, numbered[1]), {})[int(numbered[2])] = text
            else:
                for data in _together(values):
                    self._text(text._replace(data=data))
            for value in values:
                self._value(text, value)
        for (path, name), found in parts.items():
            first = found[min(found)]
            together = name if len(found) > 1 or name in _CONFIGS else first.name
            for data in _together([found[number].data for number in sorted(found)]):
                self._text(_Text(path, together, data, first.position))

    def datasets(self) -> None:
        """Look at the text of small datasets and at all bytes."""
        for dataset in self._scan.datasets:
            if dataset.kind == "other" or dataset.layout in ("virtual", "external"):
                continue
            path, values = dataset.path, dataset.values
            if not dataset.whole and not self._large(dataset):
                self._not_read(dataset, path)
            for value in values:
                text = _Text(path, "", value, dataset.position)
                if dataset.kind == "text":
                    self._text(text)
                self._value(text, value)

    def _not_read(self, dataset: Hdf5Dataset, path: str) -> None:
        """Report text or bytes that were not looked at: sequences of bytes are pickles to those who write them."""
        if dataset.kind == "bytes" and dataset.dtype.startswith("vlen"):
            facts: dict[str, str] = {"limit": "what can be unpacked here", "what": f"sequences of bytes in {path}"}
            self._ctx.incomplete("HDF103", dataset.position, facts)
        else:
            self._ctx.report("HDF122", dataset.position, {"path": path})

    def _large(self, dataset: Hdf5Dataset) -> bool:
        """Hand over the bytes of a dataset that is not small; return whether that were all."""
        size = dataset.size
        if size is None or dataset.dtype == "str" or dataset.dtype.startswith("vlen"):
            return False
        if dataset.offset is not None:
            self._ctx.descend(self._scan.source.slice(dataset.offset, size), dataset.path, raw=True)
            return True
        most = min(limits.HDF5_FRONT, self._room)
        data = _native.read_dataset(self._scan.source, dataset, most, self._ctx.deadline) if most else None
        if data:
            self._room -= len(data)
            self._ctx.descend(_native.Source.from_bytes(data), dataset.path, raw=True)
        return data is not None and len(data) == size

    def _text(self, text: _Text) -> None:
        """Hand a text to those who know what it says, each text once."""
        data = text.data
        if len(data) < _SHORTEST and text.name not in _CONFIGS:
            return
        named = text.name in _CONFIGS
        if not named and not self._is_new(data):
            return
        for part in _readings(data):
            words = part.decode("utf-8", "replace")
            config = named or _is_config(words)
            if config:
                where = f"{text.path}@{text.name}" if text.name else text.path
                keras_config.check(self._ctx, words, where, text.position, legacy=True)
            if part.translate(None, _CONTROL) == part:
                credentials.check(self._ctx, words, text.position)
                self._encoded(text, words, config)

    def _encoded(self, text: _Text, words: str, config: bool) -> None:
        """Look at what a text carries in an encoding; of a configuration, without what Keras keeps in some."""
        if not encoded_payload.may_carry(words):
            return
        where = f"{text.path}@{text.name}" if text.name else text.path
        for value in _kept_by_nobody(text.data, self._ctx.deadline) if config else (words,):
            if encoded_payload.may_carry(value):
                encoded_payload.check(self._ctx, value, where, text.position)

    def _value(self, text: _Text, value: bytes) -> None:
        """Hand over a value that may be of another format: PyTables takes each one that ends like a pickle for one."""
        if len(value) < 3 or (not value.endswith(b".") and _is_plain(value)):  # noqa: PLR2004
            return
        if not self._is_new(b"." + value):
            return
        if self._nested >= limits.HDF5_NESTED:
            what = "values that may be of another format"
            self._ctx.incomplete("HDF103", text.position, {"limit": limits.HDF5_NESTED, "what": what})
            return
        self._nested += 1
        where = f"{text.path}@{text.name}" if text.name else text.path
        self._ctx.descend(_native.Source.from_bytes(value), where, raw=True)

    def _is_new(self, data: bytes) -> bool:
        before = len(self._seen)
        self._seen.add(data)
        return len(self._seen) > before


def check(ctx: Context, scan: Hdf5Scan) -> None:
    """Look at what attributes and datasets hold."""
    values = Values(ctx, scan)
    values.attributes()
    values.datasets()


def _together(parts: list[bytes]) -> Iterator[bytes]:
    """Give the texts that parts make: JSON that is cut is put together, all else is a text of its own."""
    whole = [_is_whole(part) for part in parts]
    if not any(part.lstrip().startswith((b"{", b"[")) for part in parts):
        yield b"\n".join(parts)
        return
    if not all(whole):
        yield b"".join(parts)
    yield from (part for part, is_whole in zip(parts, whole) if is_whole)


def _readings(data: bytes) -> Iterator[bytes]:
    """Give a text as readers see it: to its first NUL, or as a whole."""
    front, nul, _rest = data.partition(b"\0")
    yield data
    if nul:
        yield front


def _is_config(words: str) -> bool:
    """Return whether a text may be JSON that names classes; the name of the key may be written with escapes."""
    return words.lstrip("\ufeff \t\r\n").startswith(("{", "[")) and ("class_name" in words or "\\u" in words)


def _kept_by_nobody(data: bytes, deadline: Deadline) -> Iterator[str]:
    """Give the texts of a configuration in which Keras keeps no code; that it cannot be read is told elsewhere."""
    try:
        value = strictjson.parse(data, keras_config.DEEPEST, deadline).value
    except (ValueError, RecursionError):
        return
    for _, node in keras_config.nodes(value):
        for key, inner in node.items():
            items = enumerate(inner) if isinstance(inner, list) else ((key, inner),)
            yield from (item for at, item in items if isinstance(item, str) and not keras_json.is_kept(at, item))


def _is_whole(data: bytes) -> bool:
    return data.lstrip().startswith((b"{", b"[")) and data.rstrip().endswith((b"}", b"]"))


def _is_plain(value: bytes) -> bool:
    """Return whether a value is text in UTF-8 without control characters."""
    if value.translate(None, _CONTROL) != value:
        return False
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
