"""The command line, one command a file; never imports torch or an SDK before a command runs."""

from .root import main

__all__ = ["main"]
