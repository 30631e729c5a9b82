"""A started phase as the local executor sees it, however it was started."""

from dataclasses import dataclass
from typing import Protocol

from phase_worker.contract.request import PhaseRequest


@dataclass(frozen=True, slots=True)
class Ending:
    """How a process ended: the code, minus the signal's number, or None where it cannot be known any more."""

    exit_code: int | None
    cpu_s: float = 0.0


class PhaseProcess(Protocol):
    """A process that leads a session of its own."""

    @property
    def pid(self) -> int:
        """Also the id of its session and of its process group."""

    def fileno(self) -> int:
        """A descriptor that is readable once the process has ended."""

    def reap(self) -> Ending:
        """Collect a process that has ended, and say how; either this or `release` is to be called, once."""

    def release(self) -> None:
        """Have a process that has ended collected; that takes no time, where nobody wants to know how it ended."""


class StartProcess(Protocol):
    """A way to start phases."""

    @property
    def server_pid(self) -> int | None:
        """The process that helps to start phases, while there is one: not a phase, and not to be killed as one."""

    def __call__(self, request: PhaseRequest, log_fd: int) -> PhaseProcess:
        """Start the process of a request whose file is written; the descriptor is the log's, for stdout and stderr."""

    def close(self) -> None:
        """End what helps to start phases, when none runs any more; may be called again."""
