"""The returns after a rule's buys and sells, worked out by hand and day by day."""

import math

import numpy as np
import pytest

from topologies.components.metrics.rule_returns import rule_returns


def test_a_day_is_judged_by_the_return_of_the_day_after_it() -> None:
    closes = np.exp(np.array([0.0, 0.03, 0.02, 0.06, 0.05]))  # log returns 0.03, -0.01, 0.04, -0.01
    figures = rule_returns(closes, np.array([1.0, -1.0, 1.0, 0.0, -1.0]))  # what the last day says is never judged
    assert (figures["returns"], figures["buy_days"], figures["sell_days"]) == (4, 2, 1)
    assert figures["mean"] == pytest.approx(0.0125)
    assert figures["buy_mean"] == pytest.approx(0.035)
    assert figures["sell_mean"] == pytest.approx(-0.01)
    assert figures["buy_minus_sell"] == pytest.approx(0.045)
    assert (figures["buy_gains"], figures["sell_gains"]) == (1.0, 0.0)


def test_the_t_statistics_are_those_of_the_paper_day_by_day() -> None:
    rng = np.random.default_rng(5)
    steps, says = rng.normal(0.0002, 0.01, 500), rng.integers(-1, 2, 501).astype(float)
    figures = rule_returns(np.exp(np.concatenate(([4.0], 4.0 + np.cumsum(steps)))), says)
    bought = [step for step, said in zip(steps, says, strict=False) if said > 0]
    sold = [step for step, said in zip(steps, says, strict=False) if said < 0]
    mean = math.fsum(steps) / 500
    variance = math.fsum((step - mean) ** 2 for step in steps) / 499
    buy_mean, sell_mean = math.fsum(bought) / len(bought), math.fsum(sold) / len(sold)
    assert figures["std"] == pytest.approx(math.sqrt(variance))
    assert figures["buy_t"] == pytest.approx((buy_mean - mean) / math.sqrt(variance / 500 + variance / len(bought)))
    assert figures["sell_t"] == pytest.approx((sell_mean - mean) / math.sqrt(variance / 500 + variance / len(sold)))
    assert figures["buy_minus_sell_t"] == pytest.approx(
        (buy_mean - sell_mean) / math.sqrt(variance / len(bought) + variance / len(sold))
    )
    assert figures["buy_gains"] == sum(step > 0 for step in bought) / len(bought)


def test_a_side_without_days_has_no_figures() -> None:
    figures = rule_returns(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, -1.0]))
    assert figures["sell_days"] == 0
    for name in ("sell_mean", "sell_gains", "sell_t", "buy_minus_sell", "buy_minus_sell_t"):
        assert figures[name] is None, name
    assert figures["buy_t"] == pytest.approx(0.0)


def test_a_price_that_rests_has_no_t_statistics() -> None:
    figures = rule_returns(np.full(5, 2.0), np.array([1.0, -1.0, 1.0, -1.0, 0.0]))
    assert figures["buy_minus_sell"] == 0.0
    assert figures["buy_minus_sell_t"] is None
