"""Manifests in YAML, and the YAML at the front of pages of text.

What it is: configurations (Hydra, Lightning, NeMo, MLflow `MLmodel`, conda environments), front matter of model cards.
What can run: what a tag constructs (`!!python/object/apply:os.system`), which unsafe loaders do while they read; what a
  key names (`_target_`, `class_path`, `loader_module`), which the program does afterwards; templates; commands.
What is checked: events of the parser, never constructed: tags in every spelling, with their handles resolved; keys as
  in JSON; keys that stand twice, with both values; nesting; what aliases would expand to; credentials.
What is not checked: tags of other programs; anything but tags in what the parser cannot read; pages of text behind
  their front matter. Text that only looks like YAML is plain text where it cannot be parsed.
References: https://yaml.org/spec/1.1/, https://pyyaml.org/wiki/PyYAMLDocumentation, CVE-2020-14343, CVE-2022-1471,
  https://github.com/speechbrain/HyperPyYAML.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from modelaudit import limits, manifesttext
from modelaudit.formats.base import Format
from modelaudit.manifestwords import WORDS

if TYPE_CHECKING:
    from modelaudit.formats.base import Context, Probe

#: Names of files that are YAML whatever they begin with.
_NAMES = r"(?i:(?:^|/)(?:mlmodel|mlproject|[^/]*\.ya?ml)$)"

#: Names of pages of text, of which only the front matter is YAML.
_PAGES = (".md", ".markdown", ".mdx", ".rst")

#: What documents begin with that say so: pages of text have it as well, and patches nearly.
_FRONT = ("---\n", "---\r", "%YAML", "%TAG")

#: A line as YAML has it where nothing else looks so: indented, a key, an item, a comment, a bracket, a mark, a tag.
_LINE = (
    r"[ \t]|$|#|\{\s*[\w\"'?!]|\[\s*!|:\s"
    r"|---(?:\s|$)|\.\.\.\s*$|%(?:YAML|TAG)\s|-(?:\s|$)|[\]}]|[!&][\w!<:/%.-]*(?:\s|$)|\?\s"
    r"|(?:[\w./$@<(*-][\w./$@<>()*\[\]-]*|\"[^\"\n]*\"|'[^'\n]*')\s*:(?:\s|$)"
)

#: What only YAML has, in whatever line.
_TAGS = r"(?m)!!python/|tag:yaml\.org,2002:|^%TAG\s|\b_target_[\"']?[ \t]*:"

#: A line that only YAML has: a key, an item, a mark or a tag.
_SURE = r"\{\s*[\w\"'?!][^:{}\n]*:\s|\[\s*!|---\s*$|%(?:YAML|TAG)\s|-\s+\S|!\S|&\w|\?\s|[\w\"'][^:\n]*:(?:\s|$)"


def _named(name: str) -> bool:
    """Return whether a name says that a file is YAML."""
    return re.search(_NAMES, name) is not None


def _sniff(probe: Probe) -> bool:
    text = manifesttext.beginning(probe.head)
    if not text:
        return False
    from modelaudit.formats import ini_manifest, json_manifest, toml_manifest, xml_manifest

    if json_manifest.FORMAT.sniff(probe):
        # The reader of JSON hands on what is YAML.
        return False
    if _named(probe.name) or text.startswith(_FRONT):
        return True
    if probe.name.lower().endswith(_PAGES):
        return False
    # Texts in quotes can have lines that look like nothing.
    if re.search(_TAGS, text) is None and not all(map(re.compile(_LINE).match, manifesttext.lines(probe.head))):
        return False
    others = (xml_manifest.FORMAT, toml_manifest.FORMAT, ini_manifest.FORMAT)
    sure = any(map(re.compile(_SURE).match, text.splitlines())) or len(probe.head) >= limits.HEAD
    return sure and not any(other.sniff(probe) for other in others)


def _scan(ctx: Context) -> None:
    from modelaudit.yamlmanifest import scan

    scan(ctx, _named(ctx.name))


FORMAT = Format(
    name="yaml-manifest",
    sniff=_sniff,
    scan=_scan,
    first=manifesttext.FIRST,
    words=WORDS,
    named=(".yaml", ".yml", "mlmodel", "mlproject"),
)
