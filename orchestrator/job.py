"""A job, parsed and checked: what a workflow is made from."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from orchestrator.grid import StrategyChoice
from orchestrator.job_file.checks import PathRules, check_data, check_id, check_installed, check_windows, find_data
from orchestrator.job_file.choices import (
    Commission,
    DataChoice,
    Execution,
    MonteCarlo,
    PhaseChoice,
    Replay,
    Resources,
    Risk,
    TraceChoice,
    Windows,
)
from orchestrator.job_file.components import Catalogue, strategy_choice
from orchestrator.job_file.errors import JobErrors, Problem
from orchestrator.job_file.phases import check_phase_strategies, check_phases
from orchestrator.job_file.portfolio import PortfolioChoice, portfolio_choice
from orchestrator.job_file.regime import RegimeChoice, regime_choice
from orchestrator.job_file.replays import execution_choice, replay_choices, risk_choice
from orchestrator.job_file.schema import JOB
from orchestrator.job_file.source import read_job, read_job_text
from orchestrator.job_file.statistics import StatisticsChoice
from orchestrator.job_file.tree import TreeReport
from orchestrator.job_file.validation import Validation
from orchestrator.search import Search, check_optuna, search_choice

__all__ = [
    "Commission",
    "DataChoice",
    "Execution",
    "Job",
    "JobErrors",
    "MonteCarlo",
    "PhaseChoice",
    "Problem",
    "Replay",
    "Resources",
    "Risk",
    "StrategyChoice",
    "TraceChoice",
    "Windows",
    "parse_job",
    "parse_job_text",
]


_AS_THEY_ARE = (
    *("workflow", "risk", "replays", "objective", "extractors", "shards"),
    *("workflow_id", "on_finish", "report", "regime", "portfolio"),
)


@dataclass(frozen=True, slots=True)
class Job:
    """What the user asked for, with every default filled in; no `extractors` means what the workflow names."""

    workflow: str
    strategy: StrategyChoice
    data: DataChoice
    windows: Windows
    execution: Execution
    risk: Risk
    objective: str
    trace: TraceChoice
    statistics: StatisticsChoice
    resources: Resources
    plugins: tuple[Path, ...]
    extractors: tuple[str, ...]
    phases: tuple[PhaseChoice, ...]
    workflow_id: str | None
    on_finish: tuple[str, ...] = ()  # the words of a command
    report: bool = True
    replays: tuple[Replay, ...] = ()
    monte_carlo: MonteCarlo = field(default_factory=MonteCarlo)
    search: Search = field(default_factory=Search)
    regime: RegimeChoice | None = None
    portfolio: PortfolioChoice | None = None
    shards: int = 1

    def resolved(self) -> dict[str, Any]:
        """The job as JSON-able plain data: itself a job, which `parse_job` turns into an equal one."""
        phases = {phase.name: asdict(phase) for phase in self.phases}
        for phase in phases.values():
            del phase["name"]
        resources = dict(zip(("memory", "time", "workers", "job_time"), astuple(self.resources), strict=True))
        document: dict[str, Any] = _plain(asdict(self) | {"phases": phases, "resources": resources})
        if document["regime"]:
            del document["regime"]["regimes"]  # which the classifier declares
        else:
            del document["regime"]
        if self.portfolio:
            document["portfolio"] = _plain(self.portfolio.document())
        else:
            del document["portfolio"]
        return document

    @property
    def all_data(self) -> tuple[DataChoice, ...]:
        """All market data that the job is about: its own and, where it trades a portfolio, those of the legs."""
        return (self.data, *(leg.data for leg in (self.portfolio.legs if self.portfolio else ())))


def parse_job(
    source: Mapping[str, Any] | str | Path,
    *,
    overrides: Mapping[str, str] = MappingProxyType({}),
    workflow_id: str | None = None,
    allowed_roots: Sequence[Path] | None = None,
) -> Job:
    """The job of a dict or a job file; raises JobErrors with everything that is wrong with it.

    `overrides` are YAML values by dotted key path. Relative paths start at the job file's directory, for a dict at the
    working directory; with `allowed_roots`, data and plugins must lie in one of these directories.
    """
    return checked_job(*read_job(source, overrides, workflow_id, allowed_roots))


def parse_job_text(content: bytes, *, source: str, start: Path, allowed_roots: Sequence[Path]) -> Job:
    """The job of a job file's bytes, for messages called `source`, whose relative paths start at `start`."""
    return checked_job(*read_job_text(content, source, start, allowed_roots))


def checked_job(problems: TreeReport, paths: PathRules) -> Job:
    """The job of a tree; raises JobErrors with everything that is wrong with it, or where it is several jobs."""
    if (matrix := problems.root.get(("matrix",))) is not None:
        message = "several jobs, but one is wanted here. A matrix is for daybreak run, check and submit, or the queue"
        problems.report.stop("E-MATRIX", matrix.key_place, message, ("matrix",))
    plugins = _plugins(problems, paths)
    catalogue = Catalogue(plugins, problems)
    validation = Validation(problems, catalogue.of_type)
    values = validation.value(JOB, problems.root)
    check_id(values["workflow_id"], problems)
    check_windows(values["windows"], problems)
    check_installed(values, problems)
    check_optuna(values, problems)
    check_phases(values["phases"] or {}, problems)
    check_data(values["data"], problems)
    find_data(values["data"], paths, problems)
    values["risk"] = risk_choice(values["risk"], (), catalogue, problems)
    info = catalogue.find("strategy", values["strategy"]["name"])
    strategy = strategy_choice(values["strategy"], info, problems) if info else None
    check_phase_strategies(values["phases"] or {}, values["strategy"]["name"], catalogue, problems)
    search = search_choice(values["search"], info, strategy, problems) if info and strategy else Search()
    values["regime"] = regime_choice(values, catalogue, problems)
    problems.report.raise_any()
    assert strategy is not None  # or there would have been a problem
    values["replays"] = replay_choices(problems, validation, catalogue)
    values["portfolio"] = portfolio_choice(values, strategy, validation, catalogue, paths)
    problems.report.raise_any()
    return _job(values, strategy, search, plugins)


def _plugins(problems: TreeReport, paths: PathRules) -> tuple[Path, ...]:
    """Before all else: what other names mean depends on them. What is no text, validation reports."""
    node = problems.root.get(("plugins",))
    texts = [child.value for child in node.value] if node and isinstance(node.value, list) else []
    found = [
        paths.existing(text, ("plugins", index), problems, plugin=True)
        for index, text in enumerate(texts)
        if text and isinstance(text, str)
    ]
    return tuple(path for path in found if path)


def _job(values: dict[str, Any], strategy: StrategyChoice, search: Search, plugins: tuple[Path, ...]) -> Job:
    data, windows, resources = (values[key] for key in ("data", "windows", "resources"))
    phases = (values["phases"] or {}).items()
    return Job(
        strategy=strategy,
        data=DataChoice.of(data),
        windows=Windows(**windows),
        search=search,
        monte_carlo=MonteCarlo(**values["monte_carlo"]),
        execution=execution_choice(values["execution"]),
        trace=TraceChoice(**values["trace"]),
        resources=Resources(int(resources["memory"]), *(resources[key] for key in ("time", "workers", "job_time"))),
        plugins=plugins,
        statistics=StatisticsChoice(**values["statistics"]),
        phases=tuple(PhaseChoice(name, **phase | {"config": phase["config"] or {}}) for name, phase in phases),
        **{key: values[key] for key in _AS_THEY_ARE},
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(child) for key, child in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(child) for child in value]
    return str(value) if isinstance(value, Path) else value
