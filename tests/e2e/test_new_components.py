"""Whatever a user adds is one new file: in the job's plugins, or in the folder of its kind."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.fakes.command_line import ROOT, phases_of, run_json
from tests.fakes.scripted_jobs import write_bars

FILES = {
    "strategies/always.py": '''"""Always in."""

import numpy as np

from phase_worker.discovery import Float, strategy


@strategy(name="always", params={"weight": Float(1.0, 0.0, 1.0)})
def always(bars, *, weight):
    """Hold this weight."""
    return np.full(len(bars), weight)
''',
    "topologies/census.py": '''"""Counts."""

from phase_worker.discovery import topology


@topology(name="census")
def census(context):
    """Publish how many fills each input has."""
    for phase, trace in context.inputs.items():
        fills = len(list(trace.filter_events(event_type="FILL")))
        context.publish("CENSUS", "2020-01-01T00:00:00Z", "census", {"phase": phase, "fills": fills})
''',
    "extractors/censuses.py": '''"""Reads the counts."""

from phase_worker.discovery import extractor


@extractor(name="censuses")
class CensusExtractor:
    """What the census counted."""

    result_category = "censuses"
    event_types = frozenset({"CENSUS"})

    def can_extract(self, event):
        return event.event_type == "CENSUS"

    def extract(self, event):
        return event.payload
''',
    "workflows/trade_and_count.py": '''"""Trades, then counts."""

from orchestrator.phase_config import trading_config
from orchestrator.plan import Phase
from phase_worker.discovery import workflow


@workflow(name="trade_and_count", extractors=("portfolio_metrics", "fills", "censuses"))
def trade_and_count(job, data):
    """Two phases."""
    config = trading_config(job, data, 0, data.bars, {"params": job.strategy.params})
    return [Phase("trade", "backtest", config), Phase("count", "census", {"trace": config["trace"]}, ("trade",))]
''',
}
JOB = {
    "workflow": "trade_and_count",
    "strategy": {"name": "always", "params": {"weight": 0.5}},
    "data_file": "SPY.csv",
    "report": False,
    "statistics": False,
}
HOMES = {
    "strategies": "topologies/components/strategies",
    "topologies": "topologies",
    "extractors": "extractors",
    "workflows": "orchestrator/workflows",
}


def write_files(folder: Path) -> None:
    for name, code in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(code)


def write_job(folder: Path, **changes: object) -> Path:
    write_bars(folder, 30)
    (folder / "job.yaml").write_text(json.dumps(JOB | changes))
    return folder / "job.yaml"


def assert_counted(result: dict[str, object]) -> None:
    phases = phases_of(result)
    assert list(phases) == ["data", "trade", "count"]
    assert phases["count"]["extracted_results"]["censuses"] == [{"phase": "trade", "fills": 1}]
    (metrics,) = phases["trade"]["extracted_results"]["portfolio_metrics"]
    assert (metrics["strategy"], metrics["params"]) == ("always", {"weight": 0.5})


def test_a_workflow_a_strategy_a_topology_and_an_extractor_of_ones_own_are_a_file_each(tmp_path: Path) -> None:
    write_files(tmp_path / "mine")
    assert_counted(run_json(tmp_path, write_job(tmp_path, plugins=["mine"])))


def test_the_same_files_in_the_folders_of_their_kinds_need_no_other_change(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    for package in ("orchestrator", "phase_worker", "topologies", "extractors"):
        shutil.copytree(ROOT / package, checkout / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name, code in FILES.items():
        folder, _, file = name.partition("/")
        (checkout / HOMES[folder] / file).write_text(code)
    job = write_job(tmp_path)
    command = [sys.executable, "-m", "orchestrator", "run", str(job), "--json", "--traces", str(tmp_path / "traces")]
    finished = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False, timeout=120)
    assert finished.returncode == 0, finished.stderr
    assert_counted(json.loads(finished.stdout))
