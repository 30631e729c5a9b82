"""Executors: each starts phase processes in one kind of place and says how they ended."""
