"""What each figure of STATISTICS is called on a page, and what it means in a sentence."""

from typing import Final

MEANINGS: Final[dict[str, tuple[str, str]]] = {
    "result": ("Result", "The phase whose equity curve this is about."),
    "bars": ("Returns", "How many returns the curve has."),
    "trials": (
        "Trials",
        "Every trial of every sweep of this run, counted from the traces; one where there is no sweep.",
    ),
    "distinct_trials": ("Distinct trials", "The sets of parameters among them."),
    "sharpe_ratio": ("Sharpe ratio", "Mean by standard deviation of the returns, by the year."),
    "sharpe_standard_error": (
        "Standard error",
        "How far the Sharpe ratio is likely off if returns were independent and normal (Lo 2002), by the year.",
    ),
    "sharpe_low": ("Sharpe ratio, 2.5 %", "The lower end of its 95 % interval, by a block bootstrap of the returns."),
    "sharpe_high": ("Sharpe ratio, 97.5 %", "The upper end of that interval."),
    "cagr_low": ("CAGR, 2.5 %", "The lower end of the 95 % interval of the growth by the year, by the same bootstrap."),
    "cagr_high": ("CAGR, 97.5 %", "The upper end of that interval."),
    "bootstrap_block": ("Bootstrap block", "Bars that a resample keeps together."),
    "bootstrap_resamples": ("Resamples", "How many resamples the intervals are made of."),
    "bootstrap_seed": ("Bootstrap seed", "What the resamples are drawn from: the same returns draw the same."),
    "skewness": ("Skewness", "Of the returns; below zero the large ones are losses."),
    "kurtosis": ("Kurtosis", "Of the returns; 3 for a normal distribution, more where extremes are frequent."),
    "lo_sharpe_ratio": (
        "Sharpe ratio (Lo)",
        "The Sharpe ratio by the year when what returns remember of each other counts (Lo 2002).",
    ),
    "psr": ("PSR", "The probability that the true Sharpe ratio is above zero, for returns of this shape and number."),
    "min_trl": ("MinTRL", "Returns that it takes to be 95 % sure that the true Sharpe ratio is above zero."),
    "expected_best_sharpe": (
        "Luck's best",
        "The Sharpe ratio by the year that the best of that many trials is expected to have without any skill.",
    ),
    "dsr": (
        "DSR",
        "The probability that the true Sharpe ratio is above luck's best: PSR, the trials held against it.",
    ),
    "min_backtest_years": (
        "MinBTL",
        "Years of data below which the best of that many trials without skill is expected to have a Sharpe ratio of 1.",
    ),
    "pbo": (
        "PBO",
        "The share of ways to halve the bars in which the best trial of one half is not above the median in the other.",
    ),
    "pbo_splits": ("PBO splits", "The number of these ways."),
    "probability_of_loss": ("Probability of loss", "The share of them in which that trial lost in the other half."),
    "performance_degradation": (
        "Degradation",
        "The slope of its Sharpe ratio in the other half on that in the first; below zero, better is worse later.",
    ),
    "reality_check": (
        "Reality Check",
        "White's p-value (2000) that the best trial is no better than holding cash, with all trials considered.",
    ),
    "spa": ("SPA", "The consistent p-value of Hansen (2005) for the same question."),
}
