"""Traces: writing them sealed, and reading them back."""
