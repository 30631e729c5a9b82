"""Risk: what becomes of a signal before it is an order."""
