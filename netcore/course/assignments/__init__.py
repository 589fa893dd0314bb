"""One folder each: assignment.toml, solution.py, checks.py, mutants.toml. See ../README.md."""
