"""What a run's result is worth: probabilities that it is skill, and intervals."""

from extractors.extractor import ResultExtractor
from phase_worker.discovery import extractor


@extractor(name="statistics")
class StatisticsExtractor(ResultExtractor):
    """The figures of the statistics phase."""

    result_category = "statistics"
    event_types = frozenset({"STATISTICS"})
