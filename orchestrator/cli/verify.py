"""`daybreak verify JOB`: checks that a run's strategies do not look ahead, and that its phases can be repeated."""

import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from orchestrator.allocation import available_memory_bytes, available_slots
from orchestrator.cli.command_parser import CommandParser, count
from orchestrator.cli.exit_codes import EXIT_PHASE_FAILED
from orchestrator.executors.local import LocalExecutor
from orchestrator.executors.warm_start import WarmStart
from orchestrator.job import parse_job
from orchestrator.run import Run
from orchestrator.sequencer import Sequencer
from orchestrator.verification import Verification, verify

_DESCRIPTION = """\
Check the run of JOB, which has ended.

Each of its trials decides again without the bars after some bar, and with noise in their place: no decision up to that
bar may change. And a sample of its phases runs again from their requests: the traces must be the same, byte by byte."""


def main(arguments: list[str]) -> int:
    """What was found goes to stdout."""
    options = _parser().parse_args(arguments)
    with closing(Run(parse_job(options.job, overrides=dict(options.settings)), options.traces.resolve())) as run:
        paths = run.paths
    with (
        TemporaryDirectory(prefix="daybreak-verify-") as folder,
        closing(WarmStart()) as start,
        closing(LocalExecutor(start_process=start)) as executor,
    ):
        sequencer = Sequencer(executor, slots=available_slots(), memory_bytes=available_memory_bytes())
        found = verify(paths, sequencer, options.sample, Path(folder))
    if options.json:
        document = {"workflow_id": paths.workflow_id, "verified": found.verified} | asdict(found)
        sys.stdout.buffer.write(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")
    else:
        print("\n".join([*_look_ahead_lines(found), *_repetition_lines(found)]))
        print(f"run {paths.workflow_id}: {'verified' if found.verified else 'NOT verified'}")
    return 0 if found.verified else EXIT_PHASE_FAILED


def _parser() -> CommandParser:
    parser = CommandParser("verify", _DESCRIPTION, ["daybreak verify job.yaml", "daybreak verify job.yaml --sample 20"])
    parser.add_argument("job", type=Path, metavar="JOB", help="the job file")
    parser.add_traces()
    parser.add_argument("--sample", type=count, default=5, metavar="N", help="phases to run again (%(default)s)")
    parser.add_settings()
    parser.add_argument("--json", action="store_true", help="print one JSON document, and nothing else, on stdout")
    return parser


def _look_ahead_lines(found: Verification) -> list[str]:
    if found.error:
        return [f"look-ahead: the check failed: {found.error}"]
    if not found.checks:
        return ["look-ahead: no phase has traded"]
    first, flawed = found.checks[0], [check for check in found.checks if check["finding"]]
    tried = (
        f"{len(found.checks)} of {first['all_trials']} sets of parameters, {first['cuts']} cuts, {first['bars']} bars"
    )
    return [f"look-ahead: {len(flawed)} found ({tried})", *map(_finding_line, flawed)]


def _finding_line(check: Mapping[str, Any]) -> str:
    found = check["finding"]
    strategy = " ".join((check["strategy"], *(f"{name}={value}" for name, value in check["params"].items())))
    return (
        f"  {strategy}: at bar {found['bar']} ({found['timestamp']}) its target is {found['target']}, but "
        f"{found['target_then']} when the bars from {found['cut']} on are {found['what']}"
    )


def _repetition_lines(found: Verification) -> list[str]:
    different = {name: text for name, text in found.differences.items() if text}
    equal = [name for name in found.differences if name not in different]
    lines = [f"run again: {len(equal)} of {len(found.differences)} phases gave the same bytes ({', '.join(equal)})"]
    return [*lines, *(f"  {name} differs: {text}" for name, text in different.items())]


PARSERS = {"": _parser}
