"""From a model to a bundle: the order of things, and the passes with their observers."""

from .compile_model import compile_model
from .lowering import LoweredNetwork, lower_network
from .pipeline import run_pipeline

__all__ = ["LoweredNetwork", "compile_model", "lower_network", "run_pipeline"]
