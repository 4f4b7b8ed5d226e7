"""What integers lose of a float network: measured on samples, and blamed on layers and causes.

* `measure.py`: how much is lost: answers, and spikes layer by layer
* `likeness.py`: how far outputs are alike, by their values or by their means
* `causes.py`: what a loss can be blamed on
* `blame.py`: which layer and cause lose what
* `counterfactual.py`: integers run with only some of these causes
* `sensitivity.py`: what random changes of weights do to the answers: levels, seeds
* `lost_projection.py`: which projection changes the outputs most
* `advice.py`: what would help
"""

from .advice import advise
from .blame import Blame, Row, blame
from .causes import Cause
from .counterfactual import Counterfactual
from .likeness import Likeness, find_output_unit
from .lost_projection import ENOUGH, describe_lost, list_parts
from .measure import LayerLoss, Loss, Measured, measure
from .sensitivity import (
    SEEDS,
    Change,
    Sensitivity,
    change_weights,
    measure_floor,
    measure_sensitivity,
)

__all__ = [
    "ENOUGH",
    "SEEDS",
    "Blame",
    "Cause",
    "Change",
    "Counterfactual",
    "LayerLoss",
    "Likeness",
    "Loss",
    "Measured",
    "Row",
    "Sensitivity",
    "advise",
    "blame",
    "change_weights",
    "describe_lost",
    "find_output_unit",
    "list_parts",
    "measure",
    "measure_floor",
    "measure_sensitivity",
]
