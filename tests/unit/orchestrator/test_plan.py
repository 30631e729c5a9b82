"""A plan puts phases in order, refuses what cannot be ordered, and knows every digest beforehand."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.plan import Phase, in_order, skippable_phases
from phase_worker.contract import Condition, ConfigError, Gate, Limits, PhaseRequest, Plugin, RunPaths, plugin_digest
from tests.fakes.planned_runs import chain_of, requests

GRAPH = "train select:train test:select"


def names(graph: str) -> list[str]:
    return [phase.name for phase in in_order(chain_of(graph))]


def refusal(*phases: Phase) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        in_order(phases)
    return caught.value


def test_a_phase_comes_after_those_it_depends_on() -> None:
    assert names("test:select select:train train") == ["train", "select", "test"]


def test_phases_that_can_be_run_as_they_are_given_stay_in_that_order() -> None:
    given = "train-01 select-01:train-01 train-02 select-02:train-02 best:select-02 report alone"
    assert names(given) == [entry.partition(":")[0] for entry in given.split()]


def test_a_dependency_that_does_not_exist_is_refused_with_the_nearest_name() -> None:
    error = refusal(*chain_of("train select:trian"))
    assert error.code == "E-NODEP"
    assert "'select' depends on 'trian'" in error.message
    assert error.message.endswith("Known: select, train. Did you mean 'train'?")


def test_a_circle_is_refused_and_shown() -> None:
    error = refusal(*chain_of("start a:start,b b:c c:a"))
    assert error.code == "E-CYCLE"
    shown = error.message.replace(" → ", "→")
    assert any(circle in shown for circle in ("a→b→c→a", "b→c→a→b", "c→a→b→c")), error.message
    assert "start" not in error.message


def test_a_phase_that_depends_on_itself_is_a_circle() -> None:
    assert refusal(*chain_of("a:a")).code == "E-CYCLE"


@pytest.mark.parametrize("name", ["", "Train", "train_1", "../train", "-train", "a" * 65, "tränen"])
def test_a_name_that_is_not_safe_in_a_file_name_is_refused(name: str) -> None:
    assert refusal(Phase(name, "announce", {})).code == "E-ID"


def test_two_phases_of_one_name_are_refused() -> None:
    error = refusal(*chain_of("train train"))
    assert (error.code, error.message) == ("E-ID", "two phases are called 'train'")


def test_a_chain_of_20_000_phases_is_ordered_without_recursion() -> None:
    chain = ["p0", *(f"p{n}:p{n - 1}" for n in range(1, 20_000))]
    assert names(" ".join(reversed(chain))) == [f"p{n}" for n in range(20_000)]


def test_a_request_has_what_its_phase_and_its_run_say(tmp_path: Path) -> None:
    code = tmp_path / "mine.py"
    code.write_text("")
    plugin, limits = Plugin(code, plugin_digest(code)), Limits(123, 4.5)
    shared = {"plugins": (plugin,), "limits": limits, "sources": {"d1": code}, "extractors": ("fills", "orders")}
    request = requests(tmp_path, Phase("train", "backtest", {"cash": 1.0}), **shared)["train"]
    assert request == PhaseRequest(
        workflow_id="wf-1",
        phase="train",
        topology="backtest",
        config={"cash": 1.0},
        traces_dir=tmp_path,
        limits=limits,
        extractors=("fills", "orders"),
        plugins=(plugin,),
        sources={"d1": code},
    )


def test_only_phases_that_compute_in_workers_have_more_than_one(tmp_path: Path) -> None:
    phases = [Phase("train", "parameter_sweep", {}), Phase("test", "backtest", {})]
    setup = {"limits": Limits(100, 60.0, workers=4), "with_workers": frozenset({"parameter_sweep"})}
    planned = requests(tmp_path, *phases, **setup)
    assert [request.limits.workers for request in planned.values()] == [4, 1]


def test_an_input_is_known_by_its_place_and_by_the_digest_of_its_request(tmp_path: Path) -> None:
    planned = requests(tmp_path, *chain_of("train check:train test:train,check"))
    inputs = planned["test"].inputs
    assert list(inputs) == ["train", "check"]
    for name, source in inputs.items():
        assert source.request_digest == planned[name].digest
        assert source.trace == planned[name].paths.trace(name)


@pytest.mark.parametrize("change", [{"config": {"word": "other"}}, {"topology": "silent"}])
def test_a_phase_and_all_after_it_get_other_digests_when_it_asks_for_something_else(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    train, select, test, alone = chain_of(f"{GRAPH} alone")
    before = requests(tmp_path, train, select, test, alone)
    after = requests(tmp_path, replace(train, **change), select, test, alone)
    changed = [name for name in before if before[name].digest != after[name].digest]
    assert changed == ["train", "select", "test"]


def test_other_inputs_give_another_digest(tmp_path: Path) -> None:
    one = requests(tmp_path, *chain_of("train check test:train"))["test"]
    both = requests(tmp_path, *chain_of("train check test:train,check"))["test"]
    assert one.digest != both.digest


def test_another_line_in_a_plugin_gives_other_digests_and_its_place_does_not(tmp_path: Path) -> None:
    digests = []
    for folder, code in (("here", "LOOKBACK = 3\n"), ("there", "LOOKBACK = 3\n"), ("other", "LOOKBACK = 4\n")):
        (tmp_path / folder).mkdir()
        file = tmp_path / folder / "mine.py"
        file.write_text(code)
        planned = requests(tmp_path, *chain_of(GRAPH), plugins=(Plugin(file, plugin_digest(file)),))
        digests.append([request.digest for request in planned.values()])
    here, there, other = digests
    assert here == there
    assert not set(here) & set(other)


@pytest.mark.parametrize(
    "setup",
    [
        pytest.param({"paths": RunPaths(Path("/elsewhere"), "wf-1")}, id="traces-directory"),
        pytest.param({"paths": RunPaths(Path("/elsewhere"), "night.7")}, id="workflow_id"),
        pytest.param({"limits": Limits(7, 7.0, 7)}, id="limits"),
        pytest.param({"extractors": ("orders", "signals")}, id="extractors"),
        pytest.param({"sources": {"d1": Path("/elsewhere/SPY.csv")}}, id="place-of-the-data"),
    ],
)
def test_what_does_not_decide_the_trace_leaves_the_digests_alone(tmp_path: Path, setup: dict[str, Any]) -> None:
    before, after = requests(tmp_path, *chain_of(GRAPH)), requests(tmp_path, *chain_of(GRAPH), **setup)
    assert [request.digest for request in before.values()] == [request.digest for request in after.values()]
    assert [request.to_json() for request in before.values()] != [request.to_json() for request in after.values()]


def test_another_attempt_has_the_same_digest(tmp_path: Path) -> None:
    first = requests(tmp_path, *chain_of(GRAPH))["train"]
    second = replace(first, attempt=2)
    assert second.digest == first.digest
    assert second.token != first.token


def test_the_digests_are_the_same_in_another_process(tmp_path: Path) -> None:
    here = requests(tmp_path, Phase("train", "backtest", {"a": {"x": 1, "y": 2.5}, "b": [1, 2]}))["train"]
    there = requests(tmp_path, Phase("train", "backtest", {"a": {"x": 1, "y": 2.5}, "b": [1, 2]}))["train"]
    assert here.digest == there.digest == PhaseRequest.from_json(there.to_json()).digest


ON_A = Condition(("a",), "portfolio_metrics", "sharpe_ratio", at_least=0.5)


def gates(folder: Path, *phases: Phase) -> dict[str, Gate | None]:
    return {name: request.gate for name, request in requests(folder, *phases).items()}


def test_a_phase_waits_for_what_its_conditions_are_on_but_does_not_read_it(tmp_path: Path) -> None:
    planned = requests(tmp_path, *chain_of("a b"), Phase("c", "announce", {}, ("b",), when=(ON_A,)))
    assert list(planned["c"].inputs) == ["b", "a"]
    assert planned["c"].gate == Gate((ON_A,), ("b",))


def test_only_what_may_be_skipped_or_reads_of_that_has_a_gate(tmp_path: Path) -> None:
    conditional = Phase("c", "announce", {}, ("b",), when=(ON_A,))
    join = Phase("d", "announce", {}, ("b", "c"), requires="any")
    after = Phase("e", "announce", {}, ("d",))
    page = Phase("f", "announce", {}, ("c", "e"), requires="none")
    found = gates(tmp_path, *chain_of("a b"), conditional, join, after, page)
    assert {name for name, gate in found.items() if gate} == {"c", "d"}
    assert found["d"] == Gate((), ("b", "c"), "any")


def test_what_depends_on_a_phase_that_may_be_skipped_may_be_skipped_too(tmp_path: Path) -> None:
    conditional = Phase("c", "announce", {}, ("b",), when=(ON_A,))
    assert skippable_phases([*chain_of("a b"), conditional, *chain_of("d:c e:d f:a")]) == {"c", "d", "e"}


def test_a_condition_counts_in_the_digest_and_a_request_without_one_has_the_digest_that_it_always_had(
    tmp_path: Path,
) -> None:
    plain = requests(tmp_path, *chain_of("a c:a"))["c"]
    assert "gate" not in plain.identity
    gated = requests(tmp_path, *chain_of("a"), Phase("c", "announce", {"word": "c"}, ("a",), when=(ON_A,)))["c"]
    other = replace(ON_A, at_least=0.6)
    changed = requests(tmp_path, *chain_of("a"), Phase("c", "announce", {"word": "c"}, ("a",), when=(other,)))["c"]
    assert len({plain.digest, gated.digest, changed.digest}) == 3
    assert PhaseRequest.from_json(gated.to_json()).gate == gated.gate


def test_a_condition_on_a_phase_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    assert refusal(Phase("c", "announce", {}, when=(ON_A,))).code == "E-NODEP"
