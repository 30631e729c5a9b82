"""What became of a strategy's decisions when the bars after them were others."""

from extractors.extractor import ResultExtractor
from phase_worker.discovery import extractor


@extractor(name="look_ahead")
class LookAheadExtractor(ResultExtractor):
    """One check for each trial."""

    result_category = "look_ahead"
    event_types = frozenset({"LOOK_AHEAD_CHECK"})
