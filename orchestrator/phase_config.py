"""The configuration of a phase: what of the job, and of its data, decides the bytes of the phase's trace."""

from dataclasses import asdict
from typing import Any

from orchestrator.job import DataChoice, Job
from orchestrator.plan import DataFacts


def data_config(bars: dict[str, Any]) -> dict[str, Any]:
    """For the data phase; `bars` says which they are, as `bars_config` gives it."""
    return {"bars": bars, "trace": {"level": "full", "bars": False}}


def bars_config(data: DataChoice, sha256: str, factors_sha256: str | None) -> dict[str, Any]:
    """Which bars: the digests of their files, and how they are read."""
    how = {name: value for name, value in asdict(data).items() if name != "file"}
    return {"sha256": sha256} | how | {"factors": factors_sha256}


def trading_config(job: Job, data: DataFacts, start: int, end: int, strategy: dict[str, Any]) -> dict[str, Any]:
    """For a phase that trades the bars [start, end); `strategy` says which parameters."""
    return {
        "bars": bars_config(job.data, data.sha256, data.factors) | {"start": start, "end": end},
        "strategy": {"name": job.strategy.name, **strategy},
        "execution": {
            "cash": job.execution.cash,
            "fill": job.execution.fill,
            "shares": job.execution.shares,
            "commission": asdict(job.execution.commission),
            "slippage_bps": job.execution.slippage_bps,
            "slippage_cap": job.execution.slippage_cap,
            "order": asdict(job.execution.order),
            "volume_cap": job.execution.volume_cap,
            "at_end": job.execution.at_end,
        },
        "risk": asdict(job.risk),
        "periods_per_year": job.execution.periods_per_year or data.periods_per_year,
        "trace": _trace_config(job),
    }


def selection_config(job: Job) -> dict[str, Any]:
    """For a phase that selects the best trial."""
    return {"objective": job.objective, "trace": _trace_config(job)}


def _trace_config(job: Job) -> dict[str, Any]:
    """Compression is no part of it: it does not change the text of a trace."""
    return {"level": job.trace.level, "bars": job.trace.bars}
