"""What the orchestrator and a phase process agree on: requests, outcomes, exit codes, file names, seals."""

from phase_worker.contract.errors import (
    ComponentError,
    ConfigError,
    DataError,
    DaybreakError,
    ErrorReport,
    InputTraceError,
    OutOfMemoryError,
    TransientError,
    did_you_mean,
)
from phase_worker.contract.exit_code import ExitCode
from phase_worker.contract.files import publish, write_atomically
from phase_worker.contract.outcome import PhaseOutcome, PhaseResources, PhaseState, read_outcome
from phase_worker.contract.paths import RunPaths, check_phase_name, check_workflow_id
from phase_worker.contract.request import InputTrace, Limits, PhaseRequest, Plugin, plugin_digest
from phase_worker.contract.seal import Seal, read_seal, request_digest_of, verify_trace

__all__ = [
    "ComponentError",
    "ConfigError",
    "DataError",
    "DaybreakError",
    "ErrorReport",
    "ExitCode",
    "InputTrace",
    "InputTraceError",
    "Limits",
    "OutOfMemoryError",
    "PhaseOutcome",
    "PhaseRequest",
    "PhaseResources",
    "PhaseState",
    "Plugin",
    "RunPaths",
    "Seal",
    "TransientError",
    "check_phase_name",
    "check_workflow_id",
    "did_you_mean",
    "plugin_digest",
    "publish",
    "read_outcome",
    "read_seal",
    "request_digest_of",
    "verify_trace",
    "write_atomically",
]
