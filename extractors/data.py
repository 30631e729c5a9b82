"""The market data that was read."""

from extractors.extractor import ResultExtractor
from phase_worker.discovery import extractor


@extractor(name="data")
class DataExtractor(ResultExtractor):
    """Each file of bars: what it is and the digest of its bytes."""

    result_category = "data"
    event_types = frozenset({"DATA"})
