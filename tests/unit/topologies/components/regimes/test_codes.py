"""What a classifier returns becomes the number of a regime for each bar, or a message that names the bar."""

from typing import Any

import numpy as np
import pytest

from phase_worker.contract.errors import ComponentError
from tests.fakes.market import make_bars
from topologies.components.regimes.codes import regime_codes

BARS = make_bars([1.0, 2.0, 3.0, 4.0])


def codes(returned: Any) -> list[int]:
    def fixed(bars: Any) -> Any:
        return returned

    return regime_codes(fixed, {}, ("calm", "turbulent"), BARS).tolist()


def test_nan_keeps_the_regime_before_and_before_the_first_there_is_none() -> None:
    nan = float("nan")
    assert codes(np.array([nan, 1.0, nan, 0.0])) == [-1, 1, 1, 0]
    assert codes(np.array([nan, nan, nan, nan])) == [-1, -1, -1, -1]
    assert codes(np.array([True, False, False, True])) == [1, 0, 0, 1]


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (
            np.array([0.0, 2.0, 0.0, 0.0]),
            r"gave 2 for bar 1 \(2020-01-02T00:00:00Z\)\. Expected .* from 0 to 1: .* calm",
        ),
        (np.array([0.0, 0.5, 0.0, 0.0]), r"gave 0\.5 for bar 1"),
        (np.array([0.0, -1.0, 0.0, 0.0]), r"gave -1 for bar 1"),
        (np.array([0.0, float("inf"), 0.0, 0.0]), r"gave inf for bar 1"),
        (np.array([0.0, 1.0]), "an array of 4 numbers"),
        ([0.0, 1.0, 0.0, 1.0], "an array of 4 numbers"),
        (np.array(["calm"] * 4), "an array of 4 numbers"),
    ],
)
def test_anything_else_is_refused(returned: Any, said: str) -> None:
    with pytest.raises(ComponentError, match=said):
        codes(returned)
