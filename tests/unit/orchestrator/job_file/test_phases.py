"""The phases that a job lists make a graph with conditions and fan-outs; what does not fit is told with its place."""

import pytest

from orchestrator.job import parse_job
from orchestrator.job_file.errors import MAX_PROBLEMS
from tests.fakes.job_folder import JobFolder, changed


def phases(graph: str) -> str:
    """A job with these phases: 'a:b,c b:' is a, which depends on b and c, and b."""
    entries = (entry.split(":") for entry in graph.split())
    listed = (f"{name}: {{topology: top_fake, depends_on: [{needs}]}}" for name, needs in entries)
    return changed(phases=f"{{{', '.join(listed)}}}")


@pytest.mark.parametrize(
    ("graph", "messages"),
    [
        ("a:b b:c c:a", ["E-CYCLE: phases.a.depends_on: a→b→c→a: each waits for the next"]),
        ("x: c:a a:b b:c", ["E-CYCLE: phases.c.depends_on: c→a→b→c: "]),
        ("x:b a:c b:a c:b", ["E-CYCLE: phases.a.depends_on: a→c→b→a: "]),
        ("a:a", ["E-CYCLE: phases.a.depends_on: a→a: "]),
        ("a:b b:a c:d d:c e:a", ["E-CYCLE: phases.a.depends_on: a→b→a", "E-CYCLE: phases.c.depends_on: c→d→c"]),
        (
            "train: test:trian",
            ["E-NODEP: phases.test.depends_on.0: there is no phase 'trian'. Known: test, train. Did you mean 'train'?"],
        ),
        ("a_b:", ["E-ID: phases.a_b: phase name 'a_b' is not allowed. Allowed: "]),
    ],
)
def test_phases_that_make_no_graph_are_told(jobs: JobFolder, graph: str, messages: list[str]) -> None:
    found = jobs.problems(phases(graph))
    assert len(found) == len(messages)
    for problem, message in zip(found, messages, strict=True):
        assert problem.startswith("job.yaml:5:")
        assert f"error {message}" in problem


def test_thousands_of_mistakes_are_told_in_few_words(jobs: JobFolder) -> None:
    problems = jobs.problems(phases(" ".join(f"p{number}:q{number}" for number in range(800))))
    assert len(problems) == MAX_PROBLEMS + 1
    assert max(map(len, problems)) < 2200


def test_a_dependency_that_is_no_text_is_told_once(jobs: JobFolder) -> None:
    [problem] = jobs.problems(phases("a:5"))
    assert "error E-SCHEMA: phases.a.depends_on.0: expected text, got 5" in problem


def test_phases_keep_their_order_and_dependencies(jobs: JobFolder) -> None:
    job = jobs.parse(phases("b:a a: c:a,b"))
    assert [(phase.name, phase.depends_on) for phase in job.phases] == [("b", ("a",)), ("a", ()), ("c", ("a", "b"))]


def listed(*phases: str) -> str:
    """A job with these phases, a line each from line 6 on: `NAME: KEYS` beside a topology."""
    lines = (f"  {name}: {{topology: top_fake, {keys}}}" for name, _, keys in (each.partition(": ") for each in phases))
    return changed() + "phases:\n" + "\n".join(lines) + "\n"


ON_A = "phase: a, category: extract_fake, field: value"


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (f"when: [{{{ON_A}}}]", "7:"),
        (
            f"when: [{{{ON_A}}}]",
            "phases.b.when.0: a condition without a comparison. Expected one or more of at_least, ",
        ),
        (f"when: [{{{ON_A}, atleast: 1}}]", "phases.b.when.0.atleast: unknown key 'atleast'. "),
        (f"when: [{{{ON_A}, atleast: 1}}]", "Did you mean 'at_least'?"),
        (f"when: [{{{ON_A}, above: much}}]", "phases.b.when.0.above: expected a number, got 'much'"),
        (f"when: [{{{ON_A}, above: 1, rows: most}}]", "Known: all, any, first, last, only."),
        (
            "when: [{phase: aa, category: extract_fake, field: x, above: 1}]",
            "there is no phase 'aa'. Known: a, b. Did ",
        ),
        ("when: [{phase: a, category: extract_fak, field: x, above: 1}]", "Did you mean 'extract_fake'?"),
        ("when: [{phase: b, category: extract_fake, field: x, above: 1}]", "E-CYCLE: phases.b"),
        ("requires: most", "phases.b.requires: unknown value 'most'. Known: all, any."),
        ("for_each_of: c", "E-NODEP: phases.b.for_each_of: there is no phase 'c'"),
        ("for_each_of: a, for_each: [{x: 1}]", "phases.b.for_each: expected 2, one for each phase of 'a', got 1"),
        ("for_each: [5]", "phases.b.for_each.0: expected a mapping, got 5"),
    ],
)
def test_conditions_and_fan_outs_that_do_not_fit_are_told(jobs: JobFolder, keys: str, message: str) -> None:
    problems = jobs.problems(listed("a: for_each: [{x: 1}, {x: 2}]", f"b: {keys}"))
    assert any(message in problem for problem in problems), problems
    assert all(problem.startswith("job.yaml:7:") for problem in problems)


def test_two_phases_may_not_get_one_name(jobs: JobFolder) -> None:
    [problem] = jobs.problems(listed("a: for_each: [{x: 1}, {x: 2}]", "a-02: depends_on: []"))
    assert "job.yaml:7:3: error E-ID: phases.a-02: two phases would be called 'a-02': 'a' and 'a-02'" in problem


def test_a_fan_outs_phases_must_have_names_of_files(jobs: JobFolder) -> None:
    name = "a" * 63
    [problem] = jobs.problems(listed(f"{name}: for_each: [{{x: 1}}, {{x: 2}}]"))
    assert problem.startswith("job.yaml:6:3: error E-ID: phases.")
    assert f"phase name '{name}-02' is not allowed" in problem


def test_a_job_with_conditions_and_fan_outs_is_read_from_what_it_is_resolved_to(jobs: JobFolder) -> None:
    job = jobs.parse(
        listed("a: for_each: [{x: 1}]", f"b: requires: any, for_each_of: a, when: [{{{ON_A}, below: -1}}]")
    )
    assert parse_job(job.resolved()) == job
    assert job.phases[1].when[0] | {"below": -1.0, "at_least": None, "rows": "only"} == job.phases[1].when[0]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            "for_each: [{strategy.params.fst: 5}]",
            "7:38: error E-SCHEMA: phases.b.for_each.0.strategy.params.fst: unknown",
        ),
        ("for_each: [{strategy.params.fst: 5}]", "Did you mean 'fast'?"),
        (
            "for_each: [{strategy.params.fast: 5}, {strategy.params.fast: 0}]",
            "for_each.1.strategy.params.fast: expected",
        ),
        (
            "config: {strategy: {params: {fast: 0}}}",
            "7:62: error E-SCHEMA: phases.b.config.strategy.params.fast: expected",
        ),
        ("config: {strategy: {trials: [{fast: 5}, {fst: 5}]}}", "phases.b.config.strategy.trials.1.fst: unknown"),
        ("config: {strategy: {name: hold_fake, params: {fast: 5}}}", "params.fast: unknown parameter 'fast'"),
    ],
)
def test_a_phases_strategy_is_held_against_what_it_declares(jobs: JobFolder, keys: str, message: str) -> None:
    [problem] = jobs.problems(listed("a: depends_on: []", f"b: {keys}"))
    assert message in problem


def test_settings_of_other_topologies_are_left_to_them(jobs: JobFolder) -> None:
    keys = "config: {strategy: {params_from: a, name: of-my-own, params: {x: 1}}, other: 5}, for_each: [{y.z: 1}]"
    assert jobs.parse(listed("a: depends_on: []", f"b: {keys}")).phases
