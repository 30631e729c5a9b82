"""Cold start: a new interpreter per phase, with an environment built from nothing."""

import os
import subprocess
import sys
from collections.abc import Callable

from orchestrator.executors.environment import shared_environment
from orchestrator.executors.phase_process import Ending
from phase_worker.contract.errors import TransientError
from phase_worker.contract.process_marks import PARENT_VARIABLE, PHASE_VARIABLE, RUN_VARIABLE, run_mark
from phase_worker.contract.request import PhaseRequest


class ColdProcess:
    """A phase in an interpreter of its own, a child of this process."""

    def __init__(self, child: "subprocess.Popen[bytes]") -> None:
        self._child = child
        self._pidfd = os.pidfd_open(child.pid)

    @property
    def pid(self) -> int:
        return self._child.pid

    def fileno(self) -> int:
        return self._pidfd

    def reap(self) -> Ending:
        """Collect the process; its code is unknown where the program around us waits for any child of its process."""
        os.close(self._pidfd)
        try:
            _, status, usage = os.wait4(self.pid, 0)
        except ChildProcessError:
            self._child.returncode = 0  # only tells Popen that there is nothing to wait for
            return Ending(None)
        self._child.returncode = os.waitstatus_to_exitcode(status)
        return Ending(self._child.returncode, usage.ru_utime + usage.ru_stime)

    def release(self) -> None:
        self.reap()


def phase_command(request: PhaseRequest) -> list[str]:
    """-P: a directory with another `extractors` in it, such as the working directory, must not be imported from."""
    return [sys.executable, "-P", "-m", "phase_worker", str(request.paths.request(request.phase))]


def phase_environment(request: PhaseRequest, mark: str | None = None) -> dict[str, str]:
    """Everything that the phase process finds in its environment; `mark` takes the place of its run's."""
    marks = {
        PHASE_VARIABLE: request.token,
        RUN_VARIABLE: mark or run_mark(request.paths.run_dir),
        PARENT_VARIABLE: str(os.getpid()),
    }
    return shared_environment() | marks


class ColdStart:
    """Starts phases cold; `command` gives the words of a phase's command line, `mark` is for `phase_environment`."""

    server_pid = None

    def __init__(
        self, command: Callable[[PhaseRequest], list[str]] = phase_command, *, mark: str | None = None
    ) -> None:
        self._command = command
        self._mark = mark

    def __call__(self, request: PhaseRequest, log_fd: int) -> ColdProcess:
        """Start `request`'s process in its run's directory; raises TransientError when the machine cannot."""
        try:
            child = subprocess.Popen(
                self._command(request),
                env=phase_environment(request, self._mark),
                cwd=request.paths.run_dir,
                stdin=subprocess.DEVNULL,
                stdout=log_fd,
                stderr=log_fd,
                start_new_session=True,
            )
        except OSError as error:
            raise TransientError(f"the process of the phase cannot be started: {error}", where=request.phase) from error
        return ColdProcess(child)

    def close(self) -> None:
        """There is nothing to end."""
