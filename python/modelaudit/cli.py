"""The command line: options to a scan, a report to its destination, an exit code."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from modelaudit.reports import FORMATS

if TYPE_CHECKING:
    from modelaudit.config import ScanConfig
    from modelaudit.model import Report
    from modelaudit.progress import Progress

#: What a shell reports for a program ended by Ctrl-C.
_INTERRUPTED = 130
_FAILED = 2


def _size(ctx: click.Context, param: click.Parameter, value: str) -> int:
    from modelaudit.config import parse_size

    try:
        return parse_size(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is not a size such as 500MB, 2GB or 1048576.", ctx, param) from None


def _listed(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        return ()
    from modelaudit import blacklist

    patterns: list[str] = []
    for path in value:
        try:
            with open(path, "rb") as file:
                patterns += blacklist.read(file.read())
        except OSError as error:
            raise click.BadParameter(f"{path!r} cannot be read: {error.strerror}", ctx, param) from None
        except UnicodeDecodeError:
            raise click.BadParameter(f"{path!r} is not UTF-8 text.", ctx, param) from None
    return tuple(patterns)


def _version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from modelaudit._native import __version__

        click.echo(f"modelaudit {__version__}")
        ctx.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version.")
def main() -> None:
    """Tell what machine-learning model files would do when loaded, without loading them."""


@main.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("-f", "--format", "format_", type=click.Choice(FORMATS), default="text", help="The form of the report.")
@click.option("-o", "--output", metavar="FILE", help="Write the report to FILE instead of standard output.")
@click.option("-b", "--blacklist", multiple=True, metavar="PATTERN", help="Report names and content with PATTERN.")
@click.option("--blacklist-file", multiple=True, callback=_listed, metavar="FILE", help="Patterns, one a line.")
@click.option("-t", "--timeout", type=float, default=300.0, metavar="SECONDS", show_default=True, help="0: no limit.")
@click.option("--max-file-size", callback=_size, default="0", metavar="BYTES", help="Skip larger files (2GB). 0: none.")
@click.option("--deep", is_flag=True, help="Search every byte for code, also those of tensors.")
@click.option("--weights", type=click.Choice(["auto", "on", "off"]), default="auto", help="Compare output layers.")
@click.option("-j", "--jobs", type=click.IntRange(0), default=0, metavar="N", help="Threads. 0: one a processor.")
@click.option("--progress/--no-progress", default=None, help="Show a progress bar. Default: on a terminal.")
@click.option("-q", "--quiet", is_flag=True, help="Nothing on standard error; no report if there are no findings.")
@click.option("-v", "--verbose", is_flag=True, help="Show debug issues, details and reasons.")
@click.pass_context
def scan(  # noqa: PLR0917 - one parameter an option
    ctx: click.Context,
    paths: tuple[str, ...],
    format_: str,
    output: str | None,
    blacklist: tuple[str, ...],
    blacklist_file: tuple[str, ...],
    timeout: float,
    max_file_size: int,
    deep: bool,
    weights: str,
    jobs: int,
    progress: bool | None,
    quiet: bool,
    verbose: bool,
) -> None:
    """Scan files and folders; '-' reads standard input.

    Exit codes: 0 nothing of warning or above, 1 there is, 2 something could not be read or the time was over.
    """
    from modelaudit.config import ScanConfig

    try:
        config = ScanConfig(blacklist + blacklist_file, timeout, max_file_size, jobs, weights, deep)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    report = _scan(paths, config, _progress(paths, progress, quiet))
    if not quiet:
        _tell_errors(report)
    silent = quiet and output is None and format_ == "text" and report.exit_code == 0
    delivered = silent or _deliver(report, format_, output, verbose)
    if report.interrupted:
        ctx.exit(_INTERRUPTED)
    ctx.exit(report.exit_code if delivered else _FAILED)


def _progress(paths: tuple[str, ...], wanted: bool | None, quiet: bool) -> Progress | None:
    """Return the progress bar, if one is wanted: where nothing is said, by people at a terminal."""
    if quiet or sys.stderr is None or not (sys.stderr.isatty() if wanted is None else wanted):
        return None
    from modelaudit.progress import Progress

    return Progress([path for path in paths if path != "-"], sys.stderr)


def _scan(paths: tuple[str, ...], config: ScanConfig, progress: Progress | None) -> Report:
    from modelaudit.scanning import scan_paths

    # A process can be started without standard input.
    stdin = sys.stdin.buffer if sys.stdin else None
    if progress is None:
        return scan_paths(list(paths), config, stdin)
    with progress:
        return scan_paths(list(paths), config, stdin, progress)


def _tell_errors(report: Report) -> None:
    from modelaudit.rules import escaped

    for issue in report.issues:
        if issue.operational:
            click.echo(f"modelaudit: {escaped(str(issue.location))}: {issue.message}", err=True)


def _deliver(report: Report, format_: str, output: str | None, verbose: bool) -> bool:
    """Write the report where it was asked for; return whether that worked. It is never lost."""
    from modelaudit.delivery import has_unicode, print_out, wants_colour, write_file
    from modelaudit.reports import renderer
    from modelaudit.reports.style import Style

    render = renderer(format_)
    if output is not None:
        problem = write_file(output, render(report, Style(verbose=verbose)))
        if problem is None:
            return True
        click.echo(f"modelaudit: {problem}; the report follows", err=True)
    problem = print_out(render(report, Style(wants_colour(sys.stdout), has_unicode(sys.stdout), verbose)))
    if problem is not None:
        click.echo(f"modelaudit: {problem}", err=True)
    return output is None and problem is None
