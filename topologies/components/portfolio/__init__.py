"""Portfolio: positions, closed trades and the equity curve."""
