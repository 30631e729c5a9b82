"""What a job says of components is held against what they declare, without importing them."""

import re
from shutil import copyfile

import pytest

from orchestrator.grid import expand_grid
from tests.fakes.job_folder import COMPONENTS, SMALLEST, JobFolder, changed


def test_params_alone_mean_one_trial(jobs: JobFolder) -> None:
    strategy = jobs.parse(changed(strategy="{name: cross_fake, params: {slow: 40}}")).strategy
    assert expand_grid(strategy) == [{"fast": 10, "slow": 40, "band": 0.0, "kind": "sma"}]


def test_params_fix_what_the_grid_leaves_out(jobs: JobFolder) -> None:
    strategy = jobs.parse(changed(strategy="{name: cross_fake, params: {slow: 40}, grid: {fast: [5, 6]}}")).strategy
    assert [(trial["fast"], trial["slow"]) for trial in expand_grid(strategy)] == [(5, 40), (6, 40)]


def test_a_grid_keeps_the_order_in_which_it_is_written(jobs: JobFolder) -> None:
    strategy = jobs.parse(changed(strategy="{name: cross_fake, grid: {slow: [20], fast: [5]}}")).strategy
    assert list(strategy.grid) == ["slow", "fast"]


def test_a_parameter_that_is_a_number_is_held_as_one(jobs: JobFolder) -> None:
    strategy = jobs.parse(changed(strategy="{name: cross_fake, params: {band: 1}, grid: {band: [0, 1]}}")).strategy
    assert repr(strategy.params["band"]) == "1.0"
    assert repr(strategy.grid["band"]) == "(0.0, 1.0)"


def test_a_strategy_without_parameters_has_one_trial(jobs: JobFolder) -> None:
    assert expand_grid(jobs.parse(changed(strategy="hold_fake")).strategy) == [{}]


def test_a_sizer_gets_all_its_parameters(jobs: JobFolder) -> None:
    assert jobs.parse(changed(risk="{sizing: share_fake}")).risk.params == {"share": 0.5}
    assert jobs.parse(changed(risk="{sizing: share_fake, params: {share: 1}}")).risk.params == {"share": 1.0}


@pytest.mark.parametrize(
    ("key", "value", "at", "message"),
    [
        ("workflow", "flow_fak", "flow_", "E-SCHEMA: workflow: unknown workflow 'flow_fak'. Known: "),
        ("strategy", "cros_fake", "cros_", "E-SCHEMA: strategy.name: unknown strategy 'cros_fake'. Known: "),
        (
            "strategy",
            "{name: cross_fake, params: {fats: 5}}",
            "fats",
            "E-SCHEMA: strategy.params.fats: unknown parameter 'fats'. Known: band, fast, kind, slow. Did you",
        ),
        (
            "strategy",
            "{name: cross_fake, params: {fast: 5.5}}",
            "5.5",
            "E-SCHEMA: strategy.params.fast: expected a whole number, got 5.5",
        ),
        (
            "strategy",
            "{name: cross_fake, grid: {fast: [5, 501]}}",
            "501",
            "E-SCHEMA: strategy.grid.fast.1: expected 1 to 500, got 501",
        ),
        (
            "strategy",
            "{name: cross_fake, grid: {kind: [wma]}}",
            "wma",
            "E-SCHEMA: strategy.grid.kind.0: expected one of sma, ema, got 'wma'",
        ),
        (
            "strategy",
            '{name: cross_fake, constraints: ["fst < slow"]}',
            '"fst',
            "E-SCHEMA: strategy.constraints.0: unknown parameter 'fst'. Known: band, fast, slow. Did you mean 'fast'?",
        ),
        (
            "strategy",
            "{name: cross_fake, params: {fast: x}, constraints: [fast < slow]}",
            "x}",
            "E-SCHEMA: strategy.params.fast: expected a whole number, got 'x'",
        ),
        (
            "strategy",
            "{name: cross_fake, params: {fast: [5]}}",
            "[5]",
            "E-SCHEMA: strategy.params.fast: expected text or a number, got a list",
        ),
        (
            "strategy",
            "{name: cross_fake, constraints: [import os]}",
            "import",
            "E-SCHEMA: strategy.constraints.0: 'import os' is not a constraint. Allowed: ",
        ),
        (
            "strategy",
            "{name: cross_fake, params: {fast: 30}}",
            "{name",
            "E-GRID: strategy.grid: no trial is left: the constraints (fast < slow) forbid all 1.",
        ),
        ("risk", "{sizing: shre_fake}", "shre_", "E-SCHEMA: risk.sizing: unknown sizer 'shre_fake'. Known: "),
        (
            "risk",
            "{sizing: share_fake, params: {share: 2}}",
            "2}}",
            "E-SCHEMA: risk.params.share: expected 0 to 1, got 2",
        ),
        ("extractors", "[ex_fake]", "ex_", "E-SCHEMA: extractors.0: unknown extractor 'ex_fake'. Known: "),
        (
            "phases",
            "{a: {topology: tp_fake}}",
            "tp_",
            "E-SCHEMA: phases.a.topology: unknown topology 'tp_fake'. Known: ",
        ),
    ],
)
def test_unknown_names_and_bad_parameters_are_told_at_their_place(
    jobs: JobFolder, key: str, value: str, at: str, message: str
) -> None:
    text = changed(**{key: value})
    line, found = next((n, line) for n, line in enumerate(text.splitlines(), 1) if line.startswith(f"{key}: "))
    [problem] = jobs.problems(text)
    assert problem.startswith(f"job.yaml:{line}:{found.index(at) + 1}: error {message}")


def test_a_directory_of_plugins_is_read(jobs: JobFolder) -> None:
    (jobs.path / "mine").mkdir()
    (jobs.path / "plugin.py").rename(jobs.path / "mine" / "deeper.py")
    assert jobs.parse(changed(plugins="[mine]")).plugins == (jobs.path / "mine",)


def test_a_plugin_that_is_no_path_is_told(jobs: JobFolder) -> None:
    [problem] = jobs.problems(changed(plugins="[plugin.py, 5]"))
    assert problem == "job.yaml:4:22: error E-SCHEMA: plugins.1: expected text, got 5"


def test_a_plugin_that_cannot_be_read_is_told_with_its_line(jobs: JobFolder) -> None:
    (jobs.path / "plugin.py").write_text("from phase_worker.discovery import strategy\n\n@strategy(\n")
    [problem] = jobs.problems(SMALLEST)
    assert problem.startswith("job.yaml:4:10: error E-COMPONENT: plugins: ")
    assert "plugin.py:3" in problem


def test_a_name_declared_twice_is_told_with_both_places(jobs: JobFolder) -> None:
    copyfile(COMPONENTS, jobs.path / "again.py")
    [problem] = jobs.problems(changed(plugins="[plugin.py, again.py]"))
    assert problem.startswith("job.yaml:4:10: error E-COMPONENT: plugins: ")
    assert re.search(r"again\.py:\d+: .* is declared twice, the first time at .*plugin\.py:\d+", problem)
