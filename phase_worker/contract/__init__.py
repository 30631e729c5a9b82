"""What the orchestrator and a phase process agree on: requests, outcomes, exit codes, file names, seals."""

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from phase_worker.contract.condition import Condition, Gate
    from phase_worker.contract.errors import (
        ComponentError,
        ConfigError,
        DataError,
        DaybreakError,
        InputTraceError,
        OutOfMemoryError,
        TransientError,
        did_you_mean,
    )
    from phase_worker.contract.exit_code import ExitCode
    from phase_worker.contract.files import publish, write_atomically
    from phase_worker.contract.outcome import ErrorReport, PhaseOutcome, PhaseResources, PhaseState, read_outcome
    from phase_worker.contract.paths import RunPaths, check_phase_name, check_workflow_id
    from phase_worker.contract.request import InputTrace, Limits, PhaseRequest, Plugin, plugin_digest
    from phase_worker.contract.seal import Seal, read_seal, request_digest_of, verify_trace
    from phase_worker.contract.zst import zstd

# Lazy: a command that reads one file's name must not wait for all that a phase is asked for and answers.
_HOMES = {
    "Condition": "condition",
    "Gate": "condition",
    "ComponentError": "errors",
    "ConfigError": "errors",
    "DataError": "errors",
    "DaybreakError": "errors",
    "InputTraceError": "errors",
    "OutOfMemoryError": "errors",
    "TransientError": "errors",
    "did_you_mean": "errors",
    "ExitCode": "exit_code",
    "publish": "files",
    "write_atomically": "files",
    "ErrorReport": "outcome",
    "PhaseOutcome": "outcome",
    "PhaseResources": "outcome",
    "PhaseState": "outcome",
    "read_outcome": "outcome",
    "RunPaths": "paths",
    "check_phase_name": "paths",
    "check_workflow_id": "paths",
    "InputTrace": "request",
    "Limits": "request",
    "PhaseRequest": "request",
    "Plugin": "request",
    "plugin_digest": "request",
    "Seal": "seal",
    "read_seal": "seal",
    "request_digest_of": "seal",
    "verify_trace": "seal",
    "zstd": "zst",
}

__all__ = [
    "ComponentError",
    "Condition",
    "ConfigError",
    "DataError",
    "DaybreakError",
    "ErrorReport",
    "ExitCode",
    "Gate",
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
    "zstd",
]


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"phase_worker.contract.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'phase_worker.contract' has no attribute {name!r}. Known: {', '.join(__all__)}")
