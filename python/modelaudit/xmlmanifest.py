"""Reads manifests in XML with expat: nothing is fetched, no entity is expanded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.parsers import expat

from modelaudit import credentials, encoded_payload, limits, manifesttext

if TYPE_CHECKING:
    from modelaudit._native import Source
    from modelaudit.formats.base import Context

#: Characters of all entities together that a text may declare: names and phrases, as drawing programs do.
_ENTITIES = 10_000

#: Bytes of a text in which credentials are looked for: settings, rather than trees of numbers.
_SETTINGS = 1 << 20

#: References to line ends, as attributes have them.
_REFERENCE = re.compile(r"&#(?:10|13|x[aAdD]);")

#: The namespace of elements that stand for other files (https://www.w3.org/TR/xinclude/).
_XINCLUDE = "http://www.w3.org/2001/XInclude"

#: A class of Java with its package: built-in functions of PMML have no dots.
_JAVA = re.compile(r"[a-z]\w*(?:\.\w+)+")

#: What an extension of PMML calls itself if it holds a program.
_SCRIPT = re.compile(r"script|\bcode\b|groovy|python|\br-?code\b|command|exec", re.IGNORECASE)


class _StoppedError(Exception):
    """The rest is not to be read."""


def scan(ctx: Context) -> None:
    """Report what readers would do with a manifest in XML."""
    reader = _Reader(ctx)
    parser = reader.parser
    offset = 0
    try:
        while not ctx.deadline.expired:
            block = _block(ctx, offset)
            parser.Parse(block, not block)
            if not block:
                break
            offset += len(block)
        else:
            ctx.incomplete("ENG101")
    except _StoppedError:
        return
    except expat.ExpatError as error:
        reason = f"{expat.ErrorString(error.code)}, line {error.lineno}"
        ctx.incomplete("MAN101", None, {"reason": reason})
    except (ValueError, LookupError) as error:
        # An encoding that is not known here.
        ctx.incomplete("MAN101", None, {"reason": str(error)})
    if offset <= _SETTINGS:
        text = manifesttext.decode(manifesttext.head(ctx, _SETTINGS))
        credentials.check(ctx, text)
        if encoded_payload.may_carry(text):
            encoded_payload.check(ctx, _REFERENCE.sub("\n", text), "the text")


def _block(ctx: Context, offset: int) -> bytes:
    """Return what comes next; nothing where a stream breaks, which its container reports."""
    try:
        return ctx.source.read(offset, limits.BLOCK)
    except OSError:
        if ctx.source.size is not None:
            raise
        return manifesttext.head(ctx, offset + limits.BLOCK)[offset:]


class _Reader:
    """What the parser tells, one element after the other."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = self._entity
        self.parser.ExternalEntityRefHandler = _not_fetched
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        # Without a handler of its own, the text of an entity would be handed over like that of an element.
        self.parser.DefaultHandler = _not_expanded
        self.depth = 0
        self.root = ""
        self.declared = 0
        self.nested = False
        self.extension = 0
        self.includes = False
        self.weights: tuple[Source | None] | None = None
        self._said: set[tuple[str, str]] = set()

    def _once(self, rule: str, what: str, **facts: str | int) -> None:
        if (rule, what) not in self._said:
            self._said.add((rule, what))
            self.ctx.report(rule, self.parser.CurrentByteIndex, facts)

    def _doctype(self, name: str, system: str | None, public: str | None, _internal: bool) -> None:
        if system is not None:
            # The types that everybody knows have a public name, and no reader needs to fetch them.
            self._once("MAN143" if public else "MAN141", name, name=name, target=system)

    def _entity(
        self,
        name: str,
        parameter: bool,
        value: str | None,
        _base: str | None,
        system: str | None,
        _public: str | None,
        _notation: str | None,
    ) -> None:
        if value is None:
            self._once("MAN141", name, name=name, target=system or "")
            return
        self.declared += len(value)
        self.nested |= parameter or "&" in value or "%" in value
        if self.nested or self.declared > _ENTITIES:
            self._once("MAN142", "", name=name)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self.declared and (self.nested or self.declared > _ENTITIES):
            # Attributes would expand what is declared.
            self.ctx.incomplete("MAN101", None, {"reason": "it declares entities made of entities"})
            raise _StoppedError
        self.depth += 1
        if self.depth > limits.XML_DEPTH:
            self.ctx.incomplete("MAN104", None, {"limit": limits.XML_DEPTH})
            raise _StoppedError
        plain = name.rpartition(":")[2]
        self.root = self.root or plain
        self.includes |= _XINCLUDE in attributes.values()
        if self.includes and plain == "include" and "href" in attributes:
            self._once("MAN141", attributes["href"], name=name, target=attributes["href"])
        if self.root == "PMML":
            self._pmml(plain, attributes)
        elif self.root == "net":
            self._openvino(plain, attributes)

    def _end(self, _name: str) -> None:
        self.depth -= 1
        self.extension = self.extension if self.depth >= self.extension else 0

    def _pmml(self, name: str, attributes: dict[str, str]) -> None:
        function = attributes.get("function", "")
        if name == "Apply" and _JAVA.fullmatch(function):
            self._once("MAN144", function, function=function)
        if name == "Extension":
            self.extension = self.depth
        if name == "Extension" or self.extension:
            words = " ".join((name, attributes.get("name", ""), attributes.get("extender", "")))
            if _SCRIPT.search(words):
                self._once("MAN145", words, name=attributes.get("name") or name)
        elif name.lower() == "script":
            self._once("MAN145", name, name=name)

    def _openvino(self, name: str, attributes: dict[str, str]) -> None:
        if "offset" not in attributes or "size" not in attributes or name not in ("data", "weights", "biases", "blobs"):
            return
        if self.weights is None:
            stem = self.ctx.name.rpartition(".")[0] or self.ctx.name
            self.weights = (self.ctx.beside(f"{stem}.bin"),)
        weights = self.weights[0]
        limit = None if weights is None else weights.size
        try:
            start, size = int(attributes["offset"]), int(attributes["size"])
        except ValueError:
            start = size = -1
        if start < 0 or size < 0 or (limit is not None and start + size > limit):
            facts = {"offset": attributes["offset"], "size": attributes["size"]}
            self._once("MAN146", "", **facts, limit="unknown" if limit is None else limit)


def _not_fetched(_context: str, _base: str | None, _system: str | None, _public: str | None) -> int:
    return 1


def _not_expanded(_text: str) -> None:
    return
