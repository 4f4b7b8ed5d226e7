"""All ops: importing this package fills the table `OPS` (`snncc/ir/op/op.py`).

* `neuron.py`: IF, LIF, CuBa-LIF, ALIF, alpha LIF, leaky integrator: equations of a tick
* `dual.py`: the neuron with an excitatory and an inhibitory current
* `event.py`: neurons whose spikes carry a value (graded events)
* `spiking.py`: what all spiking neurons state: threshold, `>` or `>=`, reset and its order, waiting
  time
* `linear.py`: dense, block-diagonal, sparse weights and convolutions; `count_products`, bounds of
  sums
* `pool.py`: sum, average and largest over windows
* `window.py`: where windows lie: padding, strides, shared by convolutions and pools
* `pointwise.py`: input, affine, relu, sum, product
* `dynamic.py`: matrix products of two signals, norms that depend on the signal
* `layout.py`: reshape, transpose, concatenate, slice
* `requantized.py`: requantize, and functions from tables
* `reach.py`: how far a potential of a neuron can get: limits of leaky sums, and of resets

An op of a new file is imported here, and so is in every table; docs/add-an-op.md says the rest.

What an op puts out at most is its `bound`, or follows from `monotone` (`snncc/ir/op/op.py`).
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
