"""Features: causal array functions of the bars, computed once and shared."""
