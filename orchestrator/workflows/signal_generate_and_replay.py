"""The workflow `signal_generate_and_replay`: a strategy's signals made once, traded under several settings."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

from orchestrator.job import Job, Replay
from orchestrator.phase_config import trading_config
from orchestrator.plan import DataFacts, Phase
from phase_worker.discovery import workflow


@workflow(
    name="signal_generate_and_replay",
    extractors=(
        "portfolio_metrics",
        "signals",
        "orders",
        "fills",
        "positions",
        "risk_decisions",
        "performance_snapshots",
        "equity_curve",
    ),
)
def signal_generate_and_replay(job: Job, data: DataFacts) -> list[Phase]:
    """Phases generate, replay-NN for each of the job's `replays`, and replay under its own settings: the result."""
    config = trading_config(job, data, 0, data.bars, {"params": job.strategy.params})
    generate = Phase("generate", "signal_generation", config | {"trace": {"level": "full", "bars": False}})
    width = max(2, len(str(len(job.replays))))
    phases = [
        _replay_phase(f"replay-{number:0{width}d}", job, data, replay)
        for number, replay in enumerate(job.replays, start=1)
    ]
    return [generate, *phases, _replay_phase("replay", job, data, Replay(job.execution, job.risk))]


def _replay_phase(name: str, job: Job, data: DataFacts, settings: Replay) -> Phase:
    other = replace(job, execution=settings.execution, risk=settings.risk)
    config = trading_config(other, data, 0, data.bars, {"signals_from": "generate"})
    own = dict(_flat(asdict(Replay(job.execution, job.risk))))
    changes = {key: value for key, value in _flat(asdict(settings)) if own.get(key) != value}
    return Phase(name, "signal_replay", config | {"changes": changes}, ("generate",))


def _flat(settings: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """The settings by dotted key."""
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value
