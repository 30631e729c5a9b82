"""`make bench-peers`: questions to a large trace, by TraceQuery and by what else reads JSON lines."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.daybreak_programs import script
from benchmarks.environments import environment
from benchmarks.measure import Facts, Program, ProgramFailed, Run, cpu_s, fact, in_turn, middle, ratio, said, wall_s
from benchmarks.places import DATA, PEERS, PYTHON, ROOT
from benchmarks.tables import mebibytes, seconds, table, times

_EVENTS = 5_000_000
_CHAIN_OF = 2_500_003
_BUDGET_S = 60.0  # for the rounds of one question

QUESTIONS = {
    "summary": "events by type, first and last time",
    "fills": "all fills",
    "chain": "one chain of six events",
    "paths": "paths from signals to fills, as ids",
    "column": "the price of every fill as an array",
}

# What finds the paths must hold all events, which jq does in no reasonable memory.
_JQ = {
    "summary": (
        "reduce (inputs | select(.timestamp != null)) as $e ({}; .types[$e.event_type] += 1"
        " | if .first == null or $e.timestamp < .first then .first = $e.timestamp else . end"
        " | if .last == null or $e.timestamp > .last then .last = $e.timestamp else . end)"
    ),
    "fills": 'inputs | select(.event_type == "FILL")',
    "chain": f"inputs | select(.correlation_id == {_CHAIN_OF})",
    "column": 'inputs | select(.event_type == "FILL") | .payload.price',
}
# Its answer as the others give theirs; by jq, behind the measurement: a program's peak of memory counts what the one
# that started it has had in memory.
_OF_JQ = {
    "summary": "input | [(.types | to_entries | map([.key, .value]) | sort), .first, .last]",
    "fills": "reduce inputs as $fill ([0, 0]; [.[0] + 1, .[1] + $fill.payload.price])",
    "chain": "[inputs.event_id]",
    "column": "reduce inputs as $price ([0, 0]; [.[0] + 1, .[1] + $price])",
}


def queries(rounds: int) -> str:
    """Every question by every tool, which must agree."""
    trace = _trace()
    header = ["", "cpu", "wall", "peak memory", "its cpu to ours", "in process: cpu", "wall"]
    rows = [row for question in QUESTIONS for row in _rows(question, trace, rounds)]
    without = "" if shutil.which("jq") else " `jq` is not on the PATH, and so not in the table."
    size = f"{_EVENTS:,} events, {mebibytes(trace.stat().st_size)}."
    return f"{table(header, rows)}\n\nThe trace: {size} All tools gave the same answers.{without}"


def _trace() -> Path:
    path = DATA / f"trace_{_EVENTS}.jsonl"
    if not path.exists():
        DATA.mkdir(parents=True, exist_ok=True)
        subprocess.run([PYTHON, "-m", "benchmarks.scripts.make_trace", str(path), str(_EVENTS)], cwd=ROOT, check=True)
    return path


def _rows(question: str, trace: Path, rounds: int) -> Iterator[list[str]]:
    """One row per tool, under one that says what is asked."""
    programs = [
        script("query_trace", question, str(trace), str(_CHAIN_OF)),
        script("query_trace", question, str(trace), str(_CHAIN_OF), "new"),
        *(_peer(tool, question, trace) for tool in ("duckdb", "polars")),
    ]
    runs = dict(
        zip(["TraceQuery", "TraceQuery, no index yet", "DuckDB", "polars"], _in_turn(programs, rounds), strict=True)
    )
    if shutil.which("jq") and question in _JQ:
        command = ["sh", "-c", 'exec jq -nc "$1" "$2" > answer', "jq", _JQ[question], str(trace)]
        runs["jq, once"] = in_turn([Program("jq", command, partial(_jq_answer, question))], 1)[0]
    answers = {tool: each[0].facts["answer"] for tool, each in runs.items()}
    if any(answer != answers["TraceQuery"] for answer in answers.values()):
        raise ProgramFailed(f"{question}: the answers differ: {answers}")
    yield [f"**{QUESTIONS[question]}**", *[""] * 6]
    for tool, each in runs.items():
        yield [tool, *_measured(each, runs["TraceQuery"])]


def _in_turn(programs: list[Program], rounds: int) -> list[list[Run]]:
    """Behind a run that counts for nothing: it makes the index, and reads the trace into the page cache."""
    in_turn(programs[:1], 1)
    return in_turn(programs, rounds, _BUDGET_S)


def _peer(tool: str, question: str, trace: Path) -> Program:
    python = str(environment("queries") / "python")
    return Program(tool, [python, str(PEERS / f"query_{tool}.py"), question, str(trace), str(_CHAIN_OF)], said)


def _jq_answer(question: str, _output: bytes, folder: Path) -> Facts:
    command = ["jq", "-nc", _OF_JQ[question], str(folder / "answer")]
    answer = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return {"answer": [round(value, 2) if isinstance(value, float) else value for value in answer]}


def _measured(runs: list[Run], ours: list[Run]) -> Iterator[str]:
    yield seconds(middle(runs, cpu_s))
    yield seconds(middle(runs, wall_s))
    yield mebibytes(middle(runs, lambda run: run.peak_bytes))
    yield "" if runs is ours else times(ratio(runs, ours[: len(runs)], cpu_s))
    inside = "cpu_s" in runs[0].facts
    yield seconds(middle(runs, fact("cpu_s"))) if inside else ""
    yield seconds(middle(runs, fact("wall_s"))) if inside else ""
