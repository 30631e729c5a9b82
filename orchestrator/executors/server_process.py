"""The process of a fork server, which takes longer to load than a job to read: a run can start it before all else."""

import os
import select
import socket
import subprocess
import sys

from orchestrator.executors.environment import shared_environment
from phase_worker.contract.process_marks import RUN_MARK_BYTES, RUN_VARIABLE

_PATIENCE_S = 60.0
_END_MS = 500


class ServerProcess:
    """A fork server of no run yet; raises OSError where the machine cannot start it. It dies with this process."""

    def __init__(self) -> None:
        self.connection, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.connection.settimeout(_PATIENCE_S)
        command = [sys.executable, "-P", "-m", "phase_worker.fork_server", str(theirs.fileno()), str(os.getpid())]
        room = {RUN_VARIABLE: " " * RUN_MARK_BYTES}
        with theirs:
            try:
                self._process = subprocess.Popen(
                    command,
                    env=shared_environment() | room,
                    cwd="/",
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    start_new_session=True,
                    pass_fds=[theirs.fileno()],
                )
            except OSError:
                self.connection.close()
                raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def end(self) -> None:
        """End it, and with it whatever it forked that still runs.

        By itself it collects first what has been released, so that the time its phases took is counted as used here.
        """
        self.connection.close()
        ended = select.poll()
        pidfd = os.pidfd_open(self.pid)
        ended.register(pidfd, select.POLLIN)
        ended.poll(_END_MS)
        os.close(pidfd)
        self._process.kill()
        self._process.wait()


def early_server() -> ServerProcess | None:
    """A server that loads while this process does; None where it cannot be started, as the first phase will say."""
    try:
        return ServerProcess()
    except OSError:
        return None
