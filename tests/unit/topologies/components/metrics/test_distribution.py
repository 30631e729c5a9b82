"""How a figure is spread over many results."""

import pytest

from topologies.components.metrics.distribution import distribution


def test_quantiles_lie_on_a_straight_line_between_two_values() -> None:
    spread = distribution([3.0, 1.0, 2.0, 5.0])
    assert (spread["minimum"], spread["p25"], spread["median"], spread["maximum"]) == (1.0, 1.75, 2.5, 5.0)
    assert spread["mean"] == 2.75
    assert spread["standard_deviation"] == pytest.approx(1.7078251)


def test_what_is_undefined_is_counted_and_left_out() -> None:
    spread = distribution([None, 2.0])
    assert (spread["count"], spread["undefined"], spread["mean"], spread["standard_deviation"]) == (2, 1, 2.0, None)


def test_nothing_has_no_spread() -> None:
    assert distribution([None])["median"] is None
