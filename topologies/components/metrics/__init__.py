"""Metrics: figures of merit of an equity curve and its trades."""
