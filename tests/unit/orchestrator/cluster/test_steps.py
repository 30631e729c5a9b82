"""Phases become as few scheduler jobs and arrays as their dependencies allow."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.cluster.steps import Grouping, Step, graph_steps, longest_chain, one_step, time_bound_s
from orchestrator.plan import Phase
from orchestrator.workflows.walk_forward import walk_forward
from phase_worker.contract import PhaseRequest
from tests.fakes.planned_runs import chain_of, facts, new_job, requests

FUSED, APART = Grouping(1, fused=True), Grouping(1, fused=False)


def planned(*phases: Phase) -> list[PhaseRequest]:
    return list(requests(Path("/traces"), *phases).values())


def windows(folder: Path, count: int) -> list[PhaseRequest]:
    job = new_job(folder, windows={"train": 100, "test": 10})
    return planned(*walk_forward(job, facts(100 + 10 * count)))


def test_windows_become_tasks_of_one_array_and_the_join_waits_for_all(tmp_path: Path) -> None:
    array, join = graph_steps(windows(tmp_path, 3), FUSED)
    assert array.tasks == tuple((f"train-0{n}", f"select-0{n}", f"test-0{n}") for n in (1, 2, 3))
    assert join == Step("2-out-of-sample", (("out-of-sample",),), after_all=("1-train",))


def test_unfused_stages_wait_for_each_other_task_by_task(tmp_path: Path) -> None:
    train, select, test, join = graph_steps(windows(tmp_path, 3), APART)
    assert [len(step.tasks) for step in (train, select, test)] == [3, 3, 3]
    assert (train.after_each, select.after_each, test.after_each) == ((), ("1-train",), ("2-select",))
    assert join.after_all == ("2-select", "3-test")


def test_several_windows_go_into_one_task(tmp_path: Path) -> None:
    array, _ = graph_steps(windows(tmp_path, 5), Grouping(2, fused=True))
    assert [len(task) for task in array.tasks] == [6, 6, 3]
    assert array.tasks[2] == ("train-05", "select-05", "test-05")


def test_an_array_that_is_too_long_is_split_and_its_pairs_stay_pairs(tmp_path: Path) -> None:
    steps = graph_steps(windows(tmp_path, 5), Grouping(1, fused=False, tasks_limit=2))
    trains, selects = steps[:3], steps[3:6]
    assert [len(step.tasks) for step in trains] == [2, 2, 1]
    assert [step.after_each for step in selects] == [("1-train",), ("2-train",), ()]
    assert selects[2].after_all == ("3-train",), "a single job is not an array"


def test_a_stage_that_reads_from_a_neighbour_too_waits_for_the_whole_array() -> None:
    a, b = graph_steps(planned(*chain_of("a-1 a-2 b-1:a-1,a-2 b-2:a-2")), APART)
    assert b.after_all == ("1-a",)
    assert b.after_each == ()
    assert a.tasks == (("a-1",), ("a-2",))


def test_two_that_read_from_one_are_not_put_behind_each_other() -> None:
    source, readers = graph_steps(planned(*chain_of("a b-1:a b-2:a")), FUSED)
    assert source.tasks == (("a",),)
    assert readers.tasks == (("b-1",), ("b-2",))


def test_a_chain_becomes_one_job() -> None:
    assert [step.tasks for step in graph_steps(planned(*chain_of("a b:a c:b")), FUSED)] == [(("a", "b", "c"),)]


def test_a_report_on_a_join_and_all_before_it_goes_on_in_its_task() -> None:
    array, closing = graph_steps(planned(*chain_of("a-1 a-2 join:a-1,a-2 report:a-1,a-2,join")), FUSED)
    assert len(array.tasks) == 2
    assert closing == Step("2-join", (("join", "report"),), after_all=("1-a",))


def test_a_report_on_two_joins_waits_for_both() -> None:
    steps = graph_steps(planned(*chain_of("a-1 a-2 j-1:a-1,a-2 j-2:a-1,a-2 report:a-1,j-1,j-2")), FUSED)
    assert [step.name for step in steps] == ["1-a", "2-j", "3-report"]
    assert steps[2].after_all == ("1-a", "2-j")


def test_an_input_that_a_running_job_makes_is_waited_for_by_that_job() -> None:
    a, b = planned(*chain_of("a b:a"))
    assert graph_steps([b], FUSED, {"a": "12_3"})[0].after_jobs == ("12_3",)
    assert one_step([b], {"a": "12_3"})[0].after_jobs == ("12_3",)
    assert graph_steps([b], FUSED)[0].after_jobs == (), "else it is sealed"
    assert one_step([a, b]) == [Step("1-all", (("a", "b"),))]


def test_the_longest_chain_cannot_be_divided_among_slots() -> None:
    listed = planned(*chain_of("a b:a c:b d e f"))
    by_name = {request.phase: request for request in listed}
    assert longest_chain(list(by_name), by_name) == 3
    assert time_bound_s(list(by_name), by_name, 1) == 6 * 60
    assert time_bound_s(list(by_name), by_name, 3) == 4 * 60


@given(st.data())
def test_whatever_depends_on_what_each_phase_waits_for_all_it_reads(data: st.DataObject) -> None:
    names = [f"p-{number}" for number in range(data.draw(st.integers(1, 12)))]
    phases = []
    for at, name in enumerate(names):
        inputs = data.draw(st.sets(st.sampled_from(names[:at]))) if at else set()
        phases.append(Phase(name, data.draw(st.sampled_from("xy")), {}, tuple(inputs)))
    listed = planned(*phases)
    grouping = Grouping(data.draw(st.integers(1, 3)), data.draw(st.booleans()), data.draw(st.integers(1, 3)))
    steps = graph_steps(listed, grouping)
    place = {phase: (step.name, at) for step in steps for at, task in enumerate(step.tasks) for phase in task}
    position = {step.name: number for number, step in enumerate(steps)}
    assert sorted(place) == sorted(names)
    by_name = {step.name: step for step in steps}
    for request in listed:
        step, at = by_name[place[request.phase][0]], place[request.phase][1]
        for name in request.inputs:
            source, source_at = place[name]
            if source == step.name:
                assert source_at == at
                assert step.tasks[at].index(name) < step.tasks[at].index(request.phase)
            else:
                assert position[source] < position[step.name]
                assert source in step.after_all or (source in step.after_each and source_at == at)
