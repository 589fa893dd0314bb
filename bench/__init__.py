"""Benchmarks against other engines: `python -m bench --help`; what the figures mean stands in README.md."""
