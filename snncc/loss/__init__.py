"""What integers lose of a float network: measured on samples, and blamed on layers and causes."""

from .advice import advise
from .blame import Blame, Row, blame
from .causes import Cause
from .counterfactual import Counterfactual
from .measure import LayerLoss, Loss, Measured, measure
from .sensitivity import SEEDS, Change, Sensitivity, measure_floor, measure_sensitivity

__all__ = [
    "SEEDS",
    "Blame",
    "Cause",
    "Change",
    "Counterfactual",
    "LayerLoss",
    "Loss",
    "Measured",
    "Row",
    "Sensitivity",
    "advise",
    "blame",
    "measure",
    "measure_floor",
    "measure_sensitivity",
]
