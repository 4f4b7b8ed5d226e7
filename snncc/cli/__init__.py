"""The command line, one command a file; never imports torch, numpy or a vendor's SDK before a command runs."""

from .root import main

__all__ = ["main"]
