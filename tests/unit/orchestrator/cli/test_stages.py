"""How far a run has come: phases that are alike are one stage, and what is left is reckoned from what has ended."""

import pytest

from orchestrator.cli.display.durations import clock
from orchestrator.cli.display.stages import RunStages
from phase_worker.contract import PhaseState


def stages_of(*phases: str, slots: int = 1) -> RunStages:
    stages = RunStages(slots)
    stages.planned(phases)
    return stages


def compute(stages: RunStages, phase: str, wall_s: float, state: PhaseState = PhaseState.COMPLETED) -> None:
    stages.started(phase, 100.0)
    stages.ended(phase, state, 100.0 + wall_s)


def test_phases_that_differ_by_their_number_are_one_stage() -> None:
    stages = stages_of("data", "train-01", "train-02", "test-01", "test-02", "out-of-sample")
    assert {name: stage.total for name, stage in stages.stages.items()} == {
        "data": 1,
        "train": 2,
        "test": 2,
        "out-of-sample": 1,
    }


def test_nothing_is_known_of_the_rest_before_a_phase_was_computed() -> None:
    stages = stages_of("train-01", "train-02")
    stages.ended("train-01", PhaseState.COMPLETED, 7.0)
    assert stages.left_s(7.0) is None
    assert stages.done == 1


@pytest.mark.parametrize(("slots", "left_s"), [(1, 30.0), (2, 15.0), (8, 10.0)])
def test_every_phase_is_thought_to_take_what_its_stage_took(slots: int, left_s: float) -> None:
    stages = stages_of("train-01", "train-02", "train-03", "train-04", slots=slots)
    compute(stages, "train-01", 10.0)
    assert stages.left_s(110.0) == left_s


def test_what_a_running_phase_has_done_is_not_to_be_done_again() -> None:
    stages = stages_of("train-01", "train-02")
    compute(stages, "train-01", 10.0)
    stages.started("train-02", 200.0)
    assert stages.left_s(204.0) == 6.0
    assert stages.left_s(300.0) == 0.0


def test_a_stage_of_which_nothing_has_ended_counts_as_the_others_or_as_what_it_takes_already() -> None:
    stages = stages_of("train-01", "test-01", "test-02")
    compute(stages, "train-01", 10.0)
    assert stages.left_s(110.0) == 20.0
    stages.started("test-01", 200.0)
    assert stages.left_s(250.0) == 50.0


def test_a_phase_that_was_done_before_says_nothing_of_how_long_the_others_take() -> None:
    stages = stages_of("train-01", "train-02", "train-03")
    stages.ended("train-01", PhaseState.COMPLETED, 100.0)
    compute(stages, "train-02", 10.0)
    assert stages.left_s(110.0) == 10.0


def test_failures_are_counted_and_skipped_phases_are_none() -> None:
    stages = stages_of("a", "b", "c", "d")
    compute(stages, "a", 1.0, PhaseState.FAILED)
    compute(stages, "b", 1.0, PhaseState.TIMED_OUT)
    stages.ended("c", PhaseState.SKIPPED, 102.0)
    assert (stages.done, stages.failed, stages.running) == (3, 2, 0)


@pytest.mark.parametrize(("seconds", "shown"), [(0.9, "0:00"), (67, "1:07"), (3723.5, "1:02:03")])
def test_durations_are_shown_as_a_clock_does(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown
