"""What integers lose of a float network: measured on samples, and blamed on layers and causes.

* `measure.py`: how much is lost: answers, and spikes layer by layer
* `causes.py`: what a loss can be blamed on
* `blame.py`: which layer and cause lose what
* `counterfactual.py`: integers run with only some of these causes
* `sensitivity.py`: what random changes of weights do to the answers: levels, seeds
* `advice.py`: what would help
"""

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
