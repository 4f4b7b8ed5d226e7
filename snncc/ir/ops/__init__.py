"""All ops; importing this package fills the table `OPS`."""

from .dual import DualCubaLIF
from .layout import Concat, Reshape, Slice
from .linear import BlockDense, Conv, Dense, Sparse, Weighted
from .neuron import ALIF, IF, LI, LIF, AlphaLIF, CubaLIF
from .pointwise import Affine, Input, Product, Relu, Sum
from .pool import AvgPool, MaxPool, SumPool
from .spiking import Spiking

__all__ = [
    "ALIF",
    "IF",
    "LI",
    "LIF",
    "Affine",
    "AlphaLIF",
    "AvgPool",
    "BlockDense",
    "Concat",
    "Conv",
    "CubaLIF",
    "Dense",
    "DualCubaLIF",
    "Input",
    "MaxPool",
    "Product",
    "Relu",
    "Reshape",
    "Slice",
    "Sparse",
    "Spiking",
    "Sum",
    "SumPool",
    "Weighted",
]
