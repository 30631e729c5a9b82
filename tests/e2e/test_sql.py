"""`daybreak sql`: questions to the traces of runs, and files of the answers."""

import csv
import json
import re
import shutil
from pathlib import Path

import orjson
import pytest

from phase_worker import TraceQuery
from phase_worker.tracing.sql_tables import EVENT_TABLES
from tests.fakes.command_line import Finished, FinishedRun, daybreak, phases_of, run_json
from tests.fakes.scripted_jobs import write_bars

pytest.importorskip("duckdb")

FILLS = "select workflow_id, phase, event_id, price from fills order by phase, event_id"
# Of payloads that are columns under other names, or in part.
SPREAD = {"window", "train", "test", "in_sample", "out_of_sample", "first_bar"}


def answer(run: FinishedRun, sql: str, *options: str) -> Finished:
    finished = daybreak(run.folder, "sql", sql, *options)
    assert finished.returncode == 0, finished.stderr
    return finished


def rows(run: FinishedRun, sql: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(answer(run, sql, "--format", "json").stdout)
    return found


def test_the_fills_of_a_run_are_those_of_its_traces(walk_forward: FinishedRun) -> None:
    expected = [
        {"workflow_id": "wf-1", "phase": name, "event_id": fill["event_id"], "price": fill["price"]}
        for name, entry in sorted(phases_of(walk_forward.result).items())
        for fill in entry["extracted_results"].get("fills", [])
    ]
    assert expected
    assert rows(walk_forward, FILLS) == expected


def assert_every_key_is_a_column(folder: Path) -> set[str]:
    """Of all events in the traces; returns their types."""
    tables = {table.event_types[0]: table for table in EVENT_TABLES.values() if table.event_types}
    seen = set()
    for event in TraceQuery(sorted(folder.glob("traces/*.jsonl"))).events:
        if event.event_type in tables and "payload" not in tables[event.event_type].columns:
            seen.add(event.event_type)
            assert event.payload.keys() - SPREAD <= tables[event.event_type].columns.keys()
    return seen


def test_every_key_of_a_real_payload_is_a_column(walk_forward: FinishedRun) -> None:
    seen = assert_every_key_is_a_column(walk_forward.folder)
    assert seen >= {"SIGNAL", "ORDER", "FILL", "EQUITY_CURVE", "PORTFOLIO_METRICS", "WINDOW", "SELECTION"}


def test_exits_and_distributions_are_told_in_full(tmp_path: Path) -> None:
    write_bars(tmp_path, 300)
    job = {
        "workflow": "monte_carlo",
        "workflow_id": "mc",
        "strategy": {"name": "sma_cross", "params": {"fast": 5, "slow": 20}},
        "data_file": "SPY.csv",
        "monte_carlo": {"paths": 10, "block": 10, "seed": 1},
        "execution": {
            "order": {"type": "stop_limit", "stop_bps": 5, "limit_bps": -20, "valid_bars": 20},
            "at_end": "close",
        },
        "risk": {"stop_loss": 0.02, "take_profit": 0.04, "trailing_stop": 0.03, "max_bars": 9},
        "report": False,
        "statistics": False,
    }
    (tmp_path / "mc.yaml").write_text(json.dumps(job))
    run = FinishedRun(tmp_path, tmp_path / "mc.yaml", run_json(tmp_path, tmp_path / "mc.yaml"))
    assert assert_every_key_is_a_column(tmp_path) >= {"ORDER", "FILL", "POSITION_CLOSE", "DISTRIBUTION"}
    spreads = phases_of(run.result)["distribution"]["extracted_results"]["distributions"]
    assert rows(run, "select of, figure, median, p95 from distributions") == [
        {key: spread[key] for key in ("of", "figure", "median", "p95")} for spread in spreads
    ]
    closed = rows(run, "select reason, count(*) as n from positions group by reason order by reason")
    assert (
        rows(run, "select reason, count(*) as n from fills where reason is not null group by reason order by reason")
        == closed
    )
    assert {row["reason"] for row in closed} >= {"stop_loss", "max_bars"}
    waiting = "select count(*) as n from orders where reason is null and valid_bars = 20 and stop_price < limit_price"
    assert rows(run, waiting) != [{"n": 0}]


def test_windows_have_their_bounds_and_both_results(walk_forward: FinishedRun) -> None:
    found = rows(
        walk_forward,
        "select number, train_start, train_end, test_start, test_end, in_sample_sharpe_ratio as inside, "
        "out_of_sample_sharpe_ratio as outside from windows",
    )
    windows = phases_of(walk_forward.result)["out-of-sample"]["extracted_results"]["windows"]
    assert found == [
        {
            "number": window["window"],
            **dict(zip(("train_start", "train_end"), window["train"], strict=True)),
            **dict(zip(("test_start", "test_end"), window["test"], strict=True)),
            "inside": window["in_sample"]["sharpe_ratio"],
            "outside": window["out_of_sample"]["sharpe_ratio"],
        }
        for window in windows
    ]


def test_runs_and_phases_are_tables_too(walk_forward: FinishedRun) -> None:
    (run,) = rows(walk_forward, "select workflow_id, workflow, strategy, state from runs")
    assert run == {"workflow_id": "wf-1", "workflow": "walk_forward", "strategy": "sma_cross", "state": "done"}
    phases = rows(walk_forward, "select phase, topology, state, events, digest, error from phases")
    expected = phases_of(walk_forward.result)
    assert {row["phase"]: row["digest"] for row in phases} == {name: each["digest"] for name, each in expected.items()}
    assert {(row["state"], row["error"]) for row in phases} == {("completed", None)}
    assert {"market_data", "parameter_sweep", "selection", "backtest", "out_of_sample"} <= {
        row["topology"] for row in phases
    }


def test_the_answer_is_a_table_for_a_terminal(walk_forward: FinishedRun) -> None:
    text = answer(walk_forward, "select phase, count(*) as n from equity group by phase order by phase").stdout
    assert ["out-of-sample", "120"] in [re.findall(r"[\w-]+", line) for line in text.splitlines()]


@pytest.mark.parametrize("ending", ["csv", "json", "jsonl", "parquet", "arrow"])
def test_a_file_has_the_format_of_its_ending(walk_forward: FinishedRun, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"it's all.{ending}"
    answer(walk_forward, "select phase, timestamp, price from fills", "-o", str(file))
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    assert read(file) == [(row["phase"], row["price"]) for row in rows(walk_forward, "select phase, price from fills")]


def read(file: Path) -> list[tuple[str, float]]:
    """Phase and price of each row."""
    match file.suffix:
        case ".csv":
            with file.open() as lines:
                return [(row["phase"], float(row["price"])) for row in csv.DictReader(lines)]
        case ".json":
            return [(row["phase"], row["price"]) for row in json.loads(file.read_bytes())]
        case ".jsonl":
            return [(row["phase"], row["price"]) for row in map(orjson.loads, file.read_bytes().splitlines())]
    pyarrow = pytest.importorskip("pyarrow")
    if file.suffix == ".parquet":
        table = pytest.importorskip("pyarrow.parquet").read_table(file)
    else:
        table = pytest.importorskip("pyarrow.ipc").open_file(file).read_all()
    assert table.schema.field("timestamp").type == pyarrow.timestamp("us", "UTC")
    return list(zip(table["phase"].to_pylist(), table["price"].to_pylist(), strict=True))


def test_only_the_wanted_runs_are_read(walk_forward: FinishedRun, tmp_path: Path) -> None:
    shutil.copytree(walk_forward.folder / "traces", tmp_path / "traces")
    other = tmp_path / "traces" / "other"
    shutil.copytree(tmp_path / "traces" / "wf-1", other)
    (other / "run.json").write_bytes((other / "run.json").read_bytes().replace(b'"wf-1"', b'"other"'))
    (tmp_path / "traces" / "other_test-01.jsonl").write_bytes(b"not sealed\n")
    (tmp_path / "traces" / "wf-1_test-01.jsonl.bak").write_bytes(b"no trace\n")
    assert daybreak(tmp_path, "sql", "from fills", "--run", "wf-1").returncode == 0
    refused = daybreak(tmp_path, "sql", "from fills")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "other_test-01.jsonl: error E-UNSEALED" in refused.stderr
    assert daybreak(tmp_path, "sql", "from runs").returncode == 0, "for which no trace is read"


def test_a_skipped_phase_is_a_row(walk_forward: FinishedRun, tmp_path: Path) -> None:
    shutil.copytree(walk_forward.folder / "traces", tmp_path / "traces")
    record = tmp_path / "traces" / "wf-1" / "run.json"
    record.write_bytes(record.read_bytes().replace(b'"out-of-sample": "completed"', b'"out-of-sample": "skipped"'))
    sql = "select state, digest from phases where phase = 'out-of-sample'"
    finished = daybreak(tmp_path, "sql", sql, "--format", "json")
    assert json.loads(finished.stdout) == [{"state": "skipped", "digest": None}]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["from fils"], 'Did you mean "fills"'),
        (["from fills", "--run", "wf-2"], "no run 'wf-2' in traces. Known: wf-1. Did you mean 'wf-1'?"),
        (["from runs", "--traces", "elsewhere"], "no runs in elsewhere"),
        (["from fills", "-o", "fills.xls"], "no format 'xls'. Allowed in a file: csv, json, jsonl, parquet, arrow"),
        (["from fills", "-o", "no/such/folder/fills.csv"], "cannot be written"),
        (["from fills", "--format", "xml"], "invalid choice: 'xml'"),
        ([], "QUERY"),
    ],
)
def test_a_mistake_exits_with_2_and_no_traceback(walk_forward: FinishedRun, arguments: list[str], said: str) -> None:
    finished = daybreak(walk_forward.folder, "sql", *arguments)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert said in finished.stderr
    assert "Traceback" not in finished.stderr


def test_the_timeline_of_a_run_has_all_its_phases(walk_forward: FinishedRun, tmp_path: Path) -> None:
    file = tmp_path / "timeline.json"
    finished = daybreak(walk_forward.folder, "trace", "timeline", "wf-1", "-o", file)
    assert (finished.returncode, finished.stdout) == (0, ""), finished.stderr
    events = json.loads(file.read_bytes())["traceEvents"]
    assert {event["name"] for event in events if event["ph"] == "X"} == set(phases_of(walk_forward.result))
    assert max(event["tid"] for event in events if event["ph"] == "X") <= 2, "the run had two slots"
    assert json.loads(daybreak(walk_forward.folder, "trace", "timeline", "wf-1").stdout)["traceEvents"] == events


def test_the_schema_is_printed_with_the_names_of_the_components(tmp_path: Path) -> None:
    schema = json.loads(daybreak(tmp_path, "schema").stdout)
    assert "sma_cross" in str(schema["properties"]["strategy"])
    assert schema["additionalProperties"] is False
