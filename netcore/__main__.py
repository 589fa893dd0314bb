"""`python -m netcore` is the command line."""

from netcore.cli import main

main()
