"""The returns that follow a rule's buy days and its sell days."""

from extractors.extractor import ResultExtractor
from phase_worker.discovery import extractor


@extractor(name="rule_returns")
class RuleReturnsExtractor(ResultExtractor):
    """Of each set of parameters: days, mean returns, shares of gains and t-statistics, after buys and after sells."""

    result_category = "rule_returns"
    event_types = frozenset({"RULE_RETURNS"})
