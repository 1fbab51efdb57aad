"""Manifests in XML: PMML models, OpenVINO topologies, property lists.

What it is: a tree of elements, with a document type that may declare entities.
What can run: nothing by itself. Readers that follow entities fetch files and addresses, or run out of memory; a
  function of PMML may be a Java class; extensions of PMML may hold scripts; OpenVINO reads weights by offset and size.
What is checked: the whole text by expat, which fetches and expands nothing; entities, document types; functions and
  scripts of PMML; offsets of OpenVINO weights against the `.bin` beside; credentials.
What is not checked: what a model computes; weights where the `.bin` is not beside the file.
References: https://www.w3.org/TR/xml/, https://dmg.org/pmml/v4-4-1/GeneralStructure.html,
  https://docs.openvino.ai/2024/documentation/openvino-ir-format.html, CWE-611, CWE-776.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from modelaudit import manifesttext
from modelaudit.formats.base import Format

if TYPE_CHECKING:
    from modelaudit.formats.base import Context, Probe

#: A declaration, a document type that is not that of web pages, or a root element that only XML has.
_BEGINNING = (
    r"(?is)<\?xml[\s?]|(?:<!--(?:(?!-->).)*-->\s*)*"
    r"(?:<!DOCTYPE\s+(?!html\b)\w|<(?:PMML|net|plist)[\s>]|<(?!html\b)[\w.-]+(?::[\w.-]+)?\s[^<>]*\bxmlns)"
)

#: Names of files that are XML if they begin with a bracket.
_NAMES = (".xml", ".pmml", ".xsd", ".xsl", ".plist")


def _sniff(probe: Probe) -> bool:
    if b"<" not in probe.head:
        return False
    text = manifesttext.beginning(probe.head)
    named = probe.name.lower().endswith(_NAMES) and text.startswith("<")
    return named or re.match(_BEGINNING, text) is not None


def _scan(ctx: Context) -> None:
    from modelaudit.xmlmanifest import scan

    scan(ctx)


FORMAT = Format(
    name="xml-manifest",
    sniff=_sniff,
    scan=_scan,
    first=b"< \t\r\n\xef\xff\xfe",
    words=(b"<",),
)
