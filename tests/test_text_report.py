"""The text report: grouping, escaping, verdicts, without any scan."""

from __future__ import annotations

from modelaudit.model import COMPLETE, Coverage, FileReport, Issue, Location, Report
from modelaudit.reports.style import Style
from modelaudit.reports.text import render


def issue(path: str, rule: str = "ENG105", severity: str = "info", position: int | None = None) -> Issue:
    return Issue(rule, "a-name", severity, f"Message of {rule}", Location(path, (), position))


def report(*issues: Issue, interrupted: bool = False) -> Report:
    paths = list(dict.fromkeys(one.location.path for one in issues))
    files = [
        FileReport(path, 10, (), COMPLETE, tuple(one for one in issues if one.location.path == path)) for path in paths
    ]
    return Report((".",), tuple(files), 0.0, 0.0, interrupted)


def numbered(text: str) -> list[str]:
    return [line for line in text.splitlines() if line[:1].isdigit()]


def test_context_of_many_files_is_one_entry() -> None:
    lines = numbered(render(report(*(issue(f"{number}.txt") for number in range(9))), Style()))
    assert lines == ["1. 9 files: [INFO] A text file"]


def test_warnings_of_many_files_stand_each_on_their_own() -> None:
    issues = [issue(f"{number}.bin", "ENG103", "warning") for number in range(9)]
    assert len(numbered(render(report(*issues), Style()))) == 9


def test_a_group_stands_where_its_first_issue_stood() -> None:
    issues = [issue("a", "PKL121", "warning", number) for number in range(5)]
    lines = numbered(render(report(*issues, issue("b", "PKL101", "critical", 3)), Style()))
    assert [line.split(":")[0] for line in lines] == ["1. a", "2. b (pos 3)"]


def test_debug_issues_are_for_the_verbose() -> None:
    one = report(issue("a", severity="debug"))
    assert numbered(render(one, Style())) == []
    assert len(numbered(render(one, Style(verbose=True)))) == 1


def test_names_are_escaped_but_never_cut() -> None:
    name = "\x1b]0;title\x07\u202egnp.pkl" + "long" * 300
    text = render(report(issue(name, "ENG103", "warning")), Style())
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\x1b]0;title\\x07\\u202egnp.pkl" + "long" * 300 + ": [WARNING]" in text


def test_ascii_is_enough_for_every_report() -> None:
    text = render(report(issue("é世\udcff", "ENG103", "warning")), Style(unicode=False))
    assert text.isascii()
    assert "1. \\xe9\\u4e16\\udcff: [WARNING]" in text
    assert "X Scan completed with findings" in text


def test_the_last_line_tells_how_it_ended() -> None:
    def last(of: Report) -> str:
        return render(of, Style()).splitlines()[-1]

    assert last(report(issue("a"))) == "✓ Scan completed: no security issues found"
    assert last(report(issue("a", severity="warning"))) == "✗ Scan completed with findings"
    assert last(report(issue("a"), interrupted=True)).startswith("✗ Scan interrupted")
    assert last(report()) == "✓ Scan completed: nothing to scan"
    elsewhere = FileReport("a", 0, (), Coverage("elsewhere"), ())
    assert last(Report((".",), (elsewhere,), 0.0, 0.0)) == "✓ Scan completed: nothing to scan"
