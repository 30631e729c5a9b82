"""A short form of `make chaos`: a trial for each fault at each call of a phase, and for some calls of a run."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.chaos import seccomp
from tests.chaos.campaign import ERRORS, KILLS, NUISANCES, Tally, Workers, exhaustive, workers
from tests.chaos.faults import Action

pytestmark = pytest.mark.skipif(bool(seccomp.unsupported()), reason=seccomp.unsupported())


@pytest.fixture(scope="module")
def crew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    with workers(tmp_path_factory.mktemp("trials")) as made:
        yield made


# Of an array smaller than its buffer, numpy.save does not tell that it could not be written: topologies/market.py then
# publishes a bars cache that is cut off, and every later phase fails.
KNOWN_BUG = "mmap length is greater than file size"


def complaint(tally: Tally) -> str:
    bad = [trial for trial in tally.bad if KNOWN_BUG not in str(trial.verdict)]
    return replace(tally, bad=bad).complaint()


@pytest.mark.parametrize("actions", [KILLS, ERRORS, NUISANCES], ids=["kills", "errors", "nuisances"])
def test_a_phase_survives_every_fault_at_every_call(crew: Workers, actions: tuple[Action, ...]) -> None:
    tally = exhaustive(crew, "phase alone", actions)
    assert complaint(tally) == ""
    assert tally.trials >= 12


@pytest.mark.xfail(reason=KNOWN_BUG, strict=True)
def test_a_bars_cache_that_could_not_be_written_is_not_published(crew: Workers) -> None:
    assert exhaustive(crew, "phase alone", ERRORS).good


@pytest.mark.parametrize(("actions", "every"), [(KILLS, 6), (ERRORS, 12)], ids=["kills", "errors"])
def test_a_run_survives_faults_at_calls_spread_over_it(crew: Workers, actions: tuple[Action, ...], every: int) -> None:
    tally = exhaustive(crew, "run, warm", actions, every=every)
    assert complaint(tally) == ""
    assert tally.trials >= 10
