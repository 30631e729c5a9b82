"""The names of a run's files: safe, and never those of another run or phase."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from phase_worker.contract.errors import ConfigError
from phase_worker.contract.paths import RunPaths, check_phase_name, check_workflow_id, named_by

WORKFLOW_IDS = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,8}\Z").filter(
    lambda text: not text.endswith((".jsonl", ".jsonl.zst"))
)
PHASES = st.from_regex(r"\A[a-z0-9][a-z0-9-]{0,5}\Z")
TRACES = Path("traces")


def files_of(paths: RunPaths, phase: str) -> Iterator[Path]:
    yield from (paths.trace(phase), paths.request(phase), paths.outcome(phase), paths.extracted(phase))
    yield from (paths.log(phase), paths.partial_trace(phase, 1), paths.partial_trace(phase, 2))


def test_the_trace_has_the_name_that_the_design_gives() -> None:
    paths = RunPaths(TRACES, "wf_1")
    assert paths.trace("train-2") == Path("traces/wf_1_train-2.jsonl")
    assert paths.run_json == Path("traces/wf_1/run.json")
    assert paths.request("train-2") == Path("traces/wf_1/train-2.request.json")
    assert paths.outcome("train-2") == Path("traces/wf_1/train-2.outcome.json")
    assert paths.log("train-2") == Path("traces/wf_1/train-2.log")


@given(st.tuples(WORKFLOW_IDS, PHASES), st.tuples(WORKFLOW_IDS, PHASES))
def test_two_phases_never_share_a_file(one: tuple[str, str], other: tuple[str, str]) -> None:
    assume(one != other)
    mine, theirs = (set(files_of(RunPaths(TRACES, workflow_id), phase)) for workflow_id, phase in (one, other))
    assert not mine & theirs


@given(WORKFLOW_IDS, WORKFLOW_IDS, PHASES)
def test_no_run_s_directory_has_the_name_of_a_trace(one: str, other: str, phase: str) -> None:
    for compressed in (False, True):
        assert RunPaths(TRACES, one).run_dir != RunPaths(TRACES, other, compressed).trace(phase)


@pytest.mark.parametrize("compressed", [False, True])
def test_a_workflow_id_cannot_be_the_name_of_a_trace(compressed: bool) -> None:
    with pytest.raises(ConfigError):
        check_workflow_id(RunPaths(TRACES, "x", compressed).trace("train").name)


def test_a_trace_that_is_there_is_taken_compressed_or_not(tmp_path: Path) -> None:
    plain, compressed = RunPaths(tmp_path, "wf"), RunPaths(tmp_path, "wf", compressed=True)
    names = plain.trace("train"), compressed.trace("train")
    assert [name.name for name in names] == ["wf_train.jsonl", "wf_train.jsonl.zst"]
    for name in names:
        name.touch()
        assert plain.trace("train") == compressed.trace("train") == name
        name.unlink()
    for name in names:
        name.touch()
    assert (plain.trace("train"), compressed.trace("train")) == names


@pytest.mark.parametrize("phase", ["run", "lock", "0"])
def test_no_phase_s_file_is_a_file_of_the_run(phase: str) -> None:
    paths = RunPaths(TRACES, "wf")
    of_the_run = (paths.run_json, paths.lock, paths.run_dir)
    assert all(mine != theirs for mine, theirs in product(files_of(paths, phase), of_the_run))


@given(st.text())
def test_every_file_of_a_run_stays_in_the_output_directory(text: str) -> None:
    try:
        paths = RunPaths(TRACES, text)
    except ConfigError:
        return
    assert paths.trace("train").parent == TRACES
    assert paths.run_dir.parent == TRACES
    assert paths.run_dir.name not in ("", ".", "..")


@pytest.mark.parametrize(
    "workflow_id", ["", ".", "..", ".cache", "-a", "_a", "a/b", "../a", "a b", "a\n", "a\0", "é", "\u0661", "a" * 101]
)
def test_an_unsafe_workflow_id_is_refused(workflow_id: str) -> None:
    with pytest.raises(ConfigError, match=r"is not allowed. Allowed: a letter or digit") as caught:
        RunPaths(TRACES, workflow_id)
    assert caught.value.code == "E-ID"


@pytest.mark.parametrize("phase", ["", "-a", "A", "a_b", "a.b", "a/b", "..", "a\n", "é", "a" * 65])
def test_an_unsafe_phase_name_is_refused(phase: str) -> None:
    paths = RunPaths(TRACES, "wf")
    for name in (paths.trace, paths.request, paths.outcome, paths.extracted, paths.log, check_phase_name):
        with pytest.raises(ConfigError, match=r"is not allowed. Allowed: a small letter or digit") as caught:
            name(phase)
        assert caught.value.code == "E-ID"
    with pytest.raises(ConfigError):
        paths.partial_trace(phase, 1)


@pytest.mark.parametrize("workflow_id", ["a", "0", "A.b-c_d", "a..b", "a" * 100])
def test_a_safe_workflow_id_is_accepted(workflow_id: str) -> None:
    assert check_workflow_id(workflow_id) == workflow_id


def test_the_longest_names_fit_into_a_file_system(tmp_path: Path) -> None:
    paths = RunPaths(tmp_path, "a" * 100)
    paths.run_dir.mkdir()
    for file in files_of(paths, "b" * 64):
        file.touch()


@pytest.mark.parametrize("compressed", [False, True])
def test_a_traces_name_tells_its_run_and_its_phase(compressed: bool) -> None:
    assert named_by(RunPaths(TRACES, "a_b.c-1", compressed).trace("test-01")) == ("a_b.c-1", "test-01")


@pytest.mark.parametrize(("name", "stem"), [("copy.jsonl", "copy"), ("_a.jsonl", "_a"), ("a_B.jsonl.zst", "a_B")])
def test_a_trace_with_another_name_has_no_phase(name: str, stem: str) -> None:
    assert named_by(TRACES / name) == (stem, None)
