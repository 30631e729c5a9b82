"""The fork server: a preloaded, single-threaded process that forks once per phase.

It takes four messages on one socket. `run MARK` comes first: what the server forks belongs to that run. `start REQUEST
LOG-FD TOKEN` forks a child, which makes its own session, sends back its pid with a pidfd, and runs the phase; `reap
PID` waits for that child and sends back how it ended; `release PID` waits for it and sends nothing. The server never
runs a phase's code itself, so every phase starts from the same state. It dies with the process that started it, and
its children die with it.
"""

import ctypes
import gc
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import orjson

from phase_worker.__main__ import main as run_phase_process
from phase_worker.__main__ import run_to_outcome
from phase_worker.containment import depend_on, forbid_core_files, limit_memory, raise_oom_score
from phase_worker.contract.errors import DaybreakError
from phase_worker.contract.prctl import PR_SET_PDEATHSIG, prctl
from phase_worker.contract.process_marks import PHASE_VARIABLE, RUN_VARIABLE
from phase_worker.contract.request import PhaseRequest
from phase_worker.discovery import COMPONENT_HOMES, get_component_registry
from phase_worker.runner import Preparation, prepare

MESSAGE_BYTES = 64 * 1024


def serve(connection: socket.socket) -> None:
    """Answer until the other end closes the connection."""
    server_pid = os.getpid()
    while True:
        message, descriptors, _, _ = socket.recv_fds(connection, MESSAGE_BYTES, 1)
        if not message:
            return
        asked = orjson.loads(message)
        if "run" in asked:
            _mark_run(asked["run"])
        elif "release" in asked:
            os.waitpid(asked["release"], 0)
        elif "reap" in asked:
            _, status, usage = os.wait4(asked["reap"], 0)
            ending = {"exit_code": os.waitstatus_to_exitcode(status), "cpu_s": usage.ru_utime + usage.ru_stime}
            connection.send(orjson.dumps(ending))
        else:
            file, (log_fd,) = asked["start"], descriptors
            prepared = _prepare(file)
            if os.fork() == 0:
                _become_attempt(connection, log_fd, asked["token"], os.path.dirname(file))  # noqa: PTH120
                _run_phase(file, prepared, server_pid)
            os.close(log_fd)


def _mark_run(mark: str) -> None:
    """Carry the mark of the run, which was not known when this process was started.

    It goes where /proc/PID/environ looks, for every child too: into the memory that the environment was given in.
    """
    getenv = ctypes.CDLL(None).getenv
    getenv.restype = ctypes.c_void_p
    text = os.fsencode(mark) + b"\0"
    ctypes.memmove(getenv(RUN_VARIABLE.encode()), text, len(text))
    os.environ[RUN_VARIABLE] = mark


def _prepare(request_file: str) -> tuple[PhaseRequest, Preparation] | None:
    """What the phase would do first, and runs no code of a user's; None where it is to meet an error itself.

    A freshly forked process pays for each page that it touches: here all this takes a tenth of the time.
    """
    try:
        request = PhaseRequest.from_json(Path(request_file).read_bytes(), request_file)
        return request, prepare(request)
    except (DaybreakError, OSError):
        return None


def _become_attempt(connection: socket.socket, log_fd: int, token: str, run_dir: str) -> None:
    """In the child: a session, the log and the mark of its own, as a cold phase has them from the start."""
    os.setsid()
    pidfd = os.pidfd_open(os.getpid())
    socket.send_fds(connection, [b"%d" % os.getpid()], [pidfd])
    connection.close()
    os.close(pidfd)
    os.dup2(log_fd, 1)
    os.dup2(log_fd, 2)
    os.close(log_fd)
    os.chdir(run_dir)
    os.environ[PHASE_VARIABLE] = token


def _run_phase(request_file: str, prepared: tuple[PhaseRequest, Preparation] | None, server_pid: int) -> NoReturn:
    depend_on(server_pid)
    if prepared:
        request, preparation = prepared
        limit_memory(request.limits)
        code = run_to_outcome(request, preparation)
    else:
        code = run_phase_process([request_file])
    with suppress(OSError):  # the log is on a full disk
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _preload() -> None:
    """Import all that a phase of Daybreak's own components needs: found by name, as the phase itself would."""
    registry = get_component_registry(())
    for component_type in COMPONENT_HOMES:
        if component_type != "workflow":
            for info in registry.get_components_by_type(component_type):
                _ = info.factory
    gc.collect()
    gc.freeze()  # a child's first collection would copy every page that it touches


def main(arguments: list[str]) -> None:
    """Serve on the inherited socket whose descriptor is the first argument; the second is the starter's pid."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == int(arguments[1]):  # or it has ended already
        forbid_core_files()  # every phase inherits that, and the next
        raise_oom_score()
        _preload()
        with suppress(ConnectionError):  # the starter has gone away in the middle: there is nobody to answer
            serve(socket.socket(fileno=int(arguments[0])))
    os._exit(0)  # an interpreter that puts its house in order takes longer than a phase


if __name__ == "__main__":
    main(sys.argv[1:])
