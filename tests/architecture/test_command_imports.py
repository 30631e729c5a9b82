"""Commands that answer at once import nothing that takes longer than their answer."""

import subprocess
import sys
from pathlib import Path

import pytest

import phase_worker.contract
from tests.fakes.scripted_jobs import write_job

ROOT = Path(__file__).parents[2]

RUN_A_COMMAND = """
import sys
from orchestrator.cli import run_command

code = run_command(sys.argv[1:])
print(*sys.modules, file=sys.stderr)
raise SystemExit(code)
"""


def modules_of(folder: Path, *arguments: str) -> set[str]:
    """What has been imported at the end of a command; -S and -I: by nothing but the command."""
    code = f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{RUN_A_COMMAND}"
    command = [sys.executable, "-I", "-S", "-c", code, *arguments]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 0, run.stderr
    return set(run.stderr.split())


@pytest.mark.parametrize(
    ("arguments", "strangers"),
    [
        (
            ["--help"],
            {"argparse", "re", "typing", "pathlib", "dataclasses", "phase_worker", "orchestrator.coordinator"},
        ),
        (["completion", "words", "run", "--s"], {"numpy", "orjson", "rich", "orchestrator.job", "importlib.metadata"}),
        (["completion", "bash"], {"rich", "orchestrator.cli.candidates"}),
        (["status"], {"typing", "dataclasses", "orjson", "numpy", "orchestrator.coordinator", "orchestrator.job"}),
    ],
)
def test_a_command_imports_only_what_it_needs(tmp_path: Path, arguments: list[str], strangers: set[str]) -> None:
    assert modules_of(tmp_path, *arguments) & strangers == set()


@pytest.mark.parametrize("options", [[], ["--json"], ["--quiet"]])
def test_a_run_without_a_terminal_imports_nothing_for_one(tmp_path: Path, options: list[str]) -> None:
    write_job(tmp_path, {}, workflow="backtest", plugins=[])
    code = f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{RUN_A_COMMAND}"
    command = [sys.executable, "-c", code, "run", "job.yaml", *options]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 0, run.stderr
    strangers = ("rich", "orchestrator.cli.display", "numpy", "psutil")
    assert [name for name in run.stderr.split() if name.startswith(strangers)] == []


def test_every_name_of_the_contract_can_be_imported_from_it() -> None:
    for name in phase_worker.contract.__all__:
        assert getattr(phase_worker.contract, name).__module__.startswith("phase_worker.contract.")
