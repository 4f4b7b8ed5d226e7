"""The public face of the compiler; never logic."""

__version__ = "0.1.0"
