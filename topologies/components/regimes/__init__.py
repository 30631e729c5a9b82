"""Classifiers: causal functions from bars to the market regime of each bar."""
