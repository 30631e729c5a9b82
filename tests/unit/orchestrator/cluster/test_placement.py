"""A site file and the user's wishes are checked like a job, and decide shape, group and size."""

from pathlib import Path

import pytest

from orchestrator.cluster.placement import read_placement, site_file
from orchestrator.cluster.sizing import choose_shape, job_size
from orchestrator.cluster.steps import Grouping, Step
from orchestrator.job import JobErrors
from phase_worker.contract import Limits, PhaseOutcome, PhaseRequest, PhaseResources, PhaseState
from tests.fakes.planned_runs import chain_of, requests

GIB = 2**30


def listed(folder: Path, count: int, time_s: float = 600.0) -> list[PhaseRequest]:
    phases = chain_of(" ".join(f"p-{number}" for number in range(count)))
    return list(requests(folder, *phases, limits=Limits(GIB, time_s)).values())


def test_wishes_go_over_the_site_file(tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    site.write_text("partition: day\ntime: 2h\noptions: [--a, --b]\n")
    placement = read_placement(site, {"partition": "night", "memory": "2GiB"})
    assert (placement.partition, placement.time_s, placement.memory_bytes) == ("night", 7200.0, 2 * GIB)
    assert placement.options == ("--a", "--b")
    assert (placement.account, placement.shape, placement.omit) == (None, "auto", ())


def test_all_mistakes_are_told_with_their_places(tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    site.write_text("partitoin: day\ntime: soon\n")
    with pytest.raises(JobErrors) as caught:
        read_placement(site, {"shape": "round"})
    said = str(caught.value)
    assert "site.yaml:1:1: error E-SCHEMA" in said
    assert "Did you mean 'partition'?" in said
    assert "site.yaml:2:7" in said
    assert "round" in said


def test_the_site_file_may_be_named_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAYBREAK_SITE", raising=False)
    assert site_file() is None
    monkeypatch.setenv("DAYBREAK_SITE", "ours.yaml")
    assert site_file() == Path("ours.yaml")
    assert site_file("other.yaml") == Path("other.yaml")


@pytest.mark.parametrize(
    ("count", "wishes", "shape", "grouping"),
    [
        (59, {}, "allocation", Grouping(1, fused=True)),  # 59 minutes of work
        (1501, {}, "graph", Grouping(1, fused=True)),
        (1501, {"phase_time": "0.1s"}, "allocation", Grouping(200, fused=True)),
        (1501, {"phase_time": "0.1s", "shape": "graph"}, "graph", Grouping(200, fused=True)),
        (1501, {"phase_time": "0.1s", "nodes": "8"}, "graph", Grouping(200, fused=True)),
        (100, {"phase_time": "1h"}, "graph", Grouping(1, fused=False)),
        (
            100,
            {"phase_time": "1h", "group": "7", "array_limit": "50"},
            "graph",
            Grouping(7, fused=False, tasks_limit=50),
        ),
    ],
)
def test_one_allocation_where_one_node_is_soon_done_else_a_graph(
    tmp_path: Path, count: int, wishes: dict[str, str], shape: str, grouping: Grouping
) -> None:
    chosen = choose_shape(listed(tmp_path, count), read_placement(None, wishes))
    assert (chosen.name, chosen.grouping) == (shape, grouping)


def test_what_phases_took_before_counts_more_than_their_limit(tmp_path: Path) -> None:
    phases = listed(tmp_path, 1501)
    phases[0].paths.run_dir.mkdir()
    for request in phases[:3]:
        took = PhaseResources(wall_s=0.5)
        outcome = PhaseOutcome("wf-1", request.phase, 1, PhaseState.FAILED, request.digest, resources=took)
        request.paths.outcome(request.phase).write_bytes(outcome.to_json())
    chosen = choose_shape(phases, read_placement())
    assert chosen.name == "allocation"
    assert chosen.reason == "1501 phases of 0.5 s (as measured) take 188 s on 4 slots"


def test_a_job_gets_what_its_phases_may_use(tmp_path: Path) -> None:
    phases = {request.phase: request for request in listed(tmp_path, 8)}
    whole = Step("1-all", (tuple(phases),))
    size = job_size(whole, phases, read_placement(), "allocation")
    assert (size.slots, size.memory_bytes) == (4, 4 * GIB + 2**28)
    assert size.time_s == 3 * 600 + 120, "two rounds of four, and what a chain of one cannot share"
    each = Step("1-p", tuple((name,) for name in phases))
    size = job_size(each, phases, read_placement(), "graph")
    assert (size.slots, size.memory_bytes, size.time_s) == (1, GIB + 2**28, 720)
    wished = read_placement(None, {"time": "1h", "memory": "1GiB", "slots": "2"})
    size = job_size(each, phases, wished, "graph")
    assert (size.slots, size.memory_bytes, size.time_s) == (2, GIB, 3600)
