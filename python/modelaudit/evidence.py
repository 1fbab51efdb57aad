"""What is gathered about one path until its report is made: issues, formats, coverage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from modelaudit import limits, masking, rules
from modelaudit.model import COMPLETE, Coverage, FileReport, Issue, Location, now

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelaudit.formats.base import Format, Layout
    from modelaudit.model import Detail

#: Rules of files that nobody claims; outside of containers they are the whole story of a file.
_NOT_LOOKED_INTO = ("ENG103", "ENG104")

#: A link whose target is in the report under its own name.
_ELSEWHERE = "ENG206"


class Evidence:
    """Everything that is known about one path so far."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.size = 0
        self.deep = False
        self.issues: list[Issue] = []
        self.formats: dict[str, bool] = {}
        self.coverage = COMPLETE
        self._said: set[tuple[str, tuple[str, ...], str]] = set()
        self._counts: dict[str, int] = {}

    def seen(self, found: Format | Layout) -> None:
        """Note a format that the content has."""
        self.formats[found.name] = found.supported

    def issue(
        self,
        code: str,
        members: tuple[str, ...] = (),
        position: int | None = None,
        facts: Mapping[str, Detail] | None = None,
        details: Mapping[str, Detail] | None = None,
    ) -> Issue:
        """Make an issue of a rule and keep it, unless there are too many of its severity already."""
        issue = self._made(code, members, position, facts or {}, details)
        count = self._counts[issue.severity] = self._counts.get(issue.severity, 0) + 1
        if count <= limits.ISSUES or issue.operational:
            self.issues.append(issue)
        return issue

    def _made(
        self,
        code: str,
        members: tuple[str, ...],
        position: int | None,
        facts: Mapping[str, Detail],
        details: Mapping[str, Detail] | None,
    ) -> Issue:
        rule = rules.rule(code)
        facts = {key: _shown(value) for key, value in facts.items()}
        details = {key: _shown(value) for key, value in (details or {}).items()}
        return Issue(
            rule=code,
            name=rule.name,
            severity=rule.severity,
            message=rules.message(code, facts),
            location=Location(self.path, members, position),
            details={
                key: rules.printable(value) if isinstance(value, str) else value
                for key, value in {**facts, **details}.items()
            },
            timestamp=now(),
            operational=code in rules.OPERATIONAL,
        )

    def incomplete(
        self,
        code: str,
        members: tuple[str, ...] = (),
        position: int | None = None,
        facts: Mapping[str, Detail] | None = None,
        details: Mapping[str, Detail] | None = None,
    ) -> None:
        """Report what was not looked at, each reason once a member; the coverage tells the first one."""
        said = (code, members, rules.message(code, facts or {}))
        if said in self._said:
            return
        self._said.add(said)
        issue = self.issue(code, members, position, facts, details)
        if self.coverage is COMPLETE:
            unsupported = code in _NOT_LOOKED_INTO and not members
            self.coverage = Coverage("unsupported" if unsupported else "partial", issue.message)

    def unread(self, code: str, facts: Mapping[str, Detail] | None = None) -> None:
        """Report a path of which nothing was looked at."""
        issue = self.issue(code, facts=facts)
        self.coverage = Coverage("elsewhere" if code == _ELSEWHERE else "failed", issue.message)

    def report(self) -> FileReport:
        """Return the report of the path, its issues in an order that no thread and no clock can change."""
        self._say_what_was_dropped()
        return FileReport(
            path=self.path,
            size=self.size,
            formats=tuple(self.formats),
            coverage=self.coverage,
            issues=tuple(sorted(self.issues, key=_place)),
            scanners=tuple(name for name, supported in self.formats.items() if supported),
            deep=self.deep,
        )

    def _say_what_was_dropped(self) -> None:
        for severity, count in self._counts.items():
            dropped = count - limits.ISSUES
            if dropped > 0:
                # Notes that nobody reads are no reason to fail a scan; findings are.
                code = "ENG113" if severity in ("info", "debug") else "ENG109"
                facts: dict[str, Detail] = {"dropped": dropped, "limit": limits.ISSUES, "severity": severity}
                self.issues.append(self._made(code, (), None, facts, None))


def _proves(severity: str, code: str, details: Mapping[str, Detail]) -> bool:
    """Return whether an issue shows more than chance would: opcodes without a name are soon found in random bytes."""
    if "module" in details:
        return severity in ("critical", "warning")
    return severity == "critical" and not code.startswith("PKL")


class Trial:
    """What is found in bytes that should be plain numbers: kept only once something shows that it is no coincidence."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._waiting: list[Callable[[], object]] = []
        self._proven = False

    def prove(self) -> None:
        """Keep all that was found and all that will be."""
        self._proven = True
        for keep in self._waiting:
            keep()
        self._waiting.clear()

    def seen(self, found: Format | Layout) -> None:
        """Note a format that the content seems to have."""
        self._keep(lambda: self._evidence.seen(found))

    def issue(
        self,
        code: str,
        members: tuple[str, ...] = (),
        position: int | None = None,
        facts: Mapping[str, Detail] | None = None,
        details: Mapping[str, Detail] | None = None,
    ) -> None:
        """Keep an issue for later, unless it is proof."""
        self._keep(lambda: self._evidence.issue(code, members, position, facts, details))
        if not self._proven and _proves(rules.rule(code).severity, code, details or {}):
            self.prove()

    def incomplete(
        self,
        code: str,
        members: tuple[str, ...] = (),
        position: int | None = None,
        facts: Mapping[str, Detail] | None = None,
        details: Mapping[str, Detail] | None = None,
    ) -> None:
        """Keep what was not looked at for later: it is no proof."""
        self._keep(lambda: self._evidence.incomplete(code, members, position, facts, details))

    def _keep(self, keep: Callable[[], object]) -> None:
        if self._proven:
            keep()
        elif len(self._waiting) < limits.ISSUES:
            self._waiting.append(keep)


def _shown(value: Detail) -> Detail:
    """Return what may be quoted of a file."""
    return masking.masked(value) if isinstance(value, str) else value


def _place(issue: Issue) -> tuple[tuple[str, ...], int, str]:
    return issue.location.members, issue.location.position or 0, issue.rule
