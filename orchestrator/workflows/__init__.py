"""Workflows: each expands a job into phases."""
