"""The workflow `custom`: the phases that the job file itself lists."""

from collections.abc import Mapping
from typing import Any

from orchestrator.job import Job, PhaseChoice
from orchestrator.job_file.phases import member_names
from orchestrator.phase_config import trading_config
from orchestrator.plan import DataFacts, Phase
from phase_worker.contract import Condition, ConfigError
from phase_worker.discovery import workflow

Members = Mapping[str, tuple[str, ...]]  # by the name of a listed phase: the phases that it stands for


@workflow(
    name="custom",
    extractors=("portfolio_metrics", "selections", "windows", "signals", "fills", "positions", "equity_curve"),
)
def custom(job: Job, data: DataFacts) -> list[Phase]:
    """Run the phases that the job lists; each one's `config` is laid over the job's own settings, by section."""
    base = trading_config(job, data, 0, data.bars, {"params": job.strategy.params}) | {"objective": job.objective}
    listed = {phase.name: {"for_each": phase.for_each, "for_each_of": phase.for_each_of} for phase in job.phases}
    members = {name: tuple(names) for name, names in member_names(listed).items()}
    return [_phase(phase, number, members, base) for phase in job.phases for number in range(len(members[phase.name]))]


def _phase(phase: PhaseChoice, number: int, members: Members, base: dict[str, Any]) -> Phase:
    """The member `number` of a listed phase, where the name of the phase that it goes with means one of that's."""
    leader, config = phase.for_each_of, phase.config
    if leader:
        members = {**members, leader: (members[leader][number],)}
        config = _renamed(config, leader, members[leader][0])
    config = _overlay(base, config)
    for key, value in (phase.for_each[number] if phase.for_each else {}).items():
        config = _with(config, key.split("."), value, f"phases.{phase.name}.for_each: {key}")
    depends_on = dict.fromkeys((*([leader] if leader else []), *phase.depends_on))
    return Phase(
        members[phase.name][number],
        phase.topology,
        config,
        tuple(member for name in depends_on for member in members[name]),
        when=tuple(_condition(each, members) for each in phase.when),
        requires="all" if phase.requires == "all" else "any",
    )


def _condition(given: Mapping[str, Any], members: Members) -> Condition:
    what = {key: value for key, value in given.items() if key != "phase"}
    return Condition(members[given["phase"]], **what)


def _overlay(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = {
        key: base[key] | value if isinstance(value, dict) and isinstance(base.get(key), dict) else value
        for key, value in changes.items()
    }
    return base | merged


def _with(config: dict[str, Any], path: list[str], value: Any, where: str) -> dict[str, Any]:
    """The configuration with `value` at `path`, which is laid over a section that stands there."""
    key, *rest = path
    if not rest:
        return _overlay(config, {key: value})
    inner = config.get(key, {})
    if not isinstance(inner, dict):
        raise ConfigError(f"{where}: '{key}' is no section, but {inner!r}", code="E-SCHEMA")
    return config | {key: _with(inner, rest, value, where)}


def _renamed(value: Any, name: str, member: str) -> Any:
    """The value with `member` wherever the text `name` stands in it by itself."""
    if isinstance(value, dict):
        return {key: _renamed(each, name, member) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_renamed(each, name, member) for each in value]
    return member if value == name else value
