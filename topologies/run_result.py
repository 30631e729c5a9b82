"""Which phase's figures are a run's."""

from collections.abc import Mapping
from typing import Any

from phase_worker.gate import skip_reason
from phase_worker.tracing.query import TraceQuery


def result_name(config: Mapping[str, Any], inputs: Mapping[str, TraceQuery]) -> str:
    """`config.result`, or the first of `config.otherwise` that was not skipped where that was; itself if all were."""
    names: tuple[str, ...] = (config["result"], *config.get("otherwise", ()))
    return next((name for name in names if name in inputs and skip_reason(inputs[name]) is None), names[0])
