"""`daybreak init`: what it makes can be checked, run, tested and changed at once."""

import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.job import parse_job
from orchestrator.job_file.kinds import Section
from orchestrator.job_file.schema import JOB
from tests.fakes.command_line import TIMEOUT_S, Finished, daybreak, environment, run_json
from tests.fakes.scripted_jobs import write_bars

LOOKS_AHEAD = "np.where(np.append(bars.close[1:], 0.0) > bars.close, 1.0, 0.0)"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that was made; its files are not to be changed."""
    folder = tmp_path_factory.mktemp("desk")
    finished = daybreak(folder, "init", "research")
    assert finished.returncode == 0, finished.stderr
    assert "cd research && daybreak run job.yaml" in finished.stdout
    return folder / "research"


def run_pytest(folder: Path) -> Finished:
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    return subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, check=False, timeout=TIMEOUT_S
    )


def test_the_job_is_right_and_runs_with_the_new_strategy(made: Path) -> None:
    checked = daybreak(made, "check", "job.yaml")
    assert (checked.returncode, checked.stdout) == (0, "job.yaml: ok\n")
    summary = run_json(made, "job.yaml")["summary"]
    assert summary["strategy"] == "my_strategy"
    assert summary["fills"] > 10


def test_the_strategys_test_is_green_and_finds_a_look_ahead(made: Path, tmp_path: Path) -> None:
    passed = run_pytest(made)
    assert passed.returncode == 0, passed.stdout
    assert "2 passed" in passed.stdout
    for name in ("my_strategy.py", "test_my_strategy.py"):
        (tmp_path / name).write_text((made / name).read_text())
    honest = (made / "my_strategy.py").read_text()
    (line,) = [line for line in honest.splitlines() if "return" in line]
    (tmp_path / "my_strategy.py").write_text(honest.replace(line, f"    return {LOOKS_AHEAD}"))
    failed = run_pytest(tmp_path)
    assert failed.returncode == 1
    assert "or a later one is looked at too early" in failed.stdout


def test_the_job_runs_with_data_of_ones_own(tmp_path: Path) -> None:
    write_bars(tmp_path, 300).rename(tmp_path / "my prices: #1.csv")
    finished = daybreak(tmp_path, "init", "mine", "--data", "my prices: #1.csv")
    assert finished.returncode == 0, finished.stderr
    summary = run_json(tmp_path / "mine", "job.yaml")["summary"]
    assert summary["bars"] == 300


def test_every_key_of_a_job_is_explained_with_what_holds_where_it_is_left_out(made: Path, tmp_path: Path) -> None:
    """Keys that are given a value in place of their comment leave a job of the same content."""
    text = (made / "job.yaml").read_text()

    def explained(section: Section) -> None:
        for name, field in section.fields.items():
            assert f"# {field.doc}" in text, name
            assert f"{name}:" in text
            if isinstance(field, Section):
                explained(field)

    explained(JOB)
    lines = [line.replace("#", "", 1) if line.strip().startswith("#") and "# " not in line else line
             for line in text.splitlines() if not line.startswith(("#data_file", "#matrix"))]  # fmt: skip
    (tmp_path / "job.yaml").write_text("\n".join(lines))
    for name in ("my_strategy.py", "data"):
        (tmp_path / name).symlink_to(made / name)
    told = parse_job(tmp_path / "job.yaml").resolved()
    given = parse_job(made / "job.yaml").resolved()
    assert told.keys() - given.keys() == {"regime"}  # which only a job that names it, or its workflow, has
    assert {name: told[name] for name in told if name not in {"data", "plugins", "regime"}} == {
        name: given[name] for name in given if name not in {"data", "plugins"}
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["full"], "full: error E-EXISTS: this folder is not empty", id="not-empty"),
        pytest.param(["full/file"], "full/file: error E-CONFIG: the folder cannot be made", id="a-file"),
        pytest.param(["new", "--data", "nowhere.csv"], "nowhere.csv: error E-CONFIG: there is no such", id="no-data"),
    ],
)
def test_nothing_is_overwritten_and_nothing_half_made(arguments: list[str], said: str, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    finished = daybreak(tmp_path, "init", *arguments)
    assert finished.returncode == 2
    assert said in finished.stderr
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["file"]
    assert not (tmp_path / "new").exists()
