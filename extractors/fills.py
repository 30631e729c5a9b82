"""The executed orders."""

from extractors.extractor import ResultExtractor
from phase_worker.discovery import extractor


@extractor(name="fills")
class FillExtractor(ResultExtractor):
    """Each fill, with cash and position after it."""

    result_category = "fills"
    event_types = frozenset({"FILL"})
