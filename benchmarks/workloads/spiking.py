"""Networks of the shapes that mapping papers use, with random weights that keep them firing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import prod
from types import MappingProxyType

import numpy as np

from snncc.ir import Network, Op, Ref, Tensor, Use, Values, verify
from snncc.ir.network import Node
from snncc.ir.ops import LIF, Conv, Dense, Input, Product, Reshape, Sparse, Sum, Transpose

from .networks import l2mu

RATE = 0.1  # of the inputs, and what the weights are scaled for, in spikes per neuron and tick
GAIN = 0.5  # deviation of a current in thresholds
LEAKY = {
    "bias": 0.0,
    "threshold": 1.0,
    "compare": ">=",
    "reset": "subtract",
    "reset_amount": 1.0,
    "reset_order": "now",
    "spikes": 1,
    "refractory": 0,
    "initial": 0.0,
    "decay": 0.9,
}
PASSED = 0.01  # rate of what attention lets pass
INHIBITORY = 0.2  # share of neurons: P. Vogels and L. Abbott, J. Neuroscience 25(46), 2005
BALANCE = -4.0  # their weights, in those of the others


@dataclass
class Layers:
    """A network in the making, one population after the other."""

    name: str
    chance: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))
    nodes: list[Node] = field(default_factory=list[Node])
    tensors: dict[str, Tensor] = field(default_factory=dict[str, Tensor])
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict[str, tuple[int, ...]])

    def keep(self, values: Values) -> Ref:
        """A tensor of the network."""
        ref = f"t{len(self.tensors)}"
        self.tensors[ref] = Tensor(values)
        return Ref(ref)

    def weight(self, *shape: int, rate: float = RATE) -> Ref:
        """Weights for a fan-in of all axes but the first, from neurons of that rate."""
        deviation = GAIN / np.sqrt(prod(shape[1:]) * rate)
        return self.keep(self.chance.normal(0, deviation, shape))

    def add(self, op: Op, *uses: Use, name: str = "") -> Use:
        """One more node."""
        name = name or f"n{len(self.nodes)}"
        self.shapes[name] = op.infer([self.shapes[u.source] for u in uses], self.tensors)
        self.nodes.append(Node(name, op, uses))
        return Use(name)

    def spikes(self, *shape: int) -> Use:
        """An input."""
        return self.add(Input(shape, "spike"), name="x")

    def neurons(self, current: Use, name: str = "") -> Use:
        """A population of leaky neurons."""
        return self.add(LIF(**LEAKY), current, name=name)

    def dense(self, use: Use, size: int, rate: float = RATE) -> Use:
        """A dense layer on the last axis, and its neurons."""
        op = Dense(self.weight(size, self.shapes[use.source][-1], rate=rate))
        return self.neurons(self.add(op, use))

    def conv(self, use: Use, channels: int, side: int, stride: int = 1, pad: int = 0) -> Use:
        """A convolution, and its neurons."""
        weight = self.weight(channels, self.shapes[use.source][0], side, side)
        op = Conv(weight, (stride, stride), ((pad, pad), (pad, pad)), (1, 1), 1)
        return self.neurons(self.add(op, use))

    def flat(self, use: Use) -> Use:
        """The same in one axis."""
        return self.add(Reshape((prod(self.shapes[use.source]),)), use)

    def swapped(self, use: Use) -> Use:
        """The same with its two axes exchanged."""
        return self.add(Transpose((1, 0)), use)

    def ended(self, use: Use) -> Network:
        """The network that puts out `use`."""
        kept = MappingProxyType(self.tensors)
        return verify(Network(self.name, tuple(self.nodes), (use,), 0.001, kept))


def mlp() -> Network:
    """784-1000-10: the MNIST network of snnTorch's tutorial 5."""
    layers = Layers("mlp")
    return layers.ended(layers.dense(layers.dense(layers.spikes(784), 1000), 10))


def lenet() -> Network:
    """LeNet-5's layers (LeCun et al. 1998); strides instead of pools, whose means are no spikes."""
    layers = Layers("lenet")
    use = layers.conv(layers.spikes(1, 28, 28), 6, 5, stride=2, pad=2)
    use = layers.flat(layers.conv(use, 16, 5, stride=2))
    for size in (120, 84, 10):
        use = layers.dense(use, size)
    return layers.ended(use)


def nmnist() -> Network:
    """The N-MNIST network of the NIR paper (Pedersen et al. 2024), strides instead of sum-pools."""
    layers = Layers("nmnist")
    use = layers.conv(layers.spikes(2, 34, 34), 16, 5, stride=2, pad=1)
    use = layers.conv(layers.conv(use, 16, 3, pad=1), 8, 3, stride=2, pad=1)
    use = layers.conv(use, 8, 3, stride=2, pad=1)
    return layers.ended(layers.dense(layers.dense(layers.flat(use), 256), 10))


def gesture() -> Network:
    """Four strided convolutions over 32 x 32 DVS events, 11 classes."""
    layers = Layers("gesture")
    use = layers.conv(layers.spikes(2, 32, 32), 16, 3, pad=1)
    for channels in (32, 32, 64):
        use = layers.conv(use, channels, 3, stride=2, pad=1)
    return layers.ended(layers.dense(layers.dense(layers.flat(use), 256), 11))


def braille() -> Network:
    """12-450-28: the recurrent network of S. Müller-Cleve et al., Front. Neurosci. 16, 2022."""
    layers = Layers("braille")
    x = layers.spikes(12)
    first = layers.add(Dense(layers.weight(450, 12)), x)
    layers.shapes["h"] = (450,)
    back = layers.add(Dense(layers.weight(450, 450)), Use("h", 1))
    hidden = layers.neurons(layers.add(Sum(), first, back), "h")
    return layers.ended(layers.dense(hidden, 28))


def balanced(neurons: int = 10_000, fan: int = 100, inputs: int = 1000) -> Network:
    """Neurons that hear about `fan` others at random, a fifth of which inhibit, and some inputs."""
    layers = Layers("balanced")
    x = layers.spikes(inputs)
    layers.shapes["r"] = (neurons,)

    def sparse(use: Use, each: int, size: int, scale: float) -> Use:
        drawn = layers.chance.integers(0, size, (neurons, each))
        rows, columns = np.divmod(np.unique(np.arange(neurons)[:, None] * size + drawn), size)
        weight = np.where(columns < INHIBITORY * size, BALANCE, 1.0) * scale
        op = Sparse(layers.keep(weight), layers.keep(rows), layers.keep(columns), neurons)
        return layers.add(op, use)

    drive = sparse(x, 20, inputs, 0.25)
    back = sparse(Use("r", 1), fan, neurons, 0.04)
    return layers.ended(layers.neurons(layers.add(Sum(), drive, back), "r"))


def attention(tokens: int = 64, width: int = 32, ratio: int = 4) -> Network:
    """A block as Spikformer's, with the attention that a chip without products of sums can do.

    Spike-driven self-attention (M. Yao et al., "Spike-driven Transformer", NeurIPS 2023): keys and
    values of each token are multiplied spike by spike and summed over tokens; where that fires, the
    queries pass. Then two layers per token, the first `ratio` times as wide.
    """
    layers = Layers("attention")
    x = layers.spikes(tokens, width)
    query, key, value = (layers.dense(x, width) for _ in range(3))
    both = layers.swapped(layers.add(Product(), key, value))
    summed = layers.neurons(layers.add(Dense(layers.keep(np.ones((1, tokens)))), both))
    use = layers.add(Product(), query, layers.flat(summed))
    return layers.ended(layers.dense(layers.dense(use, ratio * width, PASSED), width))


EIGHT: Mapping[str, Callable[[], Network]] = MappingProxyType(
    {
        "MLP": mlp,
        "LeNet": lenet,
        "N-MNIST CNN": nmnist,
        "DVS gesture CNN": gesture,
        "Braille SRNN": braille,
        "L2MU": l2mu,
        "balanced, 10 k": balanced,
        "attention block": attention,
    }
)
