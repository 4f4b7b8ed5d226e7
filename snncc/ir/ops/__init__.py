"""All ops: importing this package fills the table `OPS` (`snncc/ir/op/op.py`).

An op of a new file is imported here, and so is in every table; docs/add-an-op.md says the rest.
"""

from . import reach
from .dual import DualCubaLIF
from .dynamic import MatMul, Norm
from .event import Graded
from .layout import Concat, Reshape, Slice, Transpose
from .linear import BlockDense, Conv, Dense, Sparse, Weighted
from .neuron import ALIF, IF, LI, LIF, AlphaLIF, CubaLIF, make_lif
from .pointwise import Affine, Input, Product, Relu, Sum
from .pool import AvgPool, MaxPool, SumPool
from .requantized import Function, Requantize
from .spiking import BOTTOMLESS, SPIKES_MAX, WAIT, Membrane, Spiking, SpikingFields

__all__ = [
    "ALIF",
    "BOTTOMLESS",
    "IF",
    "LI",
    "LIF",
    "SPIKES_MAX",
    "WAIT",
    "Affine",
    "AlphaLIF",
    "AvgPool",
    "BlockDense",
    "Concat",
    "Conv",
    "CubaLIF",
    "Dense",
    "DualCubaLIF",
    "Function",
    "Graded",
    "Input",
    "MatMul",
    "MaxPool",
    "Membrane",
    "Norm",
    "Product",
    "Relu",
    "Requantize",
    "Reshape",
    "Slice",
    "Sparse",
    "Spiking",
    "SpikingFields",
    "Sum",
    "SumPool",
    "Transpose",
    "Weighted",
    "make_lif",
    "reach",
]
