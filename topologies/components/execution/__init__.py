"""Execution: the simulated broker, which turns orders into fills."""
