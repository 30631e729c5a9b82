"""Warm start: phases as forks of one preloaded server, which is started with the first of them."""

import os
import socket
import subprocess
import sys
from contextlib import suppress
from typing import Any

import orjson

from orchestrator.executors.cold_start import phase_environment
from orchestrator.executors.phase_process import Ending
from phase_worker.contract.errors import TransientError
from phase_worker.contract.process_marks import PARENT_VARIABLE, PHASE_VARIABLE
from phase_worker.contract.request import PhaseRequest

_ANSWER_BYTES = 4096
_PATIENCE_S = 60.0


class WarmProcess:
    """A phase that the fork server is the parent of."""

    def __init__(self, server: "WarmStart", pid: int, pidfd: int) -> None:
        self._server = server
        self._pid = pid
        self._pidfd = pidfd

    @property
    def pid(self) -> int:
        return self._pid

    def fileno(self) -> int:
        return self._pidfd

    def reap(self) -> Ending:
        """Have the server collect the process; its code is unknown if the server is gone."""
        os.close(self._pidfd)
        return self._server.reap(self._pid)

    def release(self) -> None:
        os.close(self._pidfd)
        self._server.release(self._pid)


class WarmStart:
    """Starts phases by a fork server of its own; `close` ends the server."""

    def __init__(self) -> None:
        self._connection: socket.socket | None = None
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def server_pid(self) -> int | None:
        return self._server.pid if self._server else None

    def __call__(self, request: PhaseRequest, log_fd: int) -> WarmProcess:
        """Fork `request`'s process; raises TransientError when the server cannot."""
        connection = self._connection or self._start_server(request)
        message = orjson.dumps({"start": str(request.files.request), "token": request.token})
        try:
            socket.send_fds(connection, [message], [log_fd])
            answer, descriptors, _, _ = socket.recv_fds(connection, _ANSWER_BYTES, 1)
            return WarmProcess(self, int(answer), descriptors[0])
        except (OSError, IndexError, ValueError) as error:
            self.close()
            raise TransientError(f"the fork server does not answer: {error}", where=request.phase) from error

    def reap(self, pid: int) -> Ending:
        """How a process that has ended ended."""
        if self._connection is None:
            return Ending(None)
        try:
            self._connection.send(orjson.dumps({"reap": pid}))
            answer: dict[str, Any] = orjson.loads(self._connection.recv(_ANSWER_BYTES))
            return Ending(answer["exit_code"], answer["cpu_s"])
        except (OSError, ValueError):
            self.close()
            return Ending(None)

    def release(self, pid: int) -> None:
        """Have a process collected that has ended, without waiting for the server."""
        if self._connection is not None:
            with suppress(OSError):  # the server is gone, and the process with it
                self._connection.send(orjson.dumps({"release": pid}))

    def close(self) -> None:
        """End the server, and with it whatever it forked that still runs."""
        if self._connection is not None and self._server is not None:
            self._connection.close()
            self._server.kill()
            self._server.wait()
        self._connection = self._server = None

    def _start_server(self, request: PhaseRequest) -> socket.socket:
        """With the environment of a phase, but for what differs between phases."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(_PATIENCE_S)
        environment = phase_environment(request)
        del environment[PHASE_VARIABLE], environment[PARENT_VARIABLE]
        with theirs:
            command = [sys.executable, "-P", "-m", "phase_worker.fork_server", str(theirs.fileno()), str(os.getpid())]
            try:
                self._server = subprocess.Popen(
                    command,
                    env=environment,
                    cwd=request.paths.traces_dir,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    start_new_session=True,
                    pass_fds=[theirs.fileno()],
                )
            except OSError as error:
                ours.close()
                raise TransientError(f"the fork server cannot be started: {error}", where=request.phase) from error
        self._connection = ours
        return ours
