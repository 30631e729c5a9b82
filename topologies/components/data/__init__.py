"""Bar sources: files of market data, checked and turned into columns."""
