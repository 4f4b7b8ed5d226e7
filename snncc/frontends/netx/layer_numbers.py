"""What a netx layer says in numbers: weights, biases, delays, neurons, checked; makes no node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np

from snncc.ir import Overflow, Quantity, Rounding, Shape, Values

from .net_file import Layer

STATE_BITS = 24  # of Loihi's currents and potentials
ALIGN_BITS = 6  # a weight, a bias or a threshold of one is 64 in a potential
MOST_WEIGHT_BITS = 9  # netx cuts what is beyond -256 and 254
LEAST, LARGEST = -256, 254
LIMIT = 1 << 31
DELAY_MOST = 62  # hdf5.py of lava-dl cuts what is beyond
NEURONS = ("LOIHI", "CUBA")


@dataclass(frozen=True)
class NetxNeuron:
    """What the neurons of a layer are, in netx's own numbers."""

    threshold: int
    current_decay: int
    decay: int


def choose_format(*weights: Values) -> Quantity:
    """The format of weights that meet: eight bits, nine where an odd one is beyond them.

    Even ones count in twos, as synapses of mixed signs on Loihi do (its sign mode takes a bit).
    """
    even = not any(np.any(each % 2) for each in weights)
    unit = 2 if even else 1
    small = all(np.all((each >= -128 * unit) & (each <= 127 * unit)) for each in weights)
    bits = 8 if small else MOST_WEIGHT_BITS
    return Quantity(bits, True, 1 - unit, Rounding.HALF_EVEN, Overflow.TRAP)


def read_neuron(layer: Layer) -> NetxNeuron:
    """The neurons of a layer.

    Raises:
        ImportRefused: it has none, others than CUBA, or numbers that Loihi cannot have.
    """
    if layer.neuron is None:
        raise layer.refuse("it has no neurons; give the block some")
    if layer.model not in NEURONS:
        sigma = "sigma-delta neurons, which send changes of values,"
        what = sigma if layer.model == "SDNN" else f"neurons of type '{layer.model}'"
        raise layer.refuse(f"{what} are not read; give the block CUBA neurons")
    if _one(layer, layer.neuron, "messageBits", 0):
        raise layer.refuse("graded spikes of netx are not read; leave graded_spike out")
    found = NetxNeuron(
        _one(layer, layer.neuron, "vThMant", None),
        _one(layer, layer.neuron, "iDecay", None),
        _one(layer, layer.neuron, "vDecay", None),
    )
    limit = 1 << (STATE_BITS - 1 - ALIGN_BITS)
    if not (0 <= found.threshold < limit):
        raise layer.refuse(f"vThMant is {found.threshold}, expected 0 to {limit - 1}")
    for key, decay in (("iDecay", found.current_decay), ("vDecay", found.decay)):
        if not 0 <= decay <= 4096:
            raise layer.refuse(f"{key} is {decay}, expected 0 to 4096")
    return found


def _one(layer: Layer, group: Mapping[str, Values], key: str, default: int | None) -> int:
    """One integer of a group, which may stand there several times."""
    values = group.get(key)
    if values is None or not values.size:
        if default is None:
            raise layer.refuse(f"its neurons have no {key}")
        return default
    flat = np.unique(values)
    if flat.size != 1 or flat[0] != np.rint(flat[0]):
        raise layer.refuse(f"{key} is {list(np.ravel(values)[:4])}, expected one integer")
    return int(flat[0])


def read_number(layer: Layer, key: str, default: int) -> int:
    """One integer of a layer, which may stand there several times."""
    return _one(layer, layer.arrays, key, default)


def read_pair(layer: Layer, key: str) -> tuple[int, int]:
    """Two integers of a layer, for the two axes of an image; one stands for both."""
    values = [int(n) for n in np.ravel(read_integers(layer, key))]
    if len(values) not in (1, 2) or not all(0 <= n < 1 << 16 for n in values):
        raise layer.refuse(f"{key} is {values[:4]}, expected one or two integers")
    return values[0], values[-1]


def read_integers(layer: Layer, key: str) -> Values:
    """An array as integers: netx cuts off what is behind the point."""
    if key not in layer.arrays or not layer.arrays[key].size:
        raise layer.refuse(f"it has no {key} of numbers")
    values = np.trunc(layer.arrays[key])
    if np.any(np.abs(values) >= LIMIT):
        raise layer.refuse(f"{key} has values of {LIMIT} and more, which Loihi cannot have")
    return values.astype(np.int64)


def find_fractions(layer: Layer) -> tuple[str, ...]:
    """The arrays of which netx cuts off something behind the point."""
    return tuple(
        key
        for key in ("weight", "weight_rec", "bias", "delay")
        if key in layer.arrays and np.any(layer.arrays[key] % 1)
    )


def read_weights(layer: Layer, key: str, size: int) -> Values:
    """Weights float64 `[out, in]`, within what Loihi's synapses hold.

    Raises:
        ImportRefused: they are not that many, or larger.
    """
    weight = read_integers(layer, key)
    weight = weight.reshape(size, -1) if weight.ndim == 1 and weight.size % size == 0 else weight
    if weight.ndim != 2 or weight.shape[0] != size:
        raise layer.refuse(f"{key} is {list(weight.shape)}, the layer has {size} neurons")
    if weight.min() < LEAST or weight.max() > LARGEST:
        raise layer.refuse(
            f"{key} has values from {weight.min()} to {weight.max()}; Loihi's synapses hold "
            f"{LEAST} to {LARGEST}, and netx would cut what is beyond"
        )
    return weight.astype(np.float64)


def read_bias(layer: Layer, shape: Shape) -> Values | None:
    """A bias that broadcasts to the neurons, float64; None where there is none."""
    if "bias" not in layer.arrays:
        return None
    bias = read_integers(layer, "bias").astype(np.float64)
    if bias.size in (1, prod(shape)):
        return bias.reshape(shape if bias.size > 1 else ())[()] * np.ones(())
    if bias.size == shape[0]:
        return bias.reshape(-1, *(1,) * (len(shape) - 1))
    raise layer.refuse(f"its bias is {list(bias.shape)}, its neurons are {list(shape)}")


def read_delays(layer: Layer, weight: Values) -> Values | None:
    """Delays of synapses, ticks int64 `[out, in]`: of all, of each output or of each input.

    The order is that of hdf5.py: where a row has as many as the outputs, they are of these.
    """
    if "delay" not in layer.arrays:
        return None
    delay = read_integers(layer, "delay")
    if delay.min() < 0 or delay.max() > DELAY_MOST:
        raise layer.refuse(
            f"its delays go from {delay.min()} to {delay.max()} ticks, expected 0 to {DELAY_MOST}"
        )
    if not delay.any():
        return None
    if delay.size == 1 or delay.shape == weight.shape:
        return np.broadcast_to(delay.reshape(() if delay.size == 1 else weight.shape), weight.shape)
    if delay.size == weight.shape[0]:
        return np.broadcast_to(delay.reshape(-1, 1), weight.shape)
    if delay.size == weight.shape[1]:
        return np.broadcast_to(delay.reshape(1, -1), weight.shape)
    raise layer.refuse(f"its delays are {list(delay.shape)}, its weights {list(weight.shape)}")
