"""Credentials: each kind is found wherever it stands, stand-ins are silent, and no secret is ever repeated."""

from __future__ import annotations

import json
import random
import string
import time
from typing import Any

import pytest

from modelaudit import _native, credentialkinds, credentials
from modelaudit.masking import MARKS
from modelaudit.model import Detail
from modelaudit.rules import message
from secretsamples import filled, placements

TABLE = credentialkinds.table()
HITS = [(entry["id"], parts) for entry in TABLE for parts in entry["hit"]]
MISSES = [(entry["id"], parts) for entry in TABLE for parts in entry["miss"]]


class Recorded:
    """What a format would report."""

    def __init__(self) -> None:
        self.issues: list[tuple[str, int | None, dict[str, Detail], dict[str, Detail]]] = []
        self.learned: list[object] = []
        self.deadline = _native.Deadline(None)

    def report(self, rule: str, position: int | None = None, facts: Any = None, details: Any = None) -> None:
        self.issues.append((rule, position, facts, details or {}))

    incomplete = report


def check(text: str, position: int | None = None) -> Recorded:
    recorded = Recorded()
    credentials.check(recorded, text, position)  # type: ignore[arg-type]
    return recorded


def kinds(text: str) -> list[Detail]:
    return [details.get("kind") for _, _, _, details in check(text).issues]


def told(recorded: Recorded) -> str:
    """All that a report would hold."""
    return json.dumps([(message(rule, facts), facts, details) for rule, _, facts, details in recorded.issues])


@pytest.mark.parametrize(("kind", "parts"), HITS)
def test_each_kind_is_found_wherever_it_stands_and_not_repeated(kind: str, parts: list[str]) -> None:
    for seed in range(6):
        text, secrets = filled(parts, random.Random(f"{kind} {seed}"))
        for placed in placements(text):
            recorded = check(placed)
            assert [details["kind"] for _, _, _, details in recorded.issues] == [kind], placed[:200]
            said = told(recorded)
            for secret in secrets:
                assert not any(secret[start : start + 8] in said for start in range(max(1, len(secret) - 7)))


@pytest.mark.parametrize(("kind", "parts"), MISSES)
def test_what_only_looks_like_it_is_silent(kind: str, parts: list[str]) -> None:
    for seed in range(6):
        text, _ = filled(parts, random.Random(f"{kind} {seed}"))
        for placed in placements(text):
            assert kinds(placed) == [], placed[:200]


def test_the_table_is_whole() -> None:
    for entry in TABLE:
        assert set(entry) <= {
            "id",
            "title",
            "rule",
            "keywords",
            "before",
            "pattern",
            "entropy",
            "check",
            "show",
            "hit",
            "miss",
        }
        assert entry["hit"], entry["id"]
        assert entry["miss"], entry["id"]
        assert entry["rule"] in ("SEC101", "SEC102", "SEC103", "SEC104")
        assert entry.get("check", "") in credentialkinds.CHECKS
        assert entry["show"] <= 7
    assert len({entry["id"] for entry in TABLE}) == len(TABLE)


def test_every_word_of_a_kind_has_a_mark_by_which_quotes_are_masked() -> None:
    known = list(MARKS)
    words = [word.lower().encode() for entry in TABLE for word in entry["keywords"]]
    assert [word for word in words if not any(each in word for each in known)] == []


def test_every_rule_for_a_kind_is_a_warning() -> None:
    severities = {rule.code: rule.severity for rule in _native.catalogue()}
    assert {severities[f"SEC10{number}"] for number in range(1, 7)} == {"warning"}


@pytest.mark.parametrize(
    "text",
    [
        '{"pad_token": "<pad>", "eos_token": "<|endoftext|>", "tokenizer_class": "PreTrainedTokenizerFast"}',
        '{"add_bos_token": true, "token_type_ids": [0, 1], "secret_dim": 128, "password": 17263}',
        "use_auth_token: true\nhub_token: null\nhub_private_repo: false\n",
        "api_key = os.getenv('OPENAI_API_KEY')\npassword = getpass.getpass()",
        "headers = {'Authorization': f'Bearer {token}'}",
        "git clone https://huggingface.co/org/model\nhttps://example.com:8080/x\nftp://host/a:b\n",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "revision: 0123456789abcdef0123456789abcdef01234567",
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg==",
        '"wandb_version: 0.15.3", "git_commit": "7c2f1a9b0d4e8f6a5b3c1d2e4f6a8b0c2d4e6f80"',
        "the secret: a well-kept one\nthe password is needed\npassphrase required for access",
        '{"access_token_url": "https://login.example/oauth/token", "secret_name": "prod/db", "client_secret": ""}',
        "password: ''\nsecret_key: \"\"\napi_key:\n  name: x\n",
        "PASSWORD=$(cat /run/secrets/db)\nSECRET=`vault read x`\nTOKEN=%TOKEN%\n",
    ],
)
def test_ordinary_settings_are_silent(text: str) -> None:
    assert kinds(text) == []


def test_vocabularies_and_numbers_are_silent() -> None:
    generator = random.Random(5)
    words = [
        "".join(generator.choices(string.ascii_letters + "Ġ_-./:=", k=generator.randint(1, 14))) for _ in range(60_000)
    ]
    words += [
        "password",
        "secret",
        "api_key",
        "hf_",
        "sk-",
        "AKIA",
        "Bearer",
        "eyJ",
        "ghp_",
        "://",
        "-----BEGIN",
        "npm_",
    ]
    assert kinds(json.dumps({word: number for number, word in enumerate(words)}, ensure_ascii=False, indent=1)) == []
    digits = "".join(generator.choices(string.hexdigits + string.ascii_letters + "+/=\n", k=2_000_000))
    assert kinds(digits) == []


def test_a_secret_is_told_once_with_count_and_place() -> None:
    token, _ = filled(["h", "f_", "<34>"], random.Random(1))
    other, _ = filled(["h", "f_", "<34>"], random.Random(2))
    text = f"é {token}\n{other} {token}\n"
    issues = check(text, 100).issues
    assert [(position, details["count"]) for _, position, _, details in issues] == [
        (100 + text.encode().index(token.encode()), 2),
        (100 + text.encode().index(other.encode()), 1),
    ]
    assert [position for _, position, _, _ in check(text).issues] == [None, None]
    assert issues[0][2]["shown"] == "hf_... (37 characters)"


def test_a_key_that_is_no_random_one_is_told_all_the_same() -> None:
    assert kinds("hf_token: hf_" + "AbCdEfGhIjKlMnOpQrStUvWxYz" + "76543210") == ["hugging-face-token"]


def test_a_known_checksum_outweighs_how_a_token_looks() -> None:
    generator = random.Random(3)
    body = "yourxxxxexample" + "".join(generator.choices(string.ascii_letters, k=15))
    assert kinds(f"ghp_{body}{credentialkinds.checksum_of(body.encode()).decode()}") == ["github-token"]
    assert kinds(f"ghp_{body}000000") == []


def test_many_are_counted_and_not_listed() -> None:
    generator = random.Random(4)
    text = "\n".join(filled(["gl", "pat-", "<20>"], generator)[0] for _ in range(80))
    issues = check(text).issues
    assert [rule for rule, _, _, _ in issues] == ["SEC102"] * 50 + ["SEC105"]
    assert issues[-1][2] == {"more": 30}


def test_a_search_that_ends_early_is_said() -> None:
    assert [rule for rule, _, _, _ in check("hf_" * 600_000).issues] == ["SEC106"]


def test_texts_without_any_mark_cost_one_pass() -> None:
    text = json.dumps({f"word{number}": number for number in range(400_000)})
    check("password")
    started = time.perf_counter()
    assert check(text).issues == []
    assert time.perf_counter() - started < 2.0


@pytest.mark.parametrize(
    "piece",
    [
        "password=",
        "eyJ" + "a" * 20 + ".",
        "-----BEGIN PRIVATE KEY-----" + "A: \n" * 5,
        "://a:",
        "wandb ",
        "bearer " + "a" * 30 + " ",
        "secret=" + "a" * 190,
        "Private-Lines: 1\n",
        "-----BEGIN " + "RSA PRIVATE KEY-----" + "A" * 20_000,
    ],
)
def test_no_text_takes_long(piece: str) -> None:
    started = time.perf_counter()
    check(piece * (2_000_000 // len(piece)))
    assert time.perf_counter() - started < 20


def test_surrogates_are_no_obstacle() -> None:
    token, _ = filled(["h", "f_", "<34>"], random.Random(1))
    assert kinds("\ud800 " + token) == ["hugging-face-token"]


def test_keywords_are_looked_for_in_one_pass() -> None:
    words = _native.Keywords(["AKIA", "password"])
    assert words.find(b"AKIA akia PASSWORD", 9, None) == [(0, 0), (1, 10)]
    with pytest.raises(ValueError, match="too short"):
        _native.Keywords(["ab"])
