"""Networks, models and signals of any size along one axis; measures nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isqrt
from types import MappingProxyType
from typing import Literal, TypeAlias, get_args

import numpy as np

from snncc.ir import Network, Tensor, Values, parse

Axis: TypeAlias = Literal["neurons", "synapses", "ticks", "samples", "layers"]
AXES: tuple[Axis, ...] = get_args(Axis)
WIDTH, CHANNELS, SIDE = 8, 2, 4  # of a layer, where another axis grows
TICKS, SAMPLES = 8, 4
RATE = 0.3
NEURON = (
    'bias=0.0, threshold=1.0, compare=">", reset="subtract", reset_amount=1.0, '
    'reset_order="after-decay", spikes=1, refractory=0, initial=0.0, decay=0.875'
)
SLIDE = "stride=[1, 1], padding=[[1, 1], [1, 1]], dilation=[1, 1], groups=1"

# What one more layer adds: names of tensors → shapes, and lines; {n} is the layer, {b} the one
# before. Each leaves its spikes in %s{n}.
LAYERS: Mapping[str, tuple[str, tuple[int, ...], dict[str, tuple[int, ...]], str]] = {
    "dense": (
        "spike",
        (WIDTH,),
        {"w": (WIDTH, WIDTH), "b": (WIDTH,), "scale": (WIDTH,), "shift": (WIDTH,)},
        """  %c{n} = dense(%s{b}) {{weight=@w{n}, bias=@b{n}}}
  %a{n} = affine(%c{n}) {{scale=@scale{n}, shift=@shift{n}}}
  %s{n} = lif(%a{n}) {{{neuron}}}
""",
    ),
    "conv": (
        "spike",
        (CHANNELS, SIDE, SIDE),
        {"w": (CHANNELS, CHANNELS, 3, 3), "scale": (CHANNELS, 1, 1), "shift": (CHANNELS, 1, 1)},
        """  %c{n} = conv(%s{b}) {{weight=@w{n}, {slide}}}
  %a{n} = affine(%c{n}) {{scale=@scale{n}, shift=@shift{n}}}
  %s{n} = lif(%a{n}) {{{neuron}}}
""",
    ),
    "recurrent": (
        "spike",
        (WIDTH,),
        {"w": (WIDTH, WIDTH), "r": (WIDTH, WIDTH)},
        """  %c{n} = dense(%s{b}) {{weight=@w{n}}}
  %r{n} = dense(%s{n}@-1) {{weight=@r{n}}}
  %i{n} = sum(%c{n}, %r{n})
  %s{n} = lif(%i{n}) {{{neuron}}}
""",
    ),
    "gated": (
        "real",
        (WIDTH,),
        {"w": (WIDTH, WIDTH), "q": (WIDTH, WIDTH), "threshold": (WIDTH,)},
        """  %c{n} = dense(%s{b}) {{weight=@w{n}}}
  %q{n} = dense(%s{n}@-1) {{weight=@q{n}}}
  %i{n} = sum(%c{n}, %q{n})
  %g{n} = function(%i{n}) {{name="tanh"}}
  %z{n} = function(%i{n}) {{name="sigmoid"}}
  %k{n} = product(%z{n}, %s{n}.v@-1)
  %j{n} = sum(%g{n}, %k{n})
  %s{n} = graded(%j{n}) {{threshold=@threshold{n}, compare=">", reset="subtract", """
        """reset_amount=@threshold{n}}}
""",
    ),
}
KINDS = tuple(LAYERS)


@dataclass(frozen=True)
class Grown:
    """A network of one size and a signal `[samples, ticks, *shape]` for it."""

    network: Network
    signal: Values


def grow(axis: Axis, size: int, kind: str = "dense") -> Grown:
    """So many neurons, synapses (of one layer), ticks, samples or layers; all else stays small.

    Args:
        axis: what grows.
        size: how many.
        kind: of the layers, of which there are two where they do not grow.
    """
    if axis == "neurons":
        return Grown(_pair(4, size), _spikes((SAMPLES, TICKS, 4)))
    if axis == "synapses":
        wide = isqrt(size)  # no neuron has more of them than a core of any chip has room for
        return Grown(_pair(wide, wide), _spikes((SAMPLES, TICKS, wide)))
    network = stacked(kind, size if axis == "layers" else 2)
    shape = LAYERS[kind][1]
    samples = size if axis == "samples" else SAMPLES
    ticks = size if axis == "ticks" else TICKS
    signal = _spikes((samples, ticks, *shape))
    return Grown(network, signal - 0.5 if LAYERS[kind][0] == "real" else signal)


def stacked(kind: str, layers: int, seed: int = 0) -> Network:
    """So many layers of one kind in a row, weights random."""
    rng = np.random.default_rng(seed)
    signal, shape, each, text = LAYERS[kind]
    tensors: dict[str, Tensor] = {}
    lines = [f'  %s0 = input() {{shape={[*shape]}, signal="{signal}"}}\n']
    for n in range(1, layers + 1):
        for name, extents in each.items():
            values = rng.uniform(0.25, 1.25, extents) - (0.5 if len(extents) > 1 else 0.0)
            tensors[f"{name}{n}"] = Tensor(values * (0.25 if name in ("b", "shift") else 1.0))
        lines.append(text.format(n=n, b=n - 1, neuron=NEURON, slide=SLIDE))
    decode = "mean" if signal == "real" else "count"
    head = f"network {kind} tick=0.001s decode={decode} {{\n"
    return parse(f"{head}{''.join(lines)}  return %s{layers}\n}}\n", MappingProxyType(tensors))


def _pair(inputs: int, neurons: int) -> Network:
    """One dense layer of so many neurons."""
    rng = np.random.default_rng(0)
    weight = rng.uniform(-0.5, 1.0, (neurons, inputs))
    text = f"""network pair tick=0.001s decode=count {{
  %x = input() {{shape=[{inputs}], signal="spike"}}
  %c = dense(%x) {{weight=@w}}
  %s = lif(%c) {{{NEURON}}}
  return %s
}}
"""
    return parse(text, MappingProxyType({"w": Tensor(weight)}))


def _spikes(shape: tuple[int, ...]) -> Values:
    return (np.random.default_rng(1).random(shape) < RATE).astype(np.float64)


TORCH = '''"""A model of {layers} layers in a loop over ticks."""

import snntorch as snn
import torch
from torch import nn


class Stack(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        sizes = {sizes}
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
        self.neurons = nn.ModuleList(snn.Leaky(beta=0.875) for _ in sizes[1:])

    def forward(self, x):
        states = [neuron.reset_mem() for neuron in self.neurons]
        spikes = []
        for tick in range(x.shape[0]):
            spike = x[tick]
            for k, (layer, neuron) in enumerate(zip(self.layers, self.neurons)):
                spike, states[k] = neuron(layer(spike), states[k])
            spikes.append(spike)
        return torch.stack(spikes)


def build():
    return Stack()
'''


def torch_source(axis: Axis, size: int) -> str:
    """A file of a PyTorch model of that size; `build` makes it."""
    sizes = [WIDTH] * (size + 1) if axis == "layers" else [WIDTH] * 3
    if axis == "neurons":
        sizes = [4, size]
    elif axis == "synapses":
        sizes = [isqrt(size)] * 2
    return TORCH.format(layers=len(sizes) - 1, sizes=sizes)
