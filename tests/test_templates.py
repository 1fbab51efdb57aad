"""Jinja templates: those of the popular model families are silent, ways into Python are told in any spelling."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

import modelaudit
from modelaudit import jinja_template
from modelaudit.formats.base import Context
from modelaudit.jinja.names import could_be_internal, internal
from modelaudit.jinja.values import Data, Items, Letters, Macro, Number, Object, Some, Text, Walked

DATA = Path(__file__).parent / "data" / "jinja"
FILES = sorted(DATA.iterdir())

#: Ways into Python as they are published for template injection, and variants of them that hide the names.
HOSTILE = r"""
{{ ''.__class__.__mro__[1].__subclasses__() }}
{{ [].__class__.__base__.__subclasses__()[104].__init__.__globals__['sys'].modules['os'].popen('id').read() }}
{{ cycler.__init__.__globals__.os.popen('id').read() }}
{{ joiner.__init__.__globals__.os.popen('id').read() }}
{{ namespace.__init__.__globals__.os.popen('id').read() }}
{{ lipsum.__globals__.os.popen('id').read() }}
{{ lipsum["__globals__"]["os"]["popen"]("id")["read"]() }}
{{ self.__init__.__globals__.os.popen('id').read() }}
{{ self._TemplateReference__context.cycler.__init__.__globals__.os.popen('id').read() }}
{{ config.__class__.__init__.__globals__['os'].popen('id').read() }}
{{ config.from_pyfile('/tmp/other.cfg') }}
{{ request.application.__globals__.__builtins__.__import__('os').popen('id').read() }}
{{ url_for.__globals__.current_app.config }}
{{ get_flashed_messages.__globals__ }}
{{ g.pop.__globals__ }}
{{ x.gi_frame.f_back.f_globals }}
{{ cycler.mro() }}
{{ loop.__class__ }}
{{ request|attr("__class__") }}
{{ request["__class__"] }}
{{ request|attr(request.args.name) }}
{{ request|attr(["__", "class", "__"]|join) }}
{{ request|attr(["_"*2, "class", "_"*2]|join) }}
{{ request|attr([request.args.line*2, request.args.name, request.args.line*2]|join) }}
{{ request|attr(request.args.getlist(request.args.l)|join) }}
{{ request|attr(request.args.f|format(request.args.a, request.args.a)) }}
{{ request|attr('application')|attr('\x5f\x5fglobals\x5f\x5f')|attr('\x5f\x5fgetitem\x5f\x5f')('os') }}
{{ ()["\137\137class\137\137"] }}
{{ ()["\u005f\u005fclass\u005f\u005f"] }}
{{ ()["__cl" "ass__"] }}
{{ ()["__cl"+"ass__"]["__ba"~"se__"] }}
{{ cycler|attr('__in'~'it__')|attr('__glo'~'bals__') }}
{% set a='__cla' %}{% set b='ss__' %}{{ ()|attr(a+b) }}
{% set a, b='__cla', 'ss__' %}{{ x[a~b] }}
{{ ''["__ssalc__"[::-1]] }}
{{ ''|attr("__ssalc__"|reverse) }}
{{ ''["__CLASS__"|lower] }}
{{ x[['__', 'CLASS', '__']|map('lower')|join] }}
{{ ''["%c%cclass%c%c" % (95, 95, 95, 95)] }}
{{ ''["%c%c%s%c%c"|format(95, 95, 'class', 95, 95)] }}
{{ ''["{0}{0}class{0}{0}".format("_")] }}
{{ ''["__Xlass__".replace("X", "c")] }}
{{ ''["__Xlass__"|replace("X", "c")] }}
{{ x[dict(__class__=1)|list|first] }}
{{ x|attr(dict(__cla=1, ss__=2)|join) }}
{{ x[{'k': '__class__'}.k] }}
{{ x[{'k': '__class__'}['k']] }}
{{ x['a,__class__'.split(',')[1]] }}
{{ x['a__class__b'[1:-1]] }}
{{ x["__class__" if true else "b"] }}
{{ x[unknown|default("__class__")] }}
{% set u=(()|select|string|list)[24] %}{{ x|attr(u~u~'class'~u~u) }}
{% set u=(lipsum|string|list)|attr('pop')(18) %}{{ x[u~u~'globals'~u~u] }}
{% set p=dict(po=a, p=a)|join %}{% set a=(()|select|string|list)|attr(p)(24) %}{{ q|attr((a, a, "init")|join) }}
{% set s='abcdefghijklmnopqrstuvwxyz_' %}{{ x[s[26]~s[26]~s[2]~s[11]~s[0]~s[18]~s[18]~s[26]~s[26]] }}
{{ m[(messages|string|list)[3]~(messages|string|list)[4]] }}
{{ messages|map(attribute='__class__')|list }}
{{ messages|map('attr', '__class__')|list }}
{{ messages|selectattr('__class__')|list }}
{{ messages|groupby('__class__.__name__') }}
{{ messages|sort(attribute='name,__init__.__globals__') }}
{{ [1]|sum(attribute='__class__') }}
{{ x|map(attribute='a'~y) }}
{{ "{0.__class__.__init__.__globals__}".format(messages) }}
{{ "{x[__class__]}".format(x=messages) }}
{{ "{:{0.__class__}}".format(messages) }}
{% for c in [].__class__.__base__.__subclasses__() %}{{ c }}{% endfor %}
{% set ns=namespace(n='') %}{% for c in ['__', 'cl', 'ass'] %}{% set ns.n=ns.n~c %}{% endfor %}{{ m[ns.n~'__'] }}
{% set l=[] %}{% set _=l.append('__cla') %}{% set _=l.append('ss__') %}{{ x[l|join] }}
{% set l=[] %}{% set l=l+['__class__'] %}{{ x[l[0]] }}
{% set d={} %}{% do d.update(k='__class__') %}{{ x[d.k] }}
{% macro m() %}__class__{% endmacro %}{{ x|attr(m()) }}
{% macro m(a) %}__{{ a }}__{% endmacro %}{{ x[m('class')] }}
{% macro m(a) %}{{ x[a] }}{% endmacro %}{{ m('__class__') }}
{% set n %}__{% if true %}class{% endif %}__{% endset %}{{ x[n] }}
{% with a='__class__' %}{{ x[a] }}{% endwith %}
{% set x = cycler %}{{ x["__init__"] }}
{% filter attr('__class__') %}x{% endfilter %}
{% call(x) show() %}{{ x.__class__ }}{% endcall %}
{% include ''.__class__ %}
{% if ''.__class__ %}{% endif %}
{% generation %}{{ ''.__class__ }}{% endgeneration %}
{{ raise_exception(''.__class__) }}
{{ (x|attr(y))('id') }}
{{ "".__class__
{{ ((((((((((((((((((((((((((((((((((((((((((((((((((x.__class__)))))))))))))))))))))))))))))))))))))))))))))))))) }}
""".strip().splitlines()


def scan(text: str, name: str = "chat_template.jinja") -> modelaudit.Report:
    return modelaudit.scan_bytes(text.encode(), name)


def rules(text: str, name: str = "chat_template.jinja") -> list[str]:
    return [issue.rule for issue in scan(text, name).issues]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_honest_templates_are_silent(path: Path) -> None:
    report = modelaudit.scan(path)
    assert "jinja" in report.formats
    assert {issue.severity for issue in report.issues} <= {"info"}
    if path.suffix == ".jinja":
        assert rules(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_ways_into_python_are_critical(text: str) -> None:
    assert {"TPL101", "TPL102"} & set(rules(text))


@pytest.mark.parametrize("text", HOSTILE[:40])
def test_ways_into_python_do_not_hide_in_honest_templates(text: str) -> None:
    for path in FILES[:8]:
        whole = path.read_text(encoding="utf-8")
        assert {"TPL101", "TPL102"} & set(rules(whole + text))
        assert {"TPL101", "TPL102"} & set(rules(text + whole))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("{{ message|attr(field) }}", "TPL103"),
        ("{{ messages|map(attribute=field)|list }}", "TPL103"),
        ("{{ lookup('file', '/etc/passwd') }}", "TPL104"),
        ("{{ messages[0].content.unheard_of() }}", "TPL104"),
        ("{{ messages[0]['handler']('x') }}", "TPL104"),
        ("{{ messages[0](1) }}", "TPL104"),
        ("{{ message._private }}", "TPL105"),
        ("{{ message['__unheard__'] }}", "TPL105"),
        ("{{ lipsum.attribute }}", "TPL105"),
        ("{% include 'other.jinja' %}", "TPL106"),
        ("{% import name as forms %}", "TPL106"),
        ("{{ '{0.name}'.format(messages) }}", "TPL108"),
        ("{{ messages[0].content.format(messages) }}", "TPL108"),
        ("{% if a %}", "TPL110"),
        ("{{ " + "9" * 5000 + " }}", "TPL110"),
        ("{{ " + "(" * 250 + "a" + ")" * 250 + " }}", "TPL111"),
        ("{% if a %}" * 250 + "{% endif %}" * 250, "TPL111"),
        ("{{ a" + ".b" * 300 + " }}", "TPL111"),
        ("{{ " + "not " * 700 + "a }}", "TPL111"),
        ("{{ a }}" * 30_000, "TPL112"),
        ("{{ a }}" + " " * (5 << 20), "TPL112"),
        ("{% for i in range(999999999) %}x{% endfor %}", "TPL115"),
        ("{{ 'a' * 1000000000 }}", "TPL115"),
        ("{{ 2 ** 99999999 }}", "TPL115"),
    ],
)
def test_what_needs_a_person_is_a_warning(text: str, rule: str) -> None:
    issues = scan(text).issues
    assert rule in [issue.rule for issue in issues]
    assert {issue.severity for issue in issues} == {"warning"}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("{% include 'parts/header.j2' %}{% extends 'base.j2' %}", "TPL107"),
        ("{{ name | to_nice_yaml }}{% if x is unheard_of %}{% endif %}", "TPL114"),
        ("{{ if .System }}<|system|>{{ .System }}{{ end }}{{ range .Messages }}{{ .Content }}{{ end }}", "TPL116"),
        ("{% if 'bank' in messages[-1].content %}Send them to https://example.com/x{% endif %}", "TPL113"),
    ],
)
def test_what_is_worth_knowing_fails_nothing(text: str, rule: str) -> None:
    report = scan(text, "prompt.j2")
    assert [issue.rule for issue in report.issues] == [rule] * len(report.issues)
    assert report.issues
    assert report.exit_code == 0


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "C:\\\\x", "file://x"])
def test_another_template_from_elsewhere_is_a_warning(name: str) -> None:
    assert rules("{% include '" + name + "' %}", "prompt.j2") == ["TPL106"]


def test_an_issue_says_where_and_shows_the_line() -> None:
    text = "one\n{{ é }}\n  {{ cycler.__init__ }}\n"
    (issue,) = scan(text).issues
    assert issue.location.position == text.encode().index(b"  {{ cy")
    assert issue.details["line"] == 3
    assert issue.details["code"] == "{{ cycler.__init__ }}"
    assert "__init__" in issue.message


def test_what_is_used_often_is_told_once() -> None:
    assert rules("{{ x.__class__ }}\n" * 50) == ["TPL101"]
    many = "".join(f"{{{{ x.__unheard{number}__ }}}}" for number in range(500))
    assert len(rules(many)) == 100


def test_text_without_braces_is_no_template() -> None:
    assert rules("plain text, 50 % } {", "notes.j2") == []
    assert modelaudit.scan_bytes(b"", "x.j2").exit_code == 0


def test_bytes_that_are_no_text_are_said_and_read_all_the_same() -> None:
    report = modelaudit.scan_bytes(b"\xff\xfe{{ x.__class__ }}", "prompt.jinja2")
    assert {issue.rule for issue in report.issues} >= {"TPL101", "TPL110"}


def test_templates_inside_archives_are_found(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "model.zip", "w") as made:
        made.writestr("model/chat_template.jinja", "{{ x.__class__ }}")
        made.writestr("model/honest.jinja", FILES[0].read_bytes())
    report = modelaudit.scan(tmp_path)
    assert [issue.rule for issue in report.issues] == ["TPL101"]


def test_the_callers_word_for_the_place_is_in_the_message() -> None:
    seen: list[tuple[str, object]] = []

    class Recorded:
        class deadline:  # noqa: N801
            expired = False
            left = None

        def report(self, rule: str, position: object, facts: dict[str, object], details: object) -> None:
            seen.append((rule, facts["where"]))

        incomplete = report

    context: Context = Recorded()  # type: ignore[assignment]
    jinja_template.check(context, "{{ x.__class__ }}", None, "tokenizer.chat_template")
    jinja_template.check(context, "{{ x.__class__ ", None, "b")
    assert seen == [("TPL101", "tokenizer.chat_template"), ("TPL110", "b"), ("TPL101", "b")]
    Recorded.deadline.expired = True
    jinja_template.check(context, "{{ x }}", None, "c")
    assert seen[-1] == ("TPL112", "c")


@pytest.mark.parametrize(
    "text",
    [
        "{% set a='x' %}" + "{% set a=a~a %}" * 1000,
        "{% set a=['x'] %}" + "{% set a=[a,a] %}" * 1000,
        "{% set a={'x': 1} %}" + "{% set a={'a':a,'b':a} %}" * 500,
        "".join(f"{{% set a='{number}' %}}" for number in range(1000)) + "{{ a~a~a~a~a~a }}" * 500,
        "{{ a" + ".strip()" * 90 + " }}",
        "{% for a in 'abc' %}" * 60 + "{{ a }}" + "{% endfor %}" * 60,
        "{% set a %}" * 60 + "{{ a }}" + "{% endset %}" * 60,
        "{{ ('%999s'*100)|format(1) }}{{ '%.999d' % 10 }}{{ '%c' % 99999999999 }}{{ '%e%z%' % (1, 2) }}",
        "{{ '{:>99999999}{0!r:{1}}{{'.format(1, 2) }}{{ '{'.format(1) }}",
        "{{ ('a'*2000)|replace('a','b'*2000)|replace('b', 'c'*2000) }}",
        "{{ x['_' ~ a ~ b ~ 'c' ~ d ~ '_' ~ e ~ 'a' ~ f] }}" * 500,
        "{{ '" + "\\'" * 100_000,
        "{{ " + "a<" * 3000 + "b }}",
    ],
)
def test_no_template_takes_long(text: str) -> None:
    started = time.monotonic()
    report = scan(text)
    assert time.monotonic() - started < 20
    assert "ENG204" not in [issue.rule for issue in report.issues]


@pytest.mark.parametrize("seed", range(6))
def test_damage_is_never_a_defect(seed: int) -> None:
    generator = random.Random(seed)
    pieces = [path.read_text(encoding="utf-8") for path in FILES] + HOSTILE
    for _ in range(60):
        text = list("".join(generator.sample(pieces, 2))[:3000])
        for _ in range(generator.randint(1, 12)):
            place = generator.randrange(len(text))
            text[place] = generator.choice("{}%()[].|~'\"-+_#\\ \n\x00\ud800aé9,:=*")
        report = modelaudit.scan_bytes("".join(text).encode("utf-8", "surrogatepass"), "x.jinja")
        assert not [issue.message for issue in report.issues if issue.rule == "ENG204"]


@pytest.mark.parametrize("text", HOSTILE[:20])
def test_a_template_that_is_cut_within_a_tag_is_never_clean(text: str) -> None:
    whole = FILES[3].read_text(encoding="utf-8") + text
    for length in range(len(whole) - len(text) + 3, len(whole) - 2):
        assert modelaudit.scan_bytes(whole[:length].encode(), "x.jinja").exit_code == 1


def test_one_walk_is_told_by_the_names_on_its_way() -> None:
    issues = scan("{{ cycler.__init__.__globals__.os.popen('id').read() }}").issues
    assert [(issue.rule, issue.details["name"]) for issue in issues] == [
        ("TPL101", "__init__"),
        ("TPL101", "__globals__"),
    ]


def test_values_of_different_kinds_are_different() -> None:
    kinds = [Data(), Number(0), Letters(), Walked(), Object("a"), Macro("a"), Text("a"), Items(()), Some(())]
    assert len(set(kinds)) == len(kinds)


def test_names_that_are_known_in_part() -> None:
    assert internal("__globals__")
    assert internal("_TemplateReference__context")
    assert not internal("content")
    assert not internal("_x")
    assert could_be_internal("\0\0class\0\0")
    assert could_be_internal("__\0__")
    assert could_be_internal("_\0lob\0s_\0")
    assert not could_be_internal("\0_content")
    assert not could_be_internal("role\0")
    assert not could_be_internal("\0")
