"""Tuning: training that goes on in the integers of a target, with gradients by surrogate.

* `gradients.py`: the gradient of what has none: of rounding, and of a spike (a surrogate).
* `methods.py`: how gradients pass through ticks: bptt, sltt, sltt-k.
* `tensor_rules.py`: what each function of numpy is on tensors; a new one gets its row here.
* `traced.py`: what an op computes with in place of an array of numpy.
* `traced_integers.py`: the integer arithmetic of one node, on tensors.
* `tuned_network.py`: a network, tick by tick, as a function of its real weights.
"""

from .gradients import SURROGATES, Surrogate
from .methods import METHODS, Method, TickLoss, add_gradients, choose_method
from .tuned_network import TunedNetwork

__all__ = [
    "METHODS",
    "SURROGATES",
    "Method",
    "Surrogate",
    "TickLoss",
    "TunedNetwork",
    "add_gradients",
    "choose_method",
]
