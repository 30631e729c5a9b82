"""What tests of every folder share: the shipped bars, the reference material, and how hypothesis runs."""

from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]

# The same examples each time, so that what is red is red again; --hypothesis-profile=default looks for others. No
# deadline: the time that an example takes says more about the machine's other work than about ours.
settings.register_profile("steady", parent=settings(), deadline=None, derandomize=True)
settings.load_profile("steady")


@pytest.fixture(scope="session")
def spy_csv() -> Path:
    """The daily bars that ship with the examples."""
    return ROOT / "jobs" / "examples" / "data" / "SPY.csv"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Reference material beside the checkout whose licence does not let it ship; tests of it skip where it is not."""
    folder = ROOT.parent / "shared"
    if not (folder / "reference").is_dir():
        pytest.skip(f"the reference material is not here: {folder}")
    return folder
