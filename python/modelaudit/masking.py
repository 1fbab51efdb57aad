"""Secrets in what reports quote of a file: a report that repeats one gives it to more people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Places that are looked at: what is quoted is short.
_PLACES = 10_000

#: Parts of what kinds of credentials begin with, or have beside them, in lower case (a test compares them with
#: `credentials.toml`): a glance, before the table is read.
MARKS = (
    b"&sig=",
    b"-----begin",
    b"7q~",
    b"8q~",
    b"://",
    b":aa",
    b"?sig=",
    b"_key",
    b"_pwd",
    b"abia",
    b"acca",
    b"accesskey",
    b"accountkey",
    b"aiza",
    b"akia",
    b"api-key",
    b"api_org_",
    b"apikey",
    b"asia",
    b"atatt3",
    b"authtoken",
    b"bearer ",
    b"cohere",
    b"dapi",
    b"dckr_pat_",
    b"dop_v1_",
    b"eyj",
    b"fc-",
    b"figd_",
    b"fw_",
    b"gho_",
    b"ghp_",
    b"ghr_",
    b"ghs_",
    b"ghu_",
    b"github_pat_",
    b"glagent-",
    b"glcbt-",
    b"gldt-",
    b"glft-",
    b"glimt-",
    b"gloas-",
    b"glpat-",
    b"glptt-",
    b"glrt-",
    b"glsa_",
    b"glsoat-",
    b"gocspx-",
    b"gsk_",
    b"hf_",
    b"hooks.",
    b"hvs.",
    b"jina_",
    b"lin_api_",
    b"lsv2_",
    b"machine ",
    b"npm_",
    b"nvapi-",
    b"passphrase",
    b"passw",
    b"pcsk_",
    b"pplx-",
    b"private-lines:",
    b"pypi-ag",
    b"r8_",
    b"rk_live_",
    b"rpa_",
    b"secret",
    b"sg.",
    b"shpat_",
    b"sk-",
    b"sk_live_",
    b"sntrys_",
    b"tgp_v1_",
    b"token",
    b"tvly-",
    b"username",
    b"wandb",
    b"whsec_",
    b"xai-",
    b"xapp-",
    b"xox",
    b"ya29.",
)

#: What follows the mark of a kind up to where a text was cut.
_CUT = re.compile(rb"([\w.~+/%-]+)\xe2\x80\xa6")


def masked(text: str) -> str:
    """Return what a report quotes of a file, without the secrets in it."""
    content = text.encode("utf-8", "surrogatepass")
    lowered = content.lower()
    if not any(word in lowered for word in MARKS):
        return text
    from modelaudit import credentials

    # Escapes of the same length as what stands for them here, so that places stay.
    plain = re.sub(rb"\\[nrt]", b"\n\n", content)
    words, owners = credentials.words()
    places = words.find(plain, _PLACES, None)
    spans = [(start + kind.show, end) for kind, start, end in credentials.spans(plain, places, owners)]
    spans += _cut(plain, places, owners)
    before = len(content)
    for start, end in sorted(spans, reverse=True):
        if start < before:
            content = content[:start] + b"..." + content[min(end, before) :]
            before = start
    return content.decode("utf-8", "surrogatepass")


def _cut(content: bytes, places: list[tuple[int, int]], owners: list[list[int]]) -> Iterator[tuple[int, int]]:
    """Yield where something stands that the mark of a kind begins and that was cut: it may be a part of a secret."""
    from modelaudit.credentialkinds import kinds

    for word, offset in places:
        shown = max(kinds()[owner].show for owner in owners[word])
        rest = _CUT.match(content, offset) if shown else None
        if rest is not None:
            yield offset + shown, rest.end(1)
