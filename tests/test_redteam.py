"""A seeded set of leaks: each kind of credential at each place is found and never repeated; its twins are silent."""

from __future__ import annotations

import random

import pytest

import modelaudit
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


@pytest.mark.parametrize("place", PLACES)
def test_what_stands_where_a_secret_could_is_silent(place: str) -> None:
    name, make = PLACES[place]
    generator = random.Random(place)
    misses = [filled(parts, generator)[0] for entry in TABLE for parts in entry["miss"]]
    for text in (*HARMLESS, *misses):
        assert loud(modelaudit.scan_bytes(make(text), name)) == [], text
