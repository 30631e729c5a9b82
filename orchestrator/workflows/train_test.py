"""The workflow `train_test`: select on the first part of the bars, test on the rest."""

from orchestrator.job import Job, Windows
from orchestrator.phase_config import selection_config, trading_config
from orchestrator.plan import DataFacts, Phase
from orchestrator.search import sweep_trials
from phase_worker.contract import ConfigError
from phase_worker.discovery import workflow

_TRAIN_SHARE = 0.7


@workflow(
    name="train_test",
    extractors=("portfolio_metrics", "selections", "signals", "fills", "positions", "equity_curve"),
)
def train_test(job: Job, data: DataFacts) -> list[Phase]:
    """Select on the first bars, test on the rest: phases train, select and test, which is the result."""
    boundary, end = split_bars(job.windows, data.bars)
    trials = sweep_trials(job.strategy, job.search, job.objective)
    train = trading_config(job, data, 0, boundary - job.windows.purge, trials)
    test = trading_config(job, data, boundary, end, {"params_from": "select"})
    return [
        Phase("train", "parameter_sweep", train),
        Phase("select", "selection", selection_config(job), ("train",)),
        Phase("test", "backtest", test, ("select",)),
    ]


def split_bars(windows: Windows, bars: int) -> tuple[int, int]:
    """The first bar of the test, and the end of it: as given, else 70 % of the bars to train and the rest to test."""
    boundary = windows.train or int(bars * _TRAIN_SHARE)
    end = boundary + windows.test if windows.test else bars
    if not windows.purge < boundary < end <= bars:
        raise ConfigError(
            f"the data has {bars} bars: train {boundary} (less purge {windows.purge}) and test {end - boundary} cannot "
            "be made of them. Make the windows smaller.",
            code="E-SCHEMA",
        )
    return boundary, end
