"""What this process may use of the machine: the least of what machine, control group and scheduler say."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

# Slurm's own first: it is what one task was given where a job has several.
_SLOT_VARIABLES = ("SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE", "NSLOTS", "NCPUS", "LSB_DJOB_NUMPROC")
_UNLIMITED_BYTES = 1 << 60  # version 1 of control groups has no word for it


def available_slots(environment: Mapping[str, str] = os.environ, root: Path = Path("/")) -> int:
    """Processors: of the process's affinity, its control groups' quota, a surrounding scheduler job; at least 1."""
    limits = [float(len(os.sched_getaffinity(0))), *_quotas(root), *_given_slots(environment)]
    return max(1, int(min(limits)))


def available_memory_bytes(environment: Mapping[str, str] = os.environ, root: Path = Path("/")) -> int:
    """What can be used without swapping, within control groups and a surrounding scheduler job."""
    figures = dict(line.split(":") for line in (root / "proc/meminfo").read_text().splitlines())
    machine = int(figures["MemAvailable"].split()[0]) * 1024
    return min([machine, *_left_in_groups(root), *_given_memory(environment)])


def _given_slots(environment: Mapping[str, str]) -> list[float]:
    given = [environment[name] for name in _SLOT_VARIABLES if environment.get(name, "").isdecimal()]
    return [float(given[0])] if given else []


def _given_memory(environment: Mapping[str, str]) -> list[int]:
    """Slurm's are in MiB; no other scheduler tells."""
    if (node := environment.get("SLURM_MEM_PER_NODE", "")).isdecimal():
        return [int(node) << 20]
    if (processor := environment.get("SLURM_MEM_PER_CPU", "")).isdecimal():
        return [int(processor) * int(environment.get("SLURM_CPUS_ON_NODE", "1")) << 20]
    return []


def _quotas(root: Path) -> Iterator[float]:
    for group in _groups(root, "cpu"):
        quota = _read(group / "cpu.max") or [*_read(group / "cpu.cfs_quota_us"), *_read(group / "cpu.cfs_period_us")]
        if len(quota) == 2 and quota[0] not in {"max", "-1"}:
            yield float(quota[0]) / float(quota[1])


def _left_in_groups(root: Path) -> Iterator[int]:
    for group in _groups(root, "memory"):
        for limit, used in (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")):
            bounds, usage = _read(group / limit), _read(group / used)
            if bounds and usage and bounds[0] != "max" and int(bounds[0]) < _UNLIMITED_BYTES:
                yield max(0, int(bounds[0]) - int(usage[0]))


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """This process's control group and those around it: of version 2, or of the controller where that is version 1."""
    for line in _lines(root / "proc/self/cgroup"):
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        top = root / "sys/fs/cgroup" / (controllers and controller)
        group = top / path.strip("/")
        yield from (folder for folder in (group, *group.parents) if folder == top or top in folder.parents)


def _read(file: Path) -> list[str]:
    return " ".join(_lines(file)).split()


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text().splitlines()
    except OSError:
        return []
