"""The windows of a walk-forward."""

from extractors.extractor import ResultExtractor
from phase_worker.discovery import extractor


@extractor(name="windows")
class WindowExtractor(ResultExtractor):
    """Each window: its bounds, its parameters and its results."""

    result_category = "windows"
    event_types = frozenset({"WINDOW"})
