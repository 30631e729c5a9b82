"""An environment for each peer, made once, with the versions that are pinned here."""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.places import ENVIRONMENTS, PYTHON

# What decides a peer's speed is pinned beside it.
REQUIREMENTS: dict[str, list[str]] = {
    "vectorbt": ["vectorbt[rust]==1.2.0", "vectorbt-rust==1.2.0", "numpy==2.4.6", "pandas==3.1.1", "numba==0.68.1"],
    "backtesting": ["backtesting==0.6.6", "numpy==2.4.6", "pandas==3.1.1"],
    "backtrader": ["backtrader==1.9.78.123", "pandas==3.1.1"],
    "nautilus": ["nautilus_trader==1.221.0", "numpy==2.4.6", "pandas==2.3.3"],
    "pybroker": ["lib-pybroker==2.0.2", "numpy==2.4.6", "pandas==3.1.1", "numba==0.68.1"],
    "snakemake": ["snakemake==9.27.1"],
    "luigi": ["luigi==3.8.1"],
    "queries": ["duckdb==2.0.0", "polars==2.1.0", "pyarrow==26.0.1", "numpy==2.4.6"],
    "hyperqueue": ["hyperqueue==0.27.0"],
}


def environment(name: str) -> Path:
    """The folder with the programs of a peer's environment; raises CalledProcessError where it cannot be installed."""
    folder = ENVIRONMENTS / name
    stamp = folder / "installed.json"
    if not stamp.exists() or json.loads(stamp.read_bytes()) != REQUIREMENTS[name]:
        print(f"  installing {' '.join(REQUIREMENTS[name])} ...", file=sys.stderr)
        subprocess.run([PYTHON, "-m", "venv", "--clear", folder], check=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        subprocess.run([*pip, *REQUIREMENTS[name]], check=True)
        stamp.write_text(json.dumps(REQUIREMENTS[name]))
    return folder / "bin"
