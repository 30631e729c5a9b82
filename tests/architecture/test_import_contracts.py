"""The import contracts of pyproject.toml hold, and each notices what it is there to forbid."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("orchestrator", "phase_worker", "topologies", "extractors")

# Contract -> files and the import that is planted at the end of each; a file that does not exist is made.
INTRUDERS = {
    "one-way": {
        "phase_worker/parameters.py": "topologies.bars",
        "phase_worker/intruder.py": "orchestrator",
        "phase_worker/events/event.py": "extractors",
        "orchestrator/intruder.py": "topologies.bars",
        "orchestrator/intruder_too.py": "extractors",
        "topologies/intruder.py": "orchestrator",
        "extractors/intruder.py": "topologies.bars",
    },
    "orchestrator-contract": {
        "orchestrator/intruder.py": "phase_worker",  # its lazy names lead to the bus
        "orchestrator/workflows/intruder.py": "phase_worker.parameters",
    },
    "orchestrator-events": {
        "orchestrator/intruder.py": "numpy",
        "orchestrator/workflows/intruder.py": "phase_worker.tracing.tracer",
        "phase_worker/contract/seal.py": "phase_worker.events.bus",  # reached through the contract
    },
    "components-apart": {
        "topologies/components/strategies/intruder.py": "topologies.components.features",
        "topologies/components/execution/intruder.py": "topologies.components.risk",
    },
    "extractors-read": {
        "extractors/intruder.py": "phase_worker.events.bus",
        "extractors/intruder_too.py": "phase_worker.contract",
    },
}


def lint_imports(folder: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    code = f"import importlinter.cli; raise SystemExit(importlinter.cli.lint_imports(None, {contracts}, no_cache=True))"
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)


def test_every_import_contract_holds() -> None:
    linted = lint_imports(ROOT)
    assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.mark.parametrize("contract", INTRUDERS)
def test_a_contract_notices_every_import_that_it_forbids(contract: str, tmp_path: Path) -> None:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for file, imported in INTRUDERS[contract].items():
        with (tmp_path / file).open("a") as source:
            source.write(f"\nimport {imported}\n")

    linted = lint_imports(tmp_path, contract)

    assert linted.returncode == 1, linted.stdout + linted.stderr
    said = " ".join(linted.stdout.split())
    for file, imported in INTRUDERS[contract].items():
        assert f"{file.removesuffix('.py').replace('/', '.')} -> {imported} " in said
