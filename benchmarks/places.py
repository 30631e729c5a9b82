"""Where the benchmarks keep what they make, and what they start."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ROOT / "benchmarks" / "scripts"
PEERS = ROOT / "benchmarks" / "peers"
PLUGIN = ROOT / "benchmarks" / "plugins" / "benchmark_components.py"

WORK = ROOT / ".bench"  # ignored by git; `make clean` removes it
DATA = WORK / "data"
JOBS = WORK / "jobs"
ENVIRONMENTS = WORK / "environments"
SCRATCH = WORK / "scratch"
MEMORY = Path("/dev/shm")  # where fsync costs nothing

PYTHON = sys.executable
DAYBREAK = str(Path(sys.executable).with_name("daybreak"))

# What a measured program finds: nothing that changes from one user's shell to another's, such as
# PYTHONDONTWRITEBYTECODE, which would make every start a compilation.
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": str(WORK / "home"),
    "LANG": "C.UTF-8",
}
