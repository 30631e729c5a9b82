"""The orders as they were requested."""

from extractors.extractor import ResultExtractor
from phase_worker.discovery import extractor


@extractor(name="orders")
class OrderExtractor(ResultExtractor):
    """Each order, whether or not it was filled."""

    result_category = "orders"
    event_types = frozenset({"ORDER"})
