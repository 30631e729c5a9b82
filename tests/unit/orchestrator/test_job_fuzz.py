"""Whatever is parsed as a job gives a job or JobErrors, never anything else."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.job import Job, JobErrors, parse_job
from orchestrator.job_file.schema import JOB

VALID = """\
workflow: backtest
strategy: {name: momentum, params: {lookback: 60}, grid: {threshold: [0, 0.02]}, constraints: ["lookback > 1"]}
data: {file: SPY.csv, symbol: SPY}
windows: {train: 1008, test: 252, step: 252, anchored: false, purge: 0}
execution:
  cash: 1e5
  commission: {bps: 5}
risk: {sizing: all_in}
resources: {memory: 1GiB, time: 10m}
phases:
  one: {topology: backtest}
  two: {topology: backtest, depends_on: [one], config: {depth: null}}
workflow_id: "night-1"
"""
YAML = ["[", "]", "{", "}", ": ", "- ", "\n", "\t", "&a ", "*a", "<<", "!!str ", "'", '"', "\\", "|", "#", "---\n"]
VALUES = [
    "NO",
    "null",
    ".inf",
    "1e999",
    "-1",
    "9" * 30,
    "\0",
    "é",
    "\ud800",
    "a→b",
    "../",
    "one",
    "data_file: x\n",
    "\x85",
]


def parse_bytes(folder: Path, content: bytes) -> Job | JobErrors:
    (folder / "SPY.csv").touch()
    (folder / "fuzz.yaml").write_bytes(content)
    try:
        return parse_job(folder / "fuzz.yaml")
    except JobErrors as errors:
        return errors


@pytest.fixture(scope="module")
def fuzz_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def test_what_is_fuzzed_is_valid(fuzz_folder: Path) -> None:
    assert isinstance(parse_bytes(fuzz_folder, VALID.encode()), Job)


@given(content=st.binary(max_size=300))
def test_random_bytes_give_job_errors(fuzz_folder: Path, content: bytes) -> None:
    assert isinstance(parse_bytes(fuzz_folder, content), JobErrors)


@settings(max_examples=150)
@given(
    edits=st.lists(
        st.tuples(st.integers(0, len(VALID)), st.integers(0, 12), st.sampled_from(YAML + VALUES)), max_size=6
    )
)
def test_a_damaged_job_gives_a_job_or_job_errors(fuzz_folder: Path, edits: list[tuple[int, int, str]]) -> None:
    text = VALID
    for start, length, piece in edits:
        text = text[:start] + piece + text[start + length :]
    parse_bytes(fuzz_folder, text.encode(errors="surrogatepass"))


@settings(max_examples=60)
@given(cuts=st.lists(st.integers(0, len(VALID)), min_size=1, max_size=1))
def test_a_half_written_job_gives_a_job_or_job_errors(fuzz_folder: Path, cuts: list[int]) -> None:
    parse_bytes(fuzz_folder, VALID[: cuts[0]].encode())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda child: st.lists(child, max_size=3) | st.dictionaries(st.text(max_size=5), child, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60)
@given(job=st.dictionaries(st.sampled_from(list(JOB.fields)), JSON, max_size=6))
def test_any_plain_dict_gives_a_job_or_job_errors(job: dict[str, Any]) -> None:
    with pytest.raises(JobErrors):
        parse_job(job)
