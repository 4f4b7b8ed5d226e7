"""`python -m snncc`, the same as the command `snncc`; nothing else."""

from snncc.cli import main

main()
