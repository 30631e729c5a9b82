"""The choices of the best trial."""

from extractors.extractor import ResultExtractor
from phase_worker.discovery import extractor


@extractor(name="selections")
class SelectionExtractor(ResultExtractor):
    """Each choice of the best parameters, with its objective and the number of trials."""

    result_category = "selections"
    event_types = frozenset({"SELECTION"})
