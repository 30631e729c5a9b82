"""The changes of market regime."""

from extractors.extractor import ResultExtractor
from phase_worker.discovery import extractor


@extractor(name="regime_changes")
class RegimeChangeExtractor(ResultExtractor):
    """Each change from one regime to another."""

    result_category = "regime_changes"
    event_types = frozenset({"REGIME_CHANGE"})
