"""What an op is, and everything in which one says what it does: start here to write an op.

* `op.py`: `Op`: which facts each op states (unit, bound, monotone, products), and their check
* `fields.py`: the types of an op's fields: weights, decay, threshold, counts; add a type here
* `dimensions.py`: the words in which an op speaks: roles with a format, states, kinds of output
* `registry.py`: ops by keyword, those of installed packages included

The ops themselves are in `snncc/ir/ops`.
"""

from .dimensions import POTENTIAL, Dimension, Field, Measure, Output, Role, State
from .fields import (
    Bias,
    Count,
    Current,
    Decay,
    Extent,
    Extents,
    Floor,
    Indices,
    Multiplier,
    Number,
    Offset,
    Padding,
    Pads,
    Ticks,
    Voltage,
    Weights,
    choice,
)
from .op import OPS, Leak, Op, collect_fields, common_unit, expect_params, same_unit

__all__ = [
    "OPS",
    "POTENTIAL",
    "Bias",
    "Count",
    "Current",
    "Decay",
    "Dimension",
    "Extent",
    "Extents",
    "Field",
    "Floor",
    "Indices",
    "Leak",
    "Measure",
    "Multiplier",
    "Number",
    "Offset",
    "Op",
    "Output",
    "Padding",
    "Pads",
    "Role",
    "State",
    "Ticks",
    "Voltage",
    "Weights",
    "choice",
    "collect_fields",
    "common_unit",
    "expect_params",
    "same_unit",
]
