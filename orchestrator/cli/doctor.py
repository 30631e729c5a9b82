"""`daybreak doctor`: says what this machine offers, and what will bite."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from orchestrator.cli.command_parser import CommandParser
from orchestrator.cli.exit_codes import EXIT_PHASE_FAILED
from orchestrator.cli.terminal import has_colours
from orchestrator.doctor.finding import Finding, Verdict
from orchestrator.doctor.machine import machine
from orchestrator.doctor.software import software
from orchestrator.doctor.storage import storage
from orchestrator.doctor.trial_run import trial_run
from orchestrator.job_file.errors import printable

_COLOURS = {Verdict.OK: "32", Verdict.WARN: "33", Verdict.BAD: "31;1"}
_DESCRIPTION = """\
Say what this machine offers to Daybreak, and what will bite: per line ok, warn (works, but may surprise) or bad.

Files are written for a moment, and a small run is made in a temporary directory. The exit code is 1 if
something is bad."""


def main(arguments: list[str]) -> int:
    """Each finding is shown as it is made."""
    options = _parser().parse_args(arguments)
    findings = []
    for finding in _findings(options.traces, options.queue):
        findings.append(finding)
        if not options.json:
            print(_line(finding, coloured=has_colours(sys.stdout)), flush=True)
    if options.json:
        print(json.dumps({"schema": 1, "findings": [asdict(finding) for finding in findings]}, indent=2))
    else:
        print(_sum(findings))
    return EXIT_PHASE_FAILED if any(finding.verdict is Verdict.BAD for finding in findings) else 0


def _findings(traces: Path, queue: Path) -> Iterator[Finding]:
    yield from software()
    yield from machine()
    yield from storage("traces", traces)
    yield from storage("queue", queue, queue=True)
    yield from trial_run()


def _line(finding: Finding, *, coloured: bool) -> str:
    verdict = f"{finding.verdict:<4}"
    if coloured:
        verdict = f"\x1b[{_COLOURS[finding.verdict]}m{verdict}\x1b[0m"
    line = f"{verdict}  {printable(finding.topic):<28} {printable(finding.found)}"
    return f"{line}\n      {printable(finding.advice)}" if finding.advice else line


def _sum(findings: list[Finding]) -> str:
    counts = {verdict: sum(finding.verdict is verdict for finding in findings) for verdict in Verdict}
    return "\n" + ", ".join(f"{count} {verdict}" for verdict, count in counts.items())


def _parser() -> CommandParser:
    parser = CommandParser(
        "doctor", _DESCRIPTION, ["daybreak doctor", "daybreak doctor --traces /data/traces --queue jobs --json"]
    )
    parser.add_traces()
    parser.add_argument(
        "--queue", type=Path, default=Path("jobs"), metavar="DIR", help="the queue directory (%(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser


PARSERS = {"": _parser}
