"""The text report, for people at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelaudit.model import SEVERITIES, rank
from modelaudit.rules import escaped, rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from modelaudit.model import Issue, Report
    from modelaudit.reports.style import Style

#: Issues of one rule in one file are written one by one up to this many, and in one entry beyond.
_ONE_BY_ONE = 3

#: How many places or names an entry that stands for many lists.
_LISTED = 6


def render(report: Report, style: Style) -> str:
    """Return the report as text, with a line feed at its end."""
    lines = [*_head(report, style), "", *_summary(report, style), "", *_findings(report, style)]
    return "\n".join(lines) + "\n"


def _head(report: Report, style: Style) -> Iterator[str]:
    yield style.rule
    yield "ModelAudit Security Scanner"
    yield "Scanning for potential security issues in ML model files"
    yield style.rule
    yield f"Paths to scan: {', '.join(_shown(path, style) for path in report.paths)}"
    yield style.rule
    yield ""
    for path in report.paths:
        yield f"{style.paint(style.tick, 'good')} Scanning {_shown(path, style)}"


def _summary(report: Report, style: Style) -> Iterator[str]:
    if report.scanners:
        yield f"Active Scanner{'s' if len(report.scanners) > 1 else ''}: {', '.join(report.scanners)}"
    yield f"Scan completed in {report.duration:.2f} seconds"
    yield f"Files scanned: {len(report.scanned)}"
    yield f"Scanned {report.bytes_scanned} bytes"
    if any(file.deep for file in report.files):
        yield "Deep scan: every byte was searched for code, also those of tensors"
    shown = [issue for issue in report.issues if issue.severity != "debug" or style.verbose]
    counts = []
    for severity in reversed(SEVERITIES):
        count = sum(issue.severity == severity for issue in shown)
        if count:
            counts.append(style.paint(f"{count} {severity}", severity))
    yield f"Issues found: {', '.join(counts) or 'none'}"


def _findings(report: Report, style: Style) -> Iterator[str]:
    shown = [issue for issue in report.issues if issue.severity != "debug" or style.verbose]
    advised: set[str] = set()
    for number, group in enumerate(_grouped(shown), start=1):
        yield from _entry(number, group, style)
        if style.verbose:
            yield from _reasons(group, style)
        elif rank(group[0].severity) >= rank("warning"):
            advice = rule(group[0].rule).fix
            if advice not in advised:
                yield style.paint(f"   what to do: {advice}", "dim")
            advised.add(advice)
    if shown:
        yield ""
    yield style.rule
    yield _verdict(report, style)


def _verdict(report: Report, style: Style) -> str:
    if report.interrupted:
        return style.paint(f"{style.cross} Scan interrupted: the report covers what was scanned before", "warning")
    if report.has_errors:
        return style.paint(f"{style.cross} Scan completed with errors: not everything could be scanned", "critical")
    if report.exit_code:
        return style.paint(f"{style.cross} Scan completed with findings", "critical")
    found = "no security issues found" if report.scanned else "nothing to scan"
    return style.paint(f"{style.tick} Scan completed: {found}", "good")


def _grouped(issues: Iterable[Issue]) -> Iterator[list[Issue]]:
    """Put together what says the same, where its first issue stood; what is rare stands on its own."""
    groups: dict[tuple[str, ...], list[Issue]] = {}
    for issue in issues:
        groups.setdefault(_kind(issue), []).append(issue)
    for issue in issues:
        group = groups[_kind(issue)]
        if len(group) <= _ONE_BY_ONE:
            yield [issue]
        elif issue is group[0]:
            yield group


def _kind(issue: Issue) -> tuple[str, ...]:
    """Return what an entry is about: one rule in one file or member; context, one rule over all files."""
    if rank(issue.severity) < rank("warning"):
        return (issue.rule,)
    return (issue.rule, issue.location.path, *issue.location.members)


def _entry(number: int, group: list[Issue], style: Style) -> Iterator[str]:
    first = group[0]
    label = style.paint(f"[{first.severity.upper()}]", first.severity)
    if len(group) == 1:
        often = _times(first)
        yield f"{number}. {_shown(str(first.location), style)}: {label} {_shown(first.message, style)}{often}"
        call = first.details.get("call")
        if call:
            yield f"   would run: {_shown(str(call), style)}"
        yield style.paint(f"   {first.rule} {first.name}", "dim")
    else:
        yield from _many(number, group, label, style)


def _many(number: int, group: list[Issue], label: str, style: Style) -> Iterator[str]:
    first = group[0]
    paths = list(dict.fromkeys(issue.location.path for issue in group))
    entry = rule(first.rule)
    if len(paths) > 1:
        yield f"{number}. {len(paths)} files: {label} {entry.title}"
        items = paths
    else:
        place = ":".join((first.location.path, *first.location.members))
        yield f"{number}. {_shown(place, style)}: {label} {entry.title} ({len(group)} times)"
        items = [_item(issue) for issue in group]
    listed = items if style.verbose else items[:_LISTED]
    more = len(items) - len(listed)
    rest = f", and {more} more" if more else ""
    yield f"   {', '.join(_shown(item, style) for item in listed)}{rest}"
    yield style.paint(f"   {first.rule} {first.name}", "dim")


def _item(issue: Issue) -> str:
    callable_name = issue.details.get("callable")
    position = issue.location.position
    place = f" (pos {position})" if position is not None else ""
    return f"{callable_name or issue.message}{place}{_times(issue)}"


def _times(issue: Issue) -> str:
    """Return how often what stands at the place of an issue stands in the file, where that is more than once."""
    count = issue.details.get("count")
    return f" ({count} times)" if isinstance(count, int) and count > 1 else ""


def _reasons(group: list[Issue], style: Style) -> Iterator[str]:
    first = group[0]
    entry = rule(first.rule)
    yield f"   why: {entry.why}"
    yield f"   what to do: {entry.fix}"
    if entry.references:
        yield f"   see: {', '.join(entry.references)}"
    for key, value in first.details.items():
        if key != "call":
            yield f"   {key}: {_shown(str(value), style)}"


def _shown(text: str, style: Style) -> str:
    """Return a text that cannot steer the terminal and that its encoding has."""
    safe = escaped(text)
    return safe if style.unicode else safe.encode("ascii", "backslashreplace").decode("ascii")
