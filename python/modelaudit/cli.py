"""The command line: options to a scan, a report to its destination, an exit code."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from modelaudit.reports import FORMATS

if TYPE_CHECKING:
    from modelaudit.config import ScanConfig
    from modelaudit.model import Report

#: What a shell reports for a program ended by Ctrl-C.
_INTERRUPTED = 130
_FAILED = 2


class _Size(click.ParamType):
    """A number of bytes, with or without a suffix."""

    name = "bytes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        from modelaudit.config import parse_size

        try:
            return value if isinstance(value, int) else parse_size(value)
        except ValueError:
            self.fail(f"{value!r} is not a size such as 500MB, 2GB or 1048576.", param, ctx)


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
@click.option("-b", "--blacklist", multiple=True, metavar="PATTERN", help="Report names that contain PATTERN.")
@click.option("-t", "--timeout", type=float, default=300.0, metavar="SECONDS", show_default=True, help="0: no limit.")
@click.option("--max-file-size", type=_Size(), default=0, metavar="BYTES", help="Skip larger files, e.g. 2GB. 0: none.")
@click.option("-v", "--verbose", is_flag=True, help="Show debug issues, details and reasons.")
@click.pass_context
def scan(  # noqa: PLR0917 - one parameter an option
    ctx: click.Context,
    paths: tuple[str, ...],
    format_: str,
    output: str | None,
    blacklist: tuple[str, ...],
    timeout: float,
    max_file_size: int,
    verbose: bool,
) -> None:
    """Scan files and folders; '-' reads standard input.

    Exit codes: 0 nothing of warning or above, 1 there is, 2 something could not be read or the time was over.
    """
    from modelaudit.config import ScanConfig

    try:
        config = ScanConfig(blacklist, timeout, max_file_size)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    report = _scan(paths, config)
    for issue in report.issues:
        if issue.operational:
            click.echo(f"modelaudit: {_plain(f'{issue.location}: {issue.message}')}", err=True)
    delivered = _deliver(report, format_, output, verbose)
    if report.interrupted:
        ctx.exit(_INTERRUPTED)
    ctx.exit(report.exit_code if delivered else _FAILED)


def _scan(paths: tuple[str, ...], config: ScanConfig) -> Report:
    from modelaudit.engine import scan_paths, scan_stream

    if "-" not in paths:
        return scan_paths(list(paths), config)
    if len(paths) > 1:
        raise click.UsageError("'-' (standard input) cannot be combined with other paths.")
    stream = sys.stdin.buffer
    return scan_stream(stream, "-", blacklist=config.blacklist, timeout=config.timeout)


def _deliver(report: Report, format_: str, output: str | None, verbose: bool) -> bool:
    """Write the report where it was asked for; return whether that worked. It is never lost."""
    from modelaudit.reports import renderer
    from modelaudit.reports.style import Style

    render = renderer(format_)
    if output is not None:
        try:
            _write_atomically(output, render(report, Style(verbose=verbose)))
        except OSError as error:
            reason = error.strerror or str(error)
            click.echo(f"modelaudit: cannot write {_plain(output)}: {reason}; the report follows", err=True)
        else:
            return True
    text = render(report, Style(_wants_colour(), _has_unicode(), verbose))
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has seen enough. Python would complain again when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return output is None


def _write_atomically(path: str, text: str) -> None:
    """Write a file so that it is there whole or not at all."""
    import tempfile

    folder = os.path.dirname(path) or "."
    handle, temporary = tempfile.mkstemp(prefix=".modelaudit-", dir=folder)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _wants_colour() -> bool:
    """Follow NO_COLOR (no-color.org) and FORCE_COLOR; otherwise colour for terminals only."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def _has_unicode() -> bool:
    try:
        "─✓✗…".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _plain(text: str) -> str:
    from modelaudit.rules import printable

    return printable(text.encode("utf-8", "backslashreplace").decode("utf-8")).encode("ascii", "backslashreplace").decode()
