"""What the shell is told can be typed next."""

import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from orchestrator.cli import COMMANDS
from orchestrator.cli.candidates import candidates
from tests.fakes.command_line import ROOT, daybreak
from tests.fakes.terminal import Terminal

WORKFLOWS = [
    "backtest",
    "combinatorial_purged_cv",
    "custom",
    "monte_carlo",
    "parameter_sweep",
    "portfolio",
    "regime",
    "signal_generate_and_replay",
    "train_test",
    "walk_forward",
]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a job file, data, a run, and a job in each of two queues' states."""
    for name in ("night/one.yaml", "job.yml", "SPY.csv", "traces/run-1/run.json", "jobs/new/job-1.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "jobs/active/host-1-ab").mkdir(parents=True)
    (tmp_path / "jobs/active/host-1-ab/job-2.json").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("", [*COMMANDS, "--help", "--version"]),
        ("st", ["status"]),
        ("run ", ["job.yml", "jobs/", "night/", "traces/"]),
        ("run night/", ["night/one.yaml"]),
        ("run job.yml --sl", ["--slots"]),
        ("run --start ", ["cold", "warm"]),
        ("run --slots ", []),
        ("run --set workfl", ["workflow=", "workflow_id="]),
        ("run --set workflow=", [f"workflow={name}" for name in WORKFLOWS]),
        ("run --set strategy=sma", ["strategy=sma_cross"]),
        ("run --set execution.fill=s", ["execution.fill=same_close"]),
        ("run --set windows.anchored=", ["windows.anchored=false", "windows.anchored=true"]),
        ("run --set data_file=S", ["data_file=SPY.csv"]),
        ("status ", ["run-1"]),
        ("logs --traces traces r", ["run-1"]),
        ("watch ", ["run-1"]),
        ("compare run-1 ", ["run-1"]),
        ("cluster ", ["cancel", "collect", "resubmit", "script", "status", "submit"]),
        ("cluster status r", ["run-1"]),
        ("cluster script job.yml --scheduler s", ["sge", "slurm"]),
        ("queue h", ["hold"]),
        ("queue hold ", ["job-1", "job-2"]),
        ("queue hold job-1 job-", ["job-1", "job-2"]),
        ("submit job.yml --after ", ["job-1", "job-2"]),
        ("components fe", ["feature"]),
        ("init x --data S", ["SPY.csv"]),
        ("trace v", ["verify"]),
        ("trace verify S", ["SPY.csv"]),
        ("nonsense ", []),
    ],
)
def test_what_can_be_typed_is_offered(typed: str, offered: list[str]) -> None:
    assert candidates(typed.split(" ")) == sorted(offered)


def test_the_actions_of_a_trace_are_there(tmp_path: Path) -> None:
    for action in candidates(["trace", ""]):
        assert daybreak(tmp_path, "trace", action, "--help").returncode == 0


def test_bash_completes_what_is_offered(desk: Path) -> None:
    write_program(desk / "bin" / "daybreak")
    with Terminal(desk, "--norc", "--noprofile", "-i", program=["bash"], columns=100) as terminal:
        terminal.type(f"PATH={desk}/bin:$PATH; PS1='ready> '; source <(daybreak completion bash); clear\n")
        terminal.until(lambda text: text == "ready>")
        for typed, completed in (
            ("daybreak ru", "daybreak run "),
            ("ni", "daybreak run night/"),
            ("", "daybreak run night/one.yaml "),
            ("--set workflow=wa", "daybreak run night/one.yaml --set workflow=walk_forward "),
            ("--sl", "daybreak run night/one.yaml --set workflow=walk_forward --slots "),
        ):
            terminal.type(f"{typed}\t")
            terminal.until(partial(shows, f"ready> {completed}".rstrip()))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_a_script_for_each_shell(shell: str, tmp_path: Path) -> None:
    script = daybreak(tmp_path, "completion", shell)
    assert script.returncode == 0
    assert "completion words" in script.stdout
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=script.stdout, text=True, check=True)


def shows(line: str, screen: str) -> bool:
    return line in screen


def write_program(file: Path) -> None:
    file.parent.mkdir()
    file.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -P -m orchestrator "$@"\n')
    file.chmod(0o755)
