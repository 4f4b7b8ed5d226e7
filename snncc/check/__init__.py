"""What keeps a model from each target: everything at once; builds nothing.

* `check_model.py`: the order of things, for each target
* `findings.py`: which states a node can have (fine, approximated, refused)
* `rounding.py`: how far the integers of a node are from the model's numbers
* `cures.py`: which changes of the call are tried, and what they cost in answers

Sentences and ids of refusals are in `rules.py` of each backend.
"""

from .check_model import check_model
from .findings import Checked, Finding, Target

__all__ = ["Checked", "Finding", "Target", "check_model"]
