"""The value of the account at every bar."""

from extractors.extractor import ResultExtractor
from phase_worker.discovery import extractor


@extractor(name="equity_curve")
class EquityCurveExtractor(ResultExtractor):
    """The equity at every bar of each window; `timestamp` is the list of the bars' times."""

    result_category = "equity_curve"
    event_types = frozenset({"EQUITY_CURVE"})
