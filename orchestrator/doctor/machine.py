"""The machine: processors, memory, limits, clock, umask."""

import os
import resource
import time
from collections.abc import Iterator
from pathlib import Path

from orchestrator.allocation import available_memory_bytes, available_slots
from orchestrator.doctor.finding import Finding, amount, bad, warn

_PHASE_BYTES = 2**30  # the default of resources.memory
_FILES_NEEDED = 256
_PROCESSES_NEEDED = 64
# Limit -> what a low one does to phases; both are inherited by them.
_SIZE_LIMITS = {
    "RLIMIT_DATA": "phases get no more than that, whatever resources.memory says: raise `ulimit -d`",
    "RLIMIT_AS": "bars and numpy's libraries need address space: say `ulimit -v unlimited`",
    "RLIMIT_FSIZE": "no trace can become larger: raise `ulimit -f`",
}


def machine() -> Iterator[Finding]:
    yield _processors()
    yield from _memory()
    yield from limits()
    yield _clock()
    yield umask(_umask())


def _processors() -> Finding:
    there, usable = os.cpu_count() or 1, available_slots()
    less = "" if usable >= there else f", {usable} of them for this process (affinity, control group or scheduler)"
    return Finding("processors", f"{there}{less}: --slots {usable}")


def _memory(root: Path = Path("/")) -> Iterator[Finding]:
    lines = (root / "proc/meminfo").read_text().splitlines()
    figures = {name: int(rest.split()[0]) * 1024 for name, rest in (line.split(":") for line in lines)}
    available = available_memory_bytes(root=root)
    found = f"{amount(available)} available of {amount(figures['MemTotal'])}"
    if available < _PHASE_BYTES:
        yield warn("memory", found, "a phase may take 1 GiB: give jobs a smaller resources.memory, or free some")
    else:
        yield Finding("memory", found)
    used = figures["SwapTotal"] - figures["SwapFree"]
    found = f"{amount(used)} used of {amount(figures['SwapTotal'])}" if figures["SwapTotal"] else "none"
    if used > available:
        yield warn("swap", found, "what runs here is paged out already: use fewer --slots")
    else:
        yield Finding("swap", found)
    if _setting(root, "overcommit_memory") == "2":
        yield warn("overcommit", "is off", "forks count in full: phases may fail to start (vm.overcommit_memory)")
    if _setting(root, "panic_on_oom") in {"1", "2"}:
        yield bad("out of memory", "stops the machine", "set vm.panic_on_oom to 0, so that it ends a phase instead")


def _setting(root: Path, name: str) -> str:
    file = root / "proc/sys/vm" / name
    return file.read_text().strip() if file.exists() else ""


def limits() -> Iterator[Finding]:
    """The limits that a shell sets (ulimit), as far as they are low."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    processes, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    found = f"{_count(files)} open files, {_count(processes)} processes"
    if 0 <= files < _FILES_NEEDED:
        yield bad("limits", found, f"many slots need {_FILES_NEEDED} open files or more: raise `ulimit -n`")
    elif 0 <= processes < _PROCESSES_NEEDED:
        yield warn("limits", found, f"phases may fail to start: raise `ulimit -u` to {_PROCESSES_NEEDED} or more")
    else:
        yield Finding("limits", found)
    for name, consequence in _SIZE_LIMITS.items():
        soft, _ = resource.getrlimit(getattr(resource, name))
        if soft != resource.RLIM_INFINITY:
            yield warn(name, amount(soft), consequence)


def _count(limit: int) -> str:
    return "any number of" if limit == resource.RLIM_INFINITY else str(limit)


def _clock() -> Finding:
    found = time.strftime("%Y-%m-%d %H:%M:%S %z")
    if time.time() < Path(__file__).stat().st_mtime:
        return warn("clock", found, "it is earlier than the time at which Daybreak was installed: set it")
    return Finding("clock", found)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def umask(mask: int) -> Finding:
    """Whether others may write what is made here."""
    if mask & 0o022 != 0o022:
        return warn("umask", f"{mask:03o}", "others may change your traces and job files: say `umask 022`")
    return Finding("umask", f"{mask:03o}")
