"""The changes of intent of a strategy."""

from extractors.extractor import ResultExtractor
from phase_worker.discovery import extractor


@extractor(name="signals")
class SignalExtractor(ResultExtractor):
    """Each change of a strategy's target."""

    result_category = "signals"
    event_types = frozenset({"SIGNAL"})
