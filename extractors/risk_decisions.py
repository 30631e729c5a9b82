"""What risk made of the signals."""

from extractors.extractor import ResultExtractor
from phase_worker.discovery import extractor


@extractor(name="risk_decisions")
class RiskDecisionExtractor(ResultExtractor):
    """Each signal approved, reduced or rejected, and the rule that said so."""

    result_category = "risk_decisions"
    event_types = frozenset({"RISK_DECISION"})
