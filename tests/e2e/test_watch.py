"""`daybreak watch`: a run or a queue that others work on, as it goes on."""

import signal
from pathlib import Path

import pytest

from tests.fakes.command_line import TIMEOUT_S, daybreak, start_daybreak
from tests.fakes.scripted_jobs import phase, write_job
from tests.fakes.scripted_phases import wait_until
from tests.fakes.terminal import Terminal

WAITING = {f"wait-{n}": phase(["wait for", "go"], ["publish"]) for n in (1, 2)}


@pytest.fixture
def waiting_job(tmp_path: Path) -> Path:
    write_job(tmp_path, {"bad": phase(["stumble"]), **WAITING})
    return tmp_path


def test_a_run_is_followed_to_its_end(waiting_job: Path) -> None:
    run = start_daybreak(waiting_job, "run", "job.yaml", "--slots", 2)
    run_dir = waiting_job / "traces" / "wf-1"
    wait_until((run_dir / "wait-2.request.json").exists, "both phases run")
    watch = start_daybreak(waiting_job, "watch", "wf-1")
    assert watch.stdout is not None
    first = [watch.stdout.readline().split()[:2] for _ in range(3)]
    assert first == [["data", "completed"], ["bad", "failed"], ["ValueError:", "cannot"]]
    (run_dir / "go").touch()
    rest, errors = watch.communicate(timeout=TIMEOUT_S)
    assert [line.split()[:2] for line in rest.splitlines()] == [
        ["wait-1", "completed"],
        ["wait-2", "completed"],
        ["wf-1:", "failed,"],
    ]
    assert (watch.returncode, errors) == (1, "")
    run.communicate(timeout=TIMEOUT_S)


def test_a_run_is_shown_on_a_terminal_as_its_coordinator_would_show_it(waiting_job: Path) -> None:
    run = start_daybreak(waiting_job, "run", "job.yaml", "--slots", 2)
    wait_until((waiting_job / "traces" / "wf-1" / "wait-2.request.json").exists, "both phases run")
    with Terminal(waiting_job, "watch", "wf-1") as terminal:
        screen = terminal.until(lambda text: "2 running" in text)
        assert "2 of 4 phases, 0:0" in screen
        assert "ValueError: cannot take thunder" in screen
        (waiting_job / "traces" / "wf-1" / "go").touch()
        assert terminal.end() == 1
        assert not terminal.cursor_hidden
        assert terminal.screen.splitlines()[-1].startswith("wf-1: failed, started ")
    run.communicate(timeout=TIMEOUT_S)


def test_of_a_run_that_goes_on_again_old_failures_are_not_told(tmp_path: Path) -> None:
    again = {name: phase(["die once", f"{name}.died"], ["wait for", "go"], ["publish"]) for name in ("one", "two")}
    job = write_job(tmp_path, again)
    assert daybreak(tmp_path, "run", job).returncode == 1
    assert daybreak(tmp_path, "watch", "wf-1").stdout.count("failed") == 3, "the run, and two phases"

    run_dir = tmp_path / "traces" / "wf-1"
    request = run_dir / "one.request.json"
    first_ns = request.stat().st_mtime_ns
    run = start_daybreak(tmp_path, "run", job, "--slots", 1)
    wait_until(lambda: request.stat().st_mtime_ns > first_ns, "the first runs again")
    assert (run_dir / "two.outcome.json").exists()
    watch = start_daybreak(tmp_path, "watch", "wf-1")
    assert watch.stdout is not None
    assert watch.stdout.readline().split()[:2] == ["data", "completed"]
    (run_dir / "go").touch()
    rest, _ = watch.communicate(timeout=TIMEOUT_S)
    ended = [line.split()[:2] for line in rest.splitlines()]
    assert ended == [["one", "completed"], ["two", "completed"], ["wf-1:", "done,"]]
    assert watch.returncode == 0
    run.communicate(timeout=TIMEOUT_S)


def test_an_unknown_run_gets_those_there_are(waiting_job: Path) -> None:
    finished = daybreak(waiting_job, "watch", "wf-1")
    assert finished.returncode == 2
    assert "no run 'wf-1' in traces. Known: none." in finished.stderr


def test_a_queue_is_followed_by_its_changes(tmp_path: Path) -> None:
    write_job(tmp_path, {}, workflow="backtest", plugins=[])
    assert daybreak(tmp_path, "submit", "job.yaml").returncode == 0
    watch = start_daybreak(tmp_path, "watch")
    assert watch.stdout is not None
    assert watch.stdout.readline() == "1 new\n"
    assert "Did you mean 'wf-1'?" in daybreak(tmp_path, "queue", "hold", "wf1").stderr
    assert daybreak(tmp_path, "queue", "hold", "wf-1").returncode == 0
    assert watch.stdout.readline() == "wf-1: new, now held: by hand\n"
    watch.send_signal(signal.SIGINT)
    assert watch.wait(TIMEOUT_S) == 130
    watch.communicate()


def test_a_queue_is_shown_on_a_terminal_with_what_needs_a_look(tmp_path: Path) -> None:
    write_job(tmp_path, {}, workflow="backtest", plugins=[])
    assert daybreak(tmp_path, "submit", "job.yaml").returncode == 0
    with Terminal(tmp_path, "watch", columns=100) as terminal:
        terminal.until(lambda text: text.endswith("jobs: 1 new"))
        assert daybreak(tmp_path, "queue", "hold", "wf-1").returncode == 0
        screen = terminal.until(lambda text: "1 held" in text)
        (line,) = [line.split() for line in screen.splitlines() if line.startswith("held")]
        assert (line[1], line[3:]) == ("wf-1", ["by", "hand"])
        terminal.type("\x03")
        assert terminal.end() == 130
        assert not terminal.cursor_hidden
