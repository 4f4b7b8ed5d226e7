"""Networks that tests share: some written by hand, and strategies that write more; no tests."""

from collections.abc import Mapping
from math import prod
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from snncc.ir import Network, Tensor, parse
from tests.growth import networks, quantized_networks

__all__ = [
    "HAND",
    "hand",
    "networks",
    "quantized_networks",
    "spike_trains",
    "spikes_for",
]

# What stands for each word in the texts below; a spiking neuron states everything.
_WORDS = {
    "LEAKY": 'bias=0.0, threshold=1.0, compare=">", reset="subtract", reset_amount=1.0, '
    'reset_order="after-decay", spikes=1, refractory=0, initial=0.0, decay=0.9',
    "WAITING": 'bias=0.0, threshold=@threshold, compare=">=", reset="value", reset_amount=0.0, '
    'reset_order="now", spikes=1, refractory=2, initial=0.0, decay=@decay',
    "CURRENT": 'bias=0.0, threshold=1.0, compare=">", reset="value", reset_amount=0.0, '
    'reset_order="after-input", spikes=1, refractory=0, initial=0.0, decay=0.8, '
    'current_decay=0.7, current_order="new"',
    "SLIDE": "stride=[1, 1], padding=[[1, 1], [1, 1]], dilation=[1, 1], groups=1",
    "HALVE": "kernel=[2, 2], stride=[2, 2], padding=[[0, 0], [0, 0]]",
}

# Name → shapes of its tensors, and its text.
HAND: Mapping[str, tuple[dict[str, tuple[int, ...]], str]] = {
    "feedforward": (
        {"c1.weight": (16, 12), "c1.bias": (16,), "c2.weight": (5, 16)},
        """network feedforward tick=0.001s decode=count {
  %x = input() {shape=[12], signal="spike"}
  %c1 = dense(%x) {weight=@c1.weight, bias=@c1.bias}
  %s1 = lif(%c1) {LEAKY}
  %c2 = dense(%s1) {weight=@c2.weight}
  %s2 = lif(%c2) {LEAKY}
  return %s2
}
""",
    ),
    "recurrent": (
        {"c.weight": (10, 6), "r.weight": (10, 10), "decay": (10,), "threshold": (10,)},
        """network recurrent tick=0.01s decode=count {
  %x = input() {shape=[6], signal="spike"}
  %c = dense(%x) {weight=@c.weight}
  %near = dense(%s@-1) {weight=@r.weight}
  %far = dense(%s@-3) {weight=@r.weight}
  %i = sum(%c, %near, %far)
  %s = lif(%i) {WAITING}
  return %s
}
""",
    ),
    "current_based": (
        {"c1.weight": (9, 7), "c2.weight": (4, 9)},
        """network current_based tick=0.001s decode=count {
  %x = input() {shape=[7], signal="spike"}
  %c1 = dense(%x) {weight=@c1.weight}
  %s1 = cuba_lif(%c1) {CURRENT}
  %c2 = dense(%s1) {weight=@c2.weight}
  %s2 = cuba_lif(%c2) {CURRENT}
  return %s2
}
""",
    ),
    "convolutional": (
        {"k.weight": (4, 2, 3, 3), "k.bias": (4,), "c.weight": (6, 36)},
        """network convolutional tick=0.001s decode=count {
  %x = input() {shape=[2, 6, 6], signal="spike"}
  %k = conv(%x) {weight=@k.weight, SLIDE, bias=@k.bias}
  %s1 = lif(%k) {LEAKY}
  %p = max_pool(%s1) {HALVE}
  %f = reshape(%p) {shape=[36]}
  %c = dense(%f) {weight=@c.weight}
  %s2 = lif(%c) {LEAKY}
  return %s2
}
""",
    ),
    "memory": (
        {"e.weight": (3, 8), "b.weight": (4, 1), "a.weight": (4, 4), "o.weight": (5, 12)},
        """network memory tick=0.01s decode=count {
  %x = input() {shape=[8], signal="spike"}
  %e = dense(%x) {weight=@e.weight}
  %u = reshape(%e) {shape=[3, 1]}
  %b = dense(%u) {weight=@b.weight}
  %a = dense(%m@-1) {weight=@a.weight}
  %i = sum(%b, %a)
  %m = lif(%i) {LEAKY}
  %f = reshape(%m) {shape=[12]}
  %o = dense(%f) {weight=@o.weight}
  %s = lif(%o) {LEAKY}
  return %s
}
""",
    ),
    "readout": (
        {"c1.weight": (12, 5), "c1.bias": (12,), "c2.weight": (3, 12)},
        """network readout tick=0.01s decode=mean {
  %x = input() {shape=[5], signal="real"}
  %c1 = dense(%x) {weight=@c1.weight, bias=@c1.bias}
  %s1 = lif(%c1) {LEAKY}
  %c2 = dense(%s1) {weight=@c2.weight}
  %v = li(%c2) {decay=0.95, bias=0.0, initial=0.0}
  return %v, %s1.v
}
""",
    ),
    "gated": (
        {
            "a.weight": (7, 5),
            "a.bias": (7,),
            "q.weight": (7, 7),
            "threshold": (7,),
            "o.weight": (3, 7),
        },
        """network gated tick=0.01s decode=mean {
  %x = input() {shape=[5], signal="real"}
  %a = dense(%x) {weight=@a.weight, bias=@a.bias}
  %q = dense(%e@-1) {weight=@q.weight}
  %i = sum(%a, %q)
  %g = function(%i) {name="tanh"}
  %z = function(%i) {name="sigmoid"}
  %k = product(%z, %e.v@-1)
  %c = sum(%g, %k)
  %e = graded(%c) {threshold=@threshold, compare=">", reset="subtract", reset_amount=@threshold}
  %o = dense(%e) {weight=@o.weight}
  return %o, %e
}
""",
    ),
    "attention": (
        {"k.weight": (5, 6), "c.weight": (4, 5)},
        """network attention tick=0.01s decode=count {
  %x = input() {shape=[3, 6], signal="spike"}
  %k = dense(%x) {weight=@k.weight}
  %s1 = lif(%k) {LEAKY}
  %t = transpose(%s1) {order=[1, 0]}
  %m = matmul(%t, %s1@-1)
  %y = matmul(%s1, %m)
  %c = dense(%y) {weight=@c.weight}
  %s2 = lif(%c) {LEAKY}
  return %s2
}
""",
    ),
}


def hand(name: str, seed: int = 0) -> Network:
    """The hand-written network of that name, with tensors from the seed."""
    shapes, text = HAND[name]
    for word, meaning in _WORDS.items():
        text = text.replace(word, meaning)
    rng = np.random.default_rng(seed)
    tensors = {tensor: Tensor(_drawn(rng, tensor, shape)) for tensor, shape in shapes.items()}
    return parse(text, MappingProxyType(tensors))


def _drawn(rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    match name.rpartition(".")[2]:
        case "weight":
            # About one spike in five ticks: enough to see resets, few enough to see silence.
            return rng.normal(0.1, 1.5 / np.sqrt(prod(shape[1:])), shape)
        case "bias":
            return rng.normal(0.1, 0.1, shape)
        case _:
            return rng.uniform(0.5, 0.95, shape)


def spikes_for(
    network: Network, seed: int = 0, samples: int = 3, ticks: int = 20, rate: float = 0.4
) -> dict[str, npt.NDArray[np.float64]]:
    """A signal for each input `[samples, ticks, *shape]`: 0 or 1, or multiples of 1/64 below 2."""
    rng = np.random.default_rng(seed)
    signals = {}
    for node in network.inputs:
        shape = (samples, ticks, *network.shapes[node.name])
        if node.op.spiking:
            signals[node.name] = (rng.random(shape) < rate).astype(np.float64)
        else:
            signals[node.name] = rng.integers(-128, 129, shape) / 64
    return signals


def spike_trains(
    network: Network, *, samples: int = 2, ticks: int = 8
) -> st.SearchStrategy[dict[str, npt.NDArray[np.float64]]]:
    """Signals for a network's inputs, of up to so many samples and ticks."""
    return st.builds(
        lambda *drawn: spikes_for(network, *drawn),
        st.integers(0, 2**16),
        st.integers(1, samples),
        st.integers(1, ticks),
        st.sampled_from([0.0, 0.2, 0.5, 1.0]),
    )
