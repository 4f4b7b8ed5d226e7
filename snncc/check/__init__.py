"""What keeps a model from each target: everything at once; builds nothing."""

from .check_model import check_model
from .findings import Checked, Finding, Target

__all__ = ["Checked", "Finding", "Target", "check_model"]
