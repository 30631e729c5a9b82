"""The workflow `signal_generate_and_replay`: a strategy's signals made once, traded under several settings."""

from dataclasses import replace

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
    return Phase(name, "signal_replay", config, ("generate",))
