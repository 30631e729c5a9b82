"""A short form of `make chaos`: every fault at every call of a phase, and some of those of runs and queues."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos import seccomp
from tests.chaos.campaign import ERRORS, HELD, KILLS, NUISANCES, STOPS, Workers, exhaustive, workers
from tests.chaos.faults import Action
from tests.chaos.grandchildren import grandchildren
from tests.chaos.mutants import MUTANTS, Mutant
from tests.chaos.power_cuts import power_cuts
from tests.chaos.random_kills import random_kills

QUICKLY_CAUGHT = {"the trace is written in place", "no locks, and plain rename", "no recovery scan"}

pytestmark = pytest.mark.skipif(bool(seccomp.unsupported()), reason=seccomp.unsupported())


@pytest.fixture(scope="module")
def crew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    with workers(tmp_path_factory.mktemp("trials")) as made:
        yield made


@pytest.mark.parametrize("actions", [KILLS, ERRORS, NUISANCES], ids=["kills", "errors", "nuisances"])
def test_a_phase_survives_every_fault_at_every_call(crew: Workers, actions: tuple[Action, ...]) -> None:
    tally = exhaustive(crew, "phase alone", actions)
    assert tally.good, tally.complaint()
    assert tally.trials >= 12
    assert tally.missed == 0


@pytest.mark.parametrize(
    ("scenario", "call", "file"),
    [
        pytest.param("phase alone", "write", ".cache/bars", id="a-bars-cache-that-is-cut-off-is-not-published"),
        pytest.param("drain", "write", "data.outcome.json", id="a-phase-that-cannot-write-its-outcome-is-tried-again"),
        pytest.param("drain", "write", ".log", id="a-phase-is-worth-more-than-its-log"),
        pytest.param("drain", "fsync", "jobs/done", id="a-job-that-ended-is-not-queued-again-too"),
    ],
)
def test_a_full_disk_does_no_harm(crew: Workers, scenario: str, call: str, file: str) -> None:
    tally = exhaustive(crew, scenario, (Action.ENOSPC,), only=lambda found: found.name == call and file in str(found))
    assert tally.trials
    assert tally.good, tally.complaint()


@pytest.mark.parametrize(
    ("scenario", "actions", "every"),
    [
        ("run, warm", KILLS, 12),
        ("run, warm", ERRORS, 30),
        ("run, cold", KILLS, 40),
        ("submit", KILLS, 6),
        ("drain", KILLS, 30),
        ("drain of dropped files", KILLS, 100),
        ("drain after a crash", (*KILLS, *HELD), 120),
        ("serve", STOPS, 80),
        ("queue cancel", (*KILLS, *HELD), 9),
    ],
)
def test_the_command_survives_faults_at_calls_spread_over_it(
    crew: Workers, scenario: str, actions: tuple[Action, ...], every: int
) -> None:
    tally = exhaustive(crew, scenario, actions, every=every)
    assert tally.good, tally.complaint()
    assert tally.trials >= 3


@pytest.mark.parametrize(("scenario", "every"), [("phase alone", 1), ("run, warm", 20), ("submit", 6), ("drain", 40)])
def test_it_survives_power_cuts(crew: Workers, scenario: str, every: int) -> None:
    tally = power_cuts(crew, scenario, every=every)
    assert tally.good, tally.complaint()
    assert tally.trials >= 3


def test_two_coordinators_on_one_queue_survive_kills_at_random_moments(crew: Workers) -> None:
    tally = random_kills(crew, 6, seed=1)
    assert tally.good, tally.complaint()


def test_no_grandchild_survives(crew: Workers) -> None:
    tally = grandchildren(crew, 1)
    assert tally.good, tally.complaint()
    assert tally.missed == 0


@pytest.mark.parametrize(
    "mutant", [mutant for mutant in MUTANTS if mutant.name in QUICKLY_CAUGHT], ids=lambda mutant: mutant.name
)
def test_the_campaign_catches_a_mutant(crew: Workers, mutant: Mutant, tmp_path: Path) -> None:
    """The others are for the long campaign: in theirs somebody waits for a minute, or many calls are tried."""
    assert not mutant.hunt(crew, mutant.make(tmp_path), 32).good


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_mutant_finds_the_safeguard_that_it_is_without(mutant: Mutant, tmp_path: Path) -> None:
    assert mutant.make(tmp_path) == tmp_path
