"""The command line: the documented report, options, exit codes, destinations."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assembly import EVIL, PAYLOAD, documented_example
from conftest import Run
from modelaudit import _native

DOCUMENTED = """\
────────────────────────────────────────────────────────────────────────────────
ModelAudit Security Scanner
Scanning for potential security issues in ML model files
────────────────────────────────────────────────────────────────────────────────
Paths to scan: suspicious_model.pkl
────────────────────────────────────────────────────────────────────────────────

✓ Scanning suspicious_model.pkl

Active Scanner: pickle
Scan completed in N.NN seconds
Files scanned: 1
Scanned 156 bytes
Issues found: 1 critical, 1 warning

1. suspicious_model.pkl (pos 28): [CRITICAL] Suspicious module reference found: posix.system
   would run: posix.system('echo pwned')
   PKL101 dangerous-execute
   what to do: Do not load the file. Obtain the model in a format without code, such as SafeTensors.
2. suspicious_model.pkl (pos 52): [WARNING] Found REDUCE opcode - potential __reduce__ method execution
   PKL131 call-of-suspicious-callable

────────────────────────────────────────────────────────────────────────────────
✗ Scan completed with findings
"""


@pytest.fixture
def evil(tmp_path: Path) -> Path:
    path = tmp_path / "suspicious_model.pkl"
    path.write_bytes(documented_example())
    return path


def test_the_documented_example_gives_the_documented_text(run: Run, evil: Path) -> None:
    assert evil.stat().st_size == 156
    done = run("scan", evil.name)
    assert re.sub(r"in \d+\.\d\d seconds", "in N.NN seconds", done.stdout) == DOCUMENTED
    assert (done.returncode, done.stderr) == (1, "")


def test_the_documented_example_gives_the_documented_json(run: Run, evil: Path) -> None:
    done = run("scan", evil.name, "--format", "json")
    report = json.loads(done.stdout)
    assert done.returncode == 1
    assert report["scanner_names"] == ["pickle"]
    assert (report["bytes_scanned"], report["files_scanned"], report["has_errors"]) == (156, 1, False)
    assert abs(report["start_time"] - time.time()) < 60
    assert isinstance(report["duration"], float)
    first, second = report["issues"]
    assert first["message"] == "Suspicious module reference found: posix.system"
    assert first["location"] == "suspicious_model.pkl (pos 28)"
    assert (first["severity"], first["rule"], first["name"]) == ("critical", "PKL101", "dangerous-execute")
    details = first["details"]
    assert (details["module"], details["function"], details["position"]) == ("posix", "system", 28)
    assert details["opcode"] == "STACK_GLOBAL"
    assert second["location"] == "suspicious_model.pkl (pos 52)"
    assert second["severity"] == "warning"
    assert report["files"][0]["coverage"] == {"status": "complete", "reason": ""}


def test_a_plain_pickle_is_clean(run: Run, tmp_path: Path) -> None:
    (tmp_path / "plain.pkl").write_bytes(b"\x80\x04}\x94(\x8c\x01aK\x01u.")
    done = run("scan", "plain.pkl")
    assert done.returncode == 0
    assert "Issues found: none" in done.stdout
    assert "no security issues found" in done.stdout


def test_a_missing_path_is_an_error_and_the_others_are_scanned(run: Run, evil: Path) -> None:
    done = run("scan", "nowhere.pkl", evil.name)
    assert done.returncode == 2
    assert "nowhere.pkl: Not scanned: no such file or directory" in done.stderr
    assert "nowhere.pkl: [WARNING] Not scanned: no such file or directory" in done.stdout
    assert "posix.system" in done.stdout
    assert "Files scanned: 1" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["--timeout", "soon"],
        ["--timeout", "-1"],
        ["--timeout", "nan"],
        ["--max-file-size", "big"],
        ["--max-file-size", "-5"],
        ["--format", "pdf"],
        ["--blacklist", ""],
        ["--no-such-option"],
    ],
)
def test_bad_values_are_usage_errors(run: Run, evil: Path, arguments: list[str]) -> None:
    done = run("scan", evil.name, *arguments)
    assert done.returncode == 2
    assert "Usage:" in done.stderr
    assert done.stdout == ""


def test_no_path_is_a_usage_error(run: Run) -> None:
    assert run("scan").returncode == 2


def test_the_report_goes_to_a_file_whole_and_without_colour(run: Run, evil: Path, tmp_path: Path) -> None:
    done = run("scan", evil.name, "--output", "report.txt", env={"FORCE_COLOR": "1"})
    assert (done.returncode, done.stdout) == (1, "")
    text = (tmp_path / "report.txt").read_text(encoding="utf-8")
    assert "[CRITICAL]" in text
    assert "\x1b" not in text
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".modelaudit-")] == []


def test_a_report_that_cannot_be_written_is_not_lost(run: Run, evil: Path) -> None:
    done = run("scan", evil.name, "-f", "json", "-o", "no/such/folder/report.json")
    assert done.returncode == 2
    assert "cannot write no/such/folder/report.json" in done.stderr
    assert json.loads(done.stdout)["issues"]


def test_an_old_report_survives_a_failed_write(run: Run, evil: Path, tmp_path: Path) -> None:
    target = tmp_path / "report"
    target.mkdir()
    done = run("scan", evil.name, "-o", "report")
    assert done.returncode == 2
    assert target.is_dir()
    assert "posix.system" in done.stdout


def test_standard_input_is_scanned(run: Run) -> None:
    done = run("scan", "-", "-f", "json", stdin=EVIL)
    assert done.returncode == 1
    assert json.loads(done.stdout)["issues"][0]["location"] == "- (pos 2)"


def test_colours_follow_the_environment(run: Run, evil: Path) -> None:
    assert "\x1b" not in run("scan", evil.name).stdout
    assert "\x1b[1;31m" in run("scan", evil.name, env={"FORCE_COLOR": "1"}).stdout
    assert "\x1b" not in run("scan", evil.name, env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).stdout


def test_a_poor_console_gets_ascii(run: Run, tmp_path: Path) -> None:
    (tmp_path / "é.pkl").write_bytes(EVIL)
    done = run("scan", "é.pkl", env={"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 1
    assert done.stdout.isascii()
    assert "Scan completed with findings" in done.stdout


def test_names_cannot_steer_the_terminal(run: Run, tmp_path: Path) -> None:
    name = "a\x1b[31mb\n.pkl"
    (tmp_path / name).write_bytes(b"cx\x1b[2J\nevil\n.")
    done = run("scan", name)
    assert "\x1b" not in done.stdout
    assert "\\x1b[31mb\\x0a.pkl" in done.stdout


def test_file_names_that_are_no_text_survive(run: Run, tmp_path: Path) -> None:
    with open(os.path.join(os.fsencode(tmp_path), b"\xff.pkl"), "wb") as file:
        file.write(EVIL)
    report = json.loads(run("scan", ".", "-f", "json").stdout)
    assert report["files"][0]["path"] == "./\udcff.pkl"
    assert "\\udcff.pkl" in run("scan", ".").stdout


def test_many_unknown_callables_are_one_entry(run: Run, tmp_path: Path) -> None:
    parts = b"".join(b"cmylib\nLayer%d\n)\x81" % number for number in range(40))
    (tmp_path / "custom.pkl").write_bytes(b"\x80\x02" + parts + b".")
    lines = run("scan", "custom.pkl").stdout.splitlines()
    assert "1. custom.pkl: [WARNING] Classes that are not known are constructed (40 times)" in lines
    assert len(lines) < 30
    assert "Layer39" in run("scan", "custom.pkl", "-v").stdout


def test_verbose_gives_reasons(run: Run, evil: Path) -> None:
    out = run("scan", evil.name, "-v").stdout
    assert "why: Loading the file imports this callable" in out
    assert "what to do: Do not load the file." in out
    assert "https://cwe.mitre.org/data/definitions/502.html" in out


def test_the_size_limit_is_reported(run: Run, evil: Path) -> None:
    done = run("scan", evil.name, "--max-file-size", "0.1KB")
    assert done.returncode == 1
    assert "File too large to scan: 156 bytes (limit 100)" in done.stdout


def test_names_on_the_blacklist_are_critical(run: Run, tmp_path: Path) -> None:
    (tmp_path / "Malicious_NET.pkl").write_bytes(b"\x80\x04N.")
    done = run("scan", ".", "-b", "malicious_net", "-b", "other")
    assert done.returncode == 1
    assert "[CRITICAL] Blacklisted name found: malicious_net" in done.stdout


def test_version_and_help(run: Run) -> None:
    assert re.fullmatch(r"modelaudit \d+\.\d+\.\d+\n", run("--version").stdout)
    assert "Exit codes" in run("scan", "--help").stdout


#: Opcodes that take long for their bytes: each is a reference to the extension registry, which is reported.
SLOW = b"\x82\x010" * 10_000_000


def test_the_deadline_ends_the_scan_inside_a_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "long.pkl").write_bytes(b"\x80\x02" + PAYLOAD + b"0" + SLOW + SLOW + b"N.")
    done = run("scan", "long.pkl", "long.pkl", "--timeout", "0.5", "-f", "json")
    report = json.loads(done.stdout)
    assert done.returncode == 2
    # The deadline and at most a second to end in, on any machine.
    assert report["duration"] < 1.5
    rules = [issue["rule"] for issue in report["issues"]]
    assert rules.count("ENG101") == 2
    assert "PKL101" in rules
    assert report["has_errors"] is True


def test_ctrl_c_gives_the_report_so_far(tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(EVIL)
    command = [sys.executable, "-m", "modelaudit", "scan", str(tmp_path), "-", "-f", "json"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        # After the folder the scan waits for standard input, which stays open and silent.
        time.sleep(3)
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        out = process.stdout.read()
        process.wait(timeout=20)
    report = json.loads(out)
    assert process.returncode == 130
    assert [issue["rule"] for issue in report["issues"]] == ["PKL101", "PKL131"]
    assert report["has_errors"] is True


def test_ctrl_c_is_heard_inside_the_core() -> None:
    source = _native.Source.from_bytes(b"\x80\x02" + SLOW + SLOW + b"N.")
    previous = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(KeyboardInterrupt):
            _native.scan_pickle(source, _native.Deadline(None))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
