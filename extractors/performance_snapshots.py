"""The state of the account whenever it changed."""

from extractors.extractor import ResultExtractor
from phase_worker.discovery import extractor


@extractor(name="performance_snapshots")
class PerformanceSnapshotExtractor(ResultExtractor):
    """Cash, position and equity after each change of the account."""

    result_category = "performance_snapshots"
    event_types = frozenset({"PORTFOLIO_UPDATE"})
