"""What components log stands in the phase's log in one form, and phases that log nothing do not pay for it."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from phase_worker.contract.exit_code import ExitCode
from phase_worker.contract.log_lines import log_line, time_of
from phase_worker.contract.outcome import read_outcome
from phase_worker.contract.request import Plugin, plugin_digest
from tests.fakes.real_phases import ROOT, request_for, run_process

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


def lines_of(code: str) -> list[str]:
    """What a process that has its logging set up writes to its log."""
    setup = "import sys; sys.modules.pop('logging', None)\nfrom phase_worker.phase_log import set_up_logging\n"
    command = [sys.executable, "-c", f"{setup}{code}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stderr.splitlines()


RECORDS = "log = logging.getLogger('momentum')\nlog.debug('no')\nlog.info('a %s', 1)\nlog.warning('b')\n"


def test_records_from_info_on_are_lines_with_a_time_however_logging_is_imported() -> None:
    for code in (
        f"set_up_logging()\nimport logging\n{RECORDS}",
        f"import logging\nset_up_logging()\n{RECORDS}",
        f"set_up_logging()\nimport logging.handlers\n{RECORDS}",
    ):
        info, warning = lines_of(code)
        assert re.fullmatch(f"{TIME} INFO momentum: a 1", info)
        assert re.fullmatch(f"{TIME} WARNING momentum: b", warning)


def test_an_exception_that_is_logged_brings_its_traceback() -> None:
    code = "set_up_logging()\nimport logging\ntry: 1 / 0\nexcept ZeroDivisionError: logging.exception('oh')"
    first, second, *_, last = lines_of(code)
    assert re.fullmatch(f"{TIME} ERROR root: oh", first)
    assert second == "Traceback (most recent call last):"
    assert last == "ZeroDivisionError: division by zero"


def test_a_phase_that_logs_nothing_does_not_import_logging() -> None:
    code = (
        "set_up_logging()\nimport phase_worker.__main__, phase_worker.runner, topologies.backtest\n"
        "sys.stderr.write(str('logging' in sys.modules))"
    )
    assert lines_of(code) == ["False"]


def test_a_component_logs_into_its_phases_log(tmp_path: Path) -> None:
    plugin = tmp_path / "talkative.py"
    plugin.write_text(
        '"""Says what it does."""\nimport logging\nfrom phase_worker.discovery import topology\n'
        "@topology(name='talkative')\ndef talkative(context):\n"
        "    logging.getLogger(__name__).info('working')\n    print('printed', flush=True)\n"
        "    raise ValueError('no')\n"
    )
    request = replace(request_for(tmp_path, "talkative"), plugins=(Plugin(plugin, plugin_digest(plugin)),))
    started, worked, failed, *traceback = run_process(request).log.splitlines()
    assert re.fullmatch(f"{TIME} INFO phase_worker: attempt 1 of phase speak starts", started)
    assert re.fullmatch(rf"{TIME} INFO daybreak_plugin_\w+_talkative_py: working", worked)
    assert re.fullmatch(f"{TIME} ERROR phase_worker: the phase failed:", failed)
    assert traceback[-1] == "ValueError: no"


def test_a_line_has_a_time_only_at_its_start() -> None:
    line = log_line("INFO", "momentum", "x")
    assert time_of(line.encode()) == line[:24].encode()
    assert time_of(f" {line}".encode()) is None
    assert time_of(b"2026-01-31T09:30:00Z INFO x: y") is None
    assert time_of(b"") is None


@pytest.mark.parametrize(("topology", "code"), [("announce", ExitCode.COMPLETED), ("no_such", ExitCode.CONFIG)])
def test_a_log_that_cannot_be_written_changes_nothing(tmp_path: Path, topology: str, code: ExitCode) -> None:
    request = request_for(tmp_path, topology)
    request.paths.run_dir.mkdir(parents=True)
    file = request.paths.request(request.phase)
    file.write_bytes(request.to_json())
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-P", "-m", "phase_worker", str(file)]
        ended = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, stderr=full, check=False)
    outcome = read_outcome(request.files.outcome)
    assert outcome is not None
    assert (ended.returncode, outcome.exit_code) == (code, code)
