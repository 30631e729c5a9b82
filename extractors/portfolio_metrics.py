"""The figures of merit of each trial: Sharpe ratio, drawdown, its parameters and the rest."""

from extractors.extractor import ResultExtractor
from phase_worker.discovery import extractor


@extractor(name="portfolio_metrics")
class PortfolioMetricsExtractor(ResultExtractor):
    """Each trial's or run's figures of merit."""

    result_category = "portfolio_metrics"
    event_types = frozenset({"PORTFOLIO_METRICS"})
