"""Tuning: training that goes on in the integers of a target, with gradients by surrogate.

* `epochs.py`: what an epoch does, and when tuning ends.
* `gradients.py`: the gradient of what has none: of rounding, and of a spike (a surrogate).
* `losses.py`: what is descended: the distance from labels, or from a teacher.
* `methods.py`: how gradients pass through ticks: bptt, sltt, sltt-k.
* `progress.py`: what is kept after each epoch, so that tuning can go on.
* `pruning.py`: which weights become zero, and when.
* `tensor_rules.py`: what each function of numpy is on tensors; a new one gets its row here.
* `traced.py`: what an op computes with in place of an array of numpy.
* `traced_integers.py`: the integer arithmetic of one node, on tensors.
* `traced_singles.py`: the same for states in single precision.
* `tune_model.py`: the order of `snncc tune`: build, tune, build again.
* `tuned_network.py`: a network, tick by tick, as a function of its real weights.
* `user_weights.py`: back from the weights of integers to those of the user's own state dict.
"""

from .epochs import Epoch, Recipe, fit
from .gradients import SURROGATES, Surrogate
from .methods import METHODS, Method, TickLoss, add_gradients, choose_method
from .progress import Progress
from .tune_model import TuneRequest, tune_model
from .tuned_network import TunedNetwork
from .user_weights import Origin, find_origins, restore_state

__all__ = [
    "METHODS",
    "SURROGATES",
    "Epoch",
    "Method",
    "Origin",
    "Progress",
    "Recipe",
    "Surrogate",
    "TickLoss",
    "TuneRequest",
    "TunedNetwork",
    "add_gradients",
    "choose_method",
    "find_origins",
    "fit",
    "restore_state",
    "tune_model",
]
