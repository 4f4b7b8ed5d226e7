"""Encoders: what makes spikes, or scaled values, of raw samples, as part of the network.

* `chain.py`: the table `ENCODERS`, and several one after the other, as `--option encoder` names
  them, put before a network; add an encoder there
* `encoder.py`: what an encoder is: parameters, shapes, and the nodes that it becomes
* `wiring.py`: how an encoder is put together of ops
* `firing_rates.py`: `rate` at random, `regular` at regular intervals
* `firing_times.py`: `latency`, `delta`, `crossing`
* `values.py`: `population`, `window`, `standard`
* `generator.py`: the random numbers of `rate`
* `modules.py`: the same as PyTorch modules, for models; loads PyTorch, and nothing here loads it
* `encoded_model.py`: a model behind encoders, run as PyTorch runs both

How events become counts before they are samples: `bin` in `snncc/data_files/data_options.py`.
"""

from .chain import ENCODERS, Chain
from .encoded_model import encode_eagerly
from .encoder import Encoder
from .firing_rates import Rate, Regular
from .firing_times import Crossing, Delta, Latency
from .values import Population, Standard, Window

__all__ = [
    "ENCODERS",
    "Chain",
    "Crossing",
    "Delta",
    "Encoder",
    "Latency",
    "Population",
    "Rate",
    "Regular",
    "Standard",
    "Window",
    "encode_eagerly",
]
