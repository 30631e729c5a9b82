"""The logs of a run's phases are shown as one, in the order of time, and safe for a terminal."""

import fcntl
import json
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from orchestrator.logs import merged_logs
from phase_worker.contract import ConfigError, RunPaths

ROOT = Path(__file__).parents[3]


@pytest.fixture
def run(tmp_path: Path) -> RunPaths:
    """A run that has ended."""
    paths = RunPaths(tmp_path, "wf-1")
    paths.run_dir.mkdir()
    record(paths, "done")
    return paths


def record(paths: RunPaths, state: str) -> None:
    document = {"workflow_id": paths.workflow_id, "state": state, "started_at": "2026-01-31T09:00:00Z", "phases": {}}
    paths.run_json.write_text(json.dumps(document))


def at(second: float, message: str) -> str:
    return f"2026-01-31T09:30:{second:06.3f}Z INFO momentum: {message}\n"


def shown(paths: RunPaths) -> list[str]:
    """What is shown, without the times."""
    return [line.replace("2026-01-31T09:30:", "") for line in merged_logs(paths.traces_dir, paths.workflow_id)]


def test_lines_of_all_phases_come_in_the_order_of_their_times(run: RunPaths) -> None:
    run.log("train-2").write_text(at(2, "b") + at(4, "d"))
    run.log("train-10").write_text(at(1, "a") + at(3, "c"))
    assert shown(run) == [
        "train-10         01.000Z INFO momentum: a",
        "train-2          02.000Z INFO momentum: b",
        "train-10         03.000Z INFO momentum: c",
        "train-2          04.000Z INFO momentum: d",
    ]


def test_lines_without_a_time_stay_below_the_line_before_them(run: RunPaths) -> None:
    run.log("a").write_text("printed first\n" + at(1, "one") + "Traceback:\n\n  File x\n" + at(5, "five"))
    run.log("b").write_text(at(3, "three") + "printed\n")
    assert [line.split()[1:2] for line in shown(run)] == [
        ["printed"],
        ["01.000Z"],
        ["Traceback:"],
        [],
        ["File"],
        ["03.000Z"],
        ["printed"],
        ["05.000Z"],
    ]


def test_a_clock_that_was_set_back_does_not_tear_a_log_apart(run: RunPaths) -> None:
    run.log("a").write_text(at(5, "first") + at(1, "second"))
    run.log("b").write_text(at(3, "other"))
    assert [line.split()[-1] for line in shown(run)] == ["other", "first", "second"]


def test_what_could_steer_a_terminal_is_escaped(run: RunPaths) -> None:
    run.log("a").write_bytes(at(1, "\x1b[2J\r\u202e\ttab é").encode() + b"\xff\x00\n")
    (run.run_dir / "b\x1b[31m.log").write_text("x\n")
    assert shown(run) == [
        "b\\x1b[31m           x",
        "a                01.000Z INFO momentum: \\x1b[2J\\r\\u202e\ttab é",
        "a                \\xff\\x00",
    ]


def test_a_last_line_without_its_end_is_shown_once_the_run_has_ended(run: RunPaths) -> None:
    run.log("a").write_text(at(1, "one") + "cut o")
    assert shown(run)[-1] == "a                cut o"


def test_much_output_without_a_time_is_neither_lost_nor_held_at_once(run: RunPaths) -> None:
    text = at(1, "start") + "x" * 300_000 + "\n" + "".join(f"line {number}\n" for number in range(50_000))
    run.log("a").write_text(text)
    lines = [line[17:] for line in merged_logs(run.traces_dir, "wf-1")]
    assert "".join(line for line in lines if line.startswith("x")) == "x" * 300_000
    assert [line for line in lines if line.startswith("line")] == [f"line {number}" for number in range(50_000)]


def test_an_unknown_run_is_refused(run: RunPaths) -> None:
    with pytest.raises(ConfigError, match=r"no run 'wf-2' in .* Did you mean 'wf-1'\?"):
        next(merged_logs(run.traces_dir, "wf-2"))


def test_following_shows_what_is_added_until_the_run_ends(run: RunPaths) -> None:
    record(run, "running")
    run.log("a").write_text(at(1, "one"))
    with run.lock.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lines = merged_logs(run.traces_dir, "wf-1", follow=True)
        assert next(lines).endswith("one")
        with run.log("a").open("a") as log:
            log.write(at(3, "three") + "whole\nha")
        run.log("new").write_text(at(2, "two"))
        assert [line.split()[-1] for line in islice(lines, 3)] == ["two", "three", "whole"]
        with run.log("a").open("a") as log:
            log.write("lf\nno end")
        assert next(lines).endswith(" half")
        record(run, "done")
    assert [line.split(maxsplit=1) for line in lines] == [["a", "no end"]]


def test_a_reader_that_goes_away_ends_the_command_without_a_traceback(run: RunPaths) -> None:
    run.log("a").write_text(at(1, "x") * 20_000)
    reader, writer = os.pipe()
    command = [sys.executable, "-m", "orchestrator", "logs", "wf-1", "--traces", str(run.traces_dir)]
    with subprocess.Popen(command, cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, text=True) as process:
        os.close(writer)
        os.read(reader, 100)
        os.close(reader)
        _, stderr = process.communicate(timeout=30)
    assert stderr == ""
