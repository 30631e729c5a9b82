"""The closed trades."""

from extractors.extractor import ResultExtractor
from phase_worker.discovery import extractor


@extractor(name="positions")
class PositionExtractor(ResultExtractor):
    """Each position that was closed, from entry to exit."""

    result_category = "positions"
    event_types = frozenset({"POSITION_CLOSE"})
