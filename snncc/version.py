"""The version of snncc, which the package's metadata read from here; nothing else."""

__version__ = "0.1.0"
