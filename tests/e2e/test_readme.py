"""The snippets of the README do what they say: its job, its commands, its strategy, its lines of Python."""

import json
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from orchestrator.job import parse_job
from tests.fakes.command_line import ROOT, FinishedRun, run_json, run_python
from tests.fakes.scripted_jobs import write_bars
from tests.fakes.user_shell import install_daybreak, shell, write_program

README = (ROOT / "README.md").read_text()
EXAMPLE = ROOT / "jobs" / "examples" / "walk_forward.yaml"
SHORT_WINDOWS = ("--set", "windows.train=200", "--set", "windows.test=50")


def snippets(language: str) -> list[str]:
    """The fenced blocks of one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def snippet(language: str, word: str) -> str:
    """The one that has this word in it."""
    (found,) = [text for text in snippets(language) if word in text]
    return found


def shell_lines() -> list[str]:
    """The commands in all shell snippets, without their comments."""
    lines = "".join(snippets("sh")).splitlines()
    return [stripped for line in lines if (stripped := re.sub(r"\s+#.*", "", line).strip())]


def shell_line(word: str) -> str:
    (found,) = [line for line in shell_lines() if word in line]
    return found


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A copy of the examples with short data, and `daybreak` and `sbatch` on the PATH in bin/."""
    examples = tmp_path / "jobs" / "examples"
    shutil.copytree(EXAMPLE.parent, examples, ignore=shutil.ignore_patterns("data"))
    (examples / "data").mkdir()
    write_bars(examples / "data", 300)
    install_daybreak(tmp_path)
    write_program(tmp_path, "sbatch", 'test "$3" = --wrap && exec sh -c "$4"')
    return tmp_path


def test_every_snippet_is_in_a_language_that_is_tested_here() -> None:
    languages = re.findall(r"^```(.+)$", README, re.MULTILINE)
    assert set(languages) <= {"sh", "yaml", "python", "text"}
    assert (len(snippets("yaml")), len(snippets("python"))) == (1, 3)


def test_the_job_is_the_example_that_make_run_runs(tmp_path: Path) -> None:
    job = tmp_path / "walk_forward.yaml"
    job.write_text(snippets("yaml")[0])
    (tmp_path / "data").symlink_to(EXAMPLE.parent / "data")
    assert parse_job(job) == parse_job(EXAMPLE)
    makefile = (ROOT / "Makefile").read_text()
    assert "daybreak run jobs/examples/walk_forward.yaml" in makefile


def test_the_job_runs(tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text(snippets("yaml")[0])
    (tmp_path / "data").mkdir()
    write_bars(tmp_path / "data", 300)
    result = run_json(tmp_path, "job.yaml", *SHORT_WINDOWS)
    assert (result["summary"]["windows"], result["summary"]["trials"]) == (2, 2 * 13)


def test_the_make_targets_exist() -> None:
    targets = [line.removeprefix("make ") for line in shell_lines() if line.startswith("make ")]
    assert targets == ["run", "test"]
    for target in targets:
        dry = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False)
        assert dry.returncode == 0, dry.stderr


def test_the_lines_of_python_work_beside_just_spy_csv(tmp_path: Path) -> None:
    write_bars(tmp_path, 1008 + 252)
    finished = run_python(tmp_path, snippet("python", "execute_workflow") + snippet("python", "TraceQuery"))
    assert finished.returncode == 0, finished.stderr
    lines = finished.stdout.splitlines()
    assert any(re.fullmatch(r"out-of-sample .* -?\d+\.\d+", line) for line in lines), finished.stdout
    paths = [line for line in lines if line.startswith("[")]
    assert set(paths) == {"['SIGNAL', 'RISK_DECISION', 'ORDER', 'FILL']"}


def test_the_seeds_call_from_the_command_line_works(desk: Path) -> None:
    write_bars(desk, 300)
    (line,) = re.findall(r"`(daybreak run --set workflow[^`]*)`", README)
    finished = shell(desk, f"{line} {' '.join(SHORT_WINDOWS)}")
    assert finished.returncode == 0, finished.stderr
    assert "sharpe_ratio" in finished.stdout


def test_the_result_is_written_as_the_readme_says(walk_forward: FinishedRun) -> None:
    (call,) = re.findall(r"`(json\.dumps\(result[^`]*)`", README)
    script = f"""
import json
from orchestrator import Coordinator
result = Coordinator().execute_workflow({str(walk_forward.job)!r})
print({call})
"""
    finished = run_python(walk_forward.folder, script)
    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout) == walk_forward.result


def test_the_strategy_can_be_put_into_a_file_and_used_by_every_workflow(tmp_path: Path) -> None:
    write_bars(tmp_path, 300)
    (tmp_path / "my_strategies.py").write_text(snippet("python", "@strategy"))
    ((plugins, strategy),) = re.findall(r"`(plugins: \[.*?\])`, `(strategy: .*?)`", README)
    (tmp_path / "job.yaml").write_text(f"workflow: walk_forward\ndata_file: SPY.csv\n{plugins}\n{strategy}\n")
    for workflow in ("walk_forward", "backtest"):
        result = run_json(tmp_path, "job.yaml", *SHORT_WINDOWS, "--set", f"workflow={workflow}")
        assert result["summary"]["strategy"] == "gap_fade"
        assert result["summary"]["fills"] > 0


def test_the_commands_work(desk: Path) -> None:
    run_line = shell_line("--slots 2")
    assert "walk_forward.yaml" in run_line
    ran = shell(desk, f"{run_line} {' '.join(SHORT_WINDOWS)} --workflow-id wf-1")
    assert ran.returncode == 0, ran.stderr

    one = shell(desk, shell_line("--json"))
    assert one.returncode == 0, one.stderr
    assert json.loads(one.stdout)["workflow"] == "backtest"

    checked = shell(desk, shell_line("daybreak check"))
    assert checked.returncode == 0, checked.stderr
    assert len(checked.stdout.splitlines()) == len(list(EXAMPLE.parent.glob("*.yaml")))

    assert "wf-1" in shell(desk, shell_line("daybreak status")).stdout
    trace = "traces/wf-1_out-of-sample.jsonl"
    assert "PORTFOLIO_METRICS" in shell(desk, shell_line("trace summary").replace("FILE", trace)).stdout
    assert "sma_cross" in shell(desk, shell_line("daybreak components")).stdout


def test_the_lines_for_other_tools_work(desk: Path) -> None:
    pytest.importorskip("duckdb")
    ran = shell(desk, f"daybreak run jobs/examples/walk_forward.yaml {' '.join(SHORT_WINDOWS)} --workflow-id wf-1")
    assert ran.returncode == 0, ran.stderr
    lines = [line for line in shell_lines() if line.startswith(("daybreak sql", "jq", "daybreak schema"))]
    for line in [*lines, shell_line("timeline")]:
        if line.startswith("jq") and not shutil.which("jq"):
            continue
        finished = shell(desk, line.replace("WORKFLOW_ID", "wf-1"))
        assert finished.returncode == 0, finished.stderr
        assert finished.stdout or any((desk / word).stat().st_size for word in line.split()[-1:]), line


def test_the_line_for_the_crontab_drains_the_queue(desk: Path) -> None:
    line = shell_line("* * 1-5").removeprefix("0 22 * * 1-5").strip()
    research = desk / "research"
    shutil.copytree(desk / "jobs" / "examples" / "data", research / "jobs" / "data")
    for name in ("one", "two"):
        job = (EXAMPLE.parent / "backtest.yaml").read_text()
        (research / "jobs" / f"{name}.yaml").write_text(f"{job}\nworkflow_id: {name}\n")
    finished = shell(desk, line.replace("06:30", _in_two_hours()))
    assert finished.returncode == 0, (research / "night.log").read_text()
    assert "2 done" in (research / "night.log").read_text()
    runs = {file.parent.name for file in (desk / "research" / "traces").glob("*/run.json")}
    assert runs == {"one", "two"}


def test_the_lines_of_the_queue_work_in_their_order(desk: Path) -> None:
    for line in shell_lines():
        if line.startswith(("daybreak submit", "daybreak queue", "daybreak drain")):
            finished = shell(desk, line.replace("06:30", _in_two_hours()))
            assert finished.returncode == 0, finished.stderr
    assert "1 done; 1 still in the queue" in finished.stdout, "the data of this test gives the first another name"


def _in_two_hours() -> str:
    return time.strftime("%H:%M", time.localtime(time.time() + 7200))


def test_the_line_for_slurm_is_one_command(desk: Path) -> None:
    shutil.copytree(desk / "jobs" / "examples", desk / "jobs", dirs_exist_ok=True)
    line = shell_line("sbatch").replace('yaml"', f'yaml {" ".join(SHORT_WINDOWS)}"')
    finished = shell(desk, line)
    assert finished.returncode == 0, finished.stderr
    assert "sharpe_ratio" in finished.stdout
