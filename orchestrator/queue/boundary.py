"""The boundary around one job: whatever goes wrong in it, the coordinator goes on with the others."""

import logging
from collections.abc import Callable

from phase_worker.contract import DaybreakError

logger = logging.getLogger(__name__)


def error_of(step: Callable[[], object]) -> Exception | None:
    """What `step` raised, if anything; of what nobody foresaw the traceback is logged."""
    try:
        step()
    except Exception as error:  # the coordinator's per-job boundary
        if not isinstance(error, DaybreakError | OSError):
            logger.exception("a job raised what no job may raise")
        return error
    return None
