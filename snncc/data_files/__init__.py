"""Data as people have them → signals and classes: files, folders, and Datasets of their own."""

from .data_options import DATA_OPTIONS, DataOptions, read_positive
from .read_data import read_data
from .recorded import Recorded

__all__ = ["DATA_OPTIONS", "DataOptions", "Recorded", "read_data", "read_positive"]
