"""What is suspicious in the market data."""

from extractors.extractor import ResultExtractor
from phase_worker.discovery import extractor


@extractor(name="data_warnings")
class DataWarningExtractor(ResultExtractor):
    """Each finding about the bars that is legal but suspicious."""

    result_category = "data_warnings"
    event_types = frozenset({"DATA_WARNING"})
