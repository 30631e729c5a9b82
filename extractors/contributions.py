"""What each leg of a portfolio has contributed."""

from extractors.extractor import ResultExtractor
from phase_worker.discovery import extractor


@extractor(name="contributions")
class ContributionExtractor(ResultExtractor):
    """Of each leg: its gain, fills, costs and exposure, and what it holds at the end."""

    result_category = "contributions"
    event_types = frozenset({"CONTRIBUTION"})
