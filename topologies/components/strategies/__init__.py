"""Strategies: causal functions from bars to a target position per bar."""
