"""From a model to a bundle: the order of things, and the passes with their observers."""

from .compile_model import compile_model
from .lowering import LoweredNetwork, lower_network
from .prepare import find_ranges, settings_of, split_options
from .refusals import Attempt, Probed, probe
from .run_passes import run_pipeline

__all__ = [
    "Attempt",
    "LoweredNetwork",
    "Probed",
    "compile_model",
    "find_ranges",
    "lower_network",
    "probe",
    "run_pipeline",
    "settings_of",
    "split_options",
]
