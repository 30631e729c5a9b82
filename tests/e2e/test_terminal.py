"""What a person sees on a terminal while a run goes on, and what stays there when it has ended."""

from pathlib import Path

import pytest

from tests.fakes.command_line import daybreak
from tests.fakes.scripted_jobs import phase, write_job
from tests.fakes.terminal import Terminal

WAITING = {f"wait-{n}": phase(["wait for", "go"], ["publish"]) for n in (1, 2, 3)}


@pytest.fixture
def waiting_job(tmp_path: Path) -> Path:
    """Phases that go on when the file `go` is in the run's directory, and one that fails."""
    write_job(tmp_path, {"bad": phase(["stumble"]), **WAITING})
    return tmp_path


def let_go(folder: Path) -> None:
    (folder / "traces" / "wf-1" / "go").touch()


def test_the_picture_shows_what_runs_and_goes_when_the_run_ends_while_failures_stay(waiting_job: Path) -> None:
    with Terminal(waiting_job, "run", "job.yaml", "--slots", 2) as terminal:
        screen = terminal.until(lambda text: "2 running" in text and "1 failed" in text)
        lines = screen.splitlines()
        title = lines.index("wf-1")
        assert lines[title + 1].startswith("2 of 5 phases, 0:0")
        (waiting,) = [line for line in lines[title:] if line.startswith("wait ")]
        assert "0/3" in waiting
        assert "1 0 s, 2 0 s" in waiting or "1 1 s, 2 1 s" in waiting
        assert "MiB" in screen
        failure = screen.index("ValueError: cannot take thunder")
        assert failure < screen.index("wf-1\n")
        assert terminal.cursor_hidden

        let_go(waiting_job)
        assert terminal.end() == 1
        assert not terminal.cursor_hidden
        assert "5 of 5 phases ended, 5 of them computed now, in 0:" in terminal.screen
        assert "━" not in terminal.screen
        assert terminal.screen.count("ValueError: cannot take thunder") == 2, "as it happened, and in the report"
        assert terminal.screen.endswith("run wf-1: traces/wf-1")


def test_control_c_leaves_a_clean_terminal_and_says_how_to_go_on(waiting_job: Path) -> None:
    with Terminal(waiting_job, "run", "job.yaml") as terminal:
        terminal.until(lambda text: "2 of 5 phases" in text)
        terminal.type("\x03")
        assert terminal.end() == 130
        assert not terminal.cursor_hidden
        assert "━" not in terminal.screen
        assert "stopped: the same command runs what is left" in terminal.screen
        assert "Traceback" not in terminal.screen


def test_a_run_that_is_done_needs_no_picture(tmp_path: Path) -> None:
    write_job(tmp_path, {"one": phase(["publish"])})
    assert daybreak(tmp_path, "run", "job.yaml").returncode == 0
    with Terminal(tmp_path, "run", "job.yaml") as terminal:
        assert terminal.end() == 0
        assert b"\x1b" not in terminal.written
        assert "2 of 2 phases ended, 0 of them computed now, in 0:" in terminal.screen


def test_a_narrow_terminal_shows_less_and_breaks_nothing(waiting_job: Path) -> None:
    with Terminal(waiting_job, "run", "job.yaml", columns=40) as terminal:
        screen = terminal.until(lambda text: any(line.startswith("wait  0/3") for line in text.splitlines()))
        assert "━" not in screen
        let_go(waiting_job)
        assert terminal.end() == 1


def test_a_terminal_that_gets_smaller_is_drawn_for_its_new_size(waiting_job: Path) -> None:
    with Terminal(waiting_job, "run", "job.yaml", columns=100) as terminal:
        terminal.until(lambda text: "━" in text)
        terminal.resize(40, 24)
        terminal.until(lambda text: any(line.startswith("wait  0/3") for line in text.splitlines()))
        let_go(waiting_job)
        assert terminal.end() == 1
        assert not terminal.cursor_hidden


def test_without_unicode_the_bars_are_plain(waiting_job: Path) -> None:
    ascii_only = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    with Terminal(waiting_job, "run", "job.yaml", variables=ascii_only) as terminal:
        screen = terminal.until(lambda text: "running" in text)
        assert "----------" in screen
        assert screen.isascii()
        let_go(waiting_job)
        assert terminal.end() == 1


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_a_teletype_gets_lines(arguments: list[str], tmp_path: Path) -> None:
    write_job(tmp_path, {"one": phase(["publish"])})
    term = "xterm" if arguments else "dumb"
    with Terminal(tmp_path, "run", "job.yaml", *arguments, variables={"TERM": term}) as terminal:
        assert terminal.end() == 0
        assert b"\x1b" not in terminal.written
        lines = terminal.written.decode().splitlines()
        assert [line.split()[:2] for line in lines[:2]] == [["data", "completed"], ["one", "completed"]]


def test_no_color_is_obeyed(waiting_job: Path) -> None:
    colours = {}
    for no_color in ("", "1"):
        with Terminal(waiting_job, "run", "job.yaml", variables={"NO_COLOR": no_color}) as terminal:
            terminal.until(lambda text: "running" in text)
            terminal.type("\x03")
            terminal.end()
            colours[no_color] = b"\x1b[3" in terminal.written
    assert colours == {"": True, "1": False}


def test_quiet_tells_of_failures_and_in_the_end_how_it_went(waiting_job: Path) -> None:
    (waiting_job / "traces" / "wf-1").mkdir(parents=True)
    let_go(waiting_job)
    failed = daybreak(waiting_job, "run", "job.yaml", "--quiet")
    assert failed.returncode == 1
    assert [line.split()[:2] for line in failed.stderr.splitlines()][:1] == [["bad", "failed"]]
    assert len(failed.stderr.splitlines()) == 2
    assert failed.stdout == "4 phases completed, 1 failed, 0 skipped\nrun wf-1: traces/wf-1\n"


def test_quiet_says_nothing_of_what_goes_well_but_its_last_figure(tmp_path: Path) -> None:
    write_job(tmp_path, {}, workflow="backtest")
    finished = daybreak(tmp_path, "run", "job.yaml", "-q")
    assert finished.stderr == ""
    (figure, run) = finished.stdout.splitlines()
    assert figure.startswith("sharpe_ratio ")
    assert run == "run wf-1: traces/wf-1"
