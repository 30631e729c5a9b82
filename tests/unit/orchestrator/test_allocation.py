"""What a process may use is the least of what machine, control groups and scheduler allow."""

import os
from pathlib import Path

import pytest

from orchestrator.allocation import available_memory_bytes, available_slots

MACHINE = len(os.sched_getaffinity(0))
MIB = 2**20


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A machine with 1000 MiB available, and no control groups."""
    write(tmp_path / "proc/meminfo", f"MemTotal: 2048000 kB\nMemAvailable: {1000 * 1024} kB\n")
    return tmp_path


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@pytest.mark.parametrize(
    ("environment", "slots"),
    [
        ({}, MACHINE),
        ({"SLURM_CPUS_PER_TASK": "1", "SLURM_CPUS_ON_NODE": "64"}, 1),
        ({"SLURM_CPUS_ON_NODE": "1"}, 1),
        ({"NSLOTS": "1"}, 1),
        ({"NCPUS": "1"}, 1),
        ({"LSB_DJOB_NUMPROC": "1"}, 1),
        ({"SLURM_CPUS_PER_TASK": "512"}, MACHINE),
        ({"SLURM_CPUS_PER_TASK": "many"}, MACHINE),
    ],
)
def test_slots_are_those_of_the_schedulers_job(root: Path, environment: dict[str, str], slots: int) -> None:
    assert available_slots(environment, root) == slots


@pytest.mark.parametrize(
    ("environment", "mib"),
    [
        ({}, 1000),
        ({"SLURM_MEM_PER_NODE": "300"}, 300),
        ({"SLURM_MEM_PER_CPU": "100", "SLURM_CPUS_ON_NODE": "4"}, 400),
        ({"SLURM_MEM_PER_NODE": "99999"}, 1000),
    ],
)
def test_memory_is_that_of_the_schedulers_job(root: Path, environment: dict[str, str], mib: int) -> None:
    assert available_memory_bytes(environment, root) == mib * MIB


@pytest.mark.parametrize("quota", ["100000 100000", "50000 100000"])
def test_a_quota_of_a_group_around_ours_counts(root: Path, quota: str) -> None:
    write(root / "proc/self/cgroup", "0::/job_1/step_0\n")
    write(root / "sys/fs/cgroup/job_1/cpu.max", f"{quota}\n")
    write(root / "sys/fs/cgroup/job_1/step_0/cpu.max", "max 100000\n")
    assert available_slots({}, root) == 1


def test_what_a_group_has_left_of_its_memory_counts(root: Path) -> None:
    write(root / "proc/self/cgroup", "0::/job_1\n")
    write(root / "sys/fs/cgroup/memory.max", "max\n")
    write(root / "sys/fs/cgroup/memory.current", "5\n")
    write(root / "sys/fs/cgroup/job_1/memory.max", f"{200 * MIB}\n")
    write(root / "sys/fs/cgroup/job_1/memory.current", f"{50 * MIB}\n")
    assert available_memory_bytes({}, root) == 150 * MIB


def test_version_1_of_control_groups_counts_too(root: Path) -> None:
    write(root / "proc/self/cgroup", "5:cpu,cpuacct:/job\n4:memory:/job\n3:pids:/job\n")
    write(root / "sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "100000\n")
    write(root / "sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000\n")
    write(root / "sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n")
    write(root / "sys/fs/cgroup/memory/memory.usage_in_bytes", "5\n")
    write(root / "sys/fs/cgroup/memory/job/memory.limit_in_bytes", f"{200 * MIB}\n")
    write(root / "sys/fs/cgroup/memory/job/memory.usage_in_bytes", "0\n")
    assert available_slots({}, root) == 1
    assert available_memory_bytes({}, root) == 200 * MIB
