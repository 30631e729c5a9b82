"""What is read out of a trace: one file per category of the result document."""

from extractors.extractor import ResultExtractor
from extractors.fills import FillExtractor
from extractors.portfolio_metrics import PortfolioMetricsExtractor
from extractors.signals import SignalExtractor

__all__ = ["FillExtractor", "PortfolioMetricsExtractor", "ResultExtractor", "SignalExtractor"]
