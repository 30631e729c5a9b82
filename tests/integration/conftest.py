"""What tests against the results of other backtesters share."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def peers(shared: Path) -> Path:
    """The results of other backtesters, and the 10,000 bars that they are of; tests of them skip where they are not."""
    folder = shared / "peers" / "backtest" / "reference"
    if not folder.is_dir():
        pytest.skip(f"the results of other backtesters are not here: {folder}")
    return folder
