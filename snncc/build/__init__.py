"""From a model to a bundle: the order of things, and the passes with their observers."""

from .compile_model import compile_model
from .pipeline import run_pipeline

__all__ = ["compile_model", "run_pipeline"]
