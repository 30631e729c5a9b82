"""How figures are spread over paths or resamples."""

from extractors.extractor import ResultExtractor
from phase_worker.discovery import extractor


@extractor(name="distributions")
class DistributionExtractor(ResultExtractor):
    """Each figure's mean and quantiles."""

    result_category = "distributions"
    event_types = frozenset({"DISTRIBUTION"})
