"""Schedulers: each a template NAME.sh of its submission scripts, and beside it NAME.py with its dialect."""
