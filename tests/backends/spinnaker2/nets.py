"""Random networks that SpiNNaker 2 can compute, and the way to their programs; no tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import prod
from types import MappingProxyType

import numpy as np

from snncc.backends import Settings
from snncc.backends.spinnaker2 import Program, Spinnaker2Backend
from snncc.ir import Network, Node, Op, Ref, Shape, Tensor, Use, Values, verify
from snncc.ir.ops import (
    IF,
    LI,
    LIF,
    Concat,
    Conv,
    CubaLIF,
    Dense,
    Input,
    MaxPool,
    Product,
    Reshape,
    Slice,
    Sparse,
    Sum,
    SumPool,
)
from snncc.ir.passes import Ranges, calibrate

BACKEND = Spinnaker2Backend()
PLAIN = {
    "bias": 0.0,
    "threshold": 1.0,
    "compare": ">",
    "reset": "subtract",
    "reset_amount": 1.0,
    "reset_order": "now",
    "spikes": 1,
    "refractory": 0,
    "initial": 0.0,
}
ORDERS = {
    "subtract": ("now", "before-decay", "after-decay", "after-input"),
    "value": ("now", "before-decay", "after-decay", "after-input"),
    "none": ("now",),
}


@dataclass
class Growth:
    """A network in the making."""

    rng: np.random.Generator
    nodes: list[Node] = field(default_factory=list)
    tensors: dict[str, Tensor] = field(default_factory=dict)

    def keep(self, values: object) -> Ref:
        name = f"t{len(self.tensors)}"
        self.tensors[name] = Tensor(np.asarray(values))
        return Ref(name)

    def weight(self, *shape: int) -> Ref:
        return self.keep(self.rng.normal(0.1, 1.2 / np.sqrt(prod(shape[1:])), shape))

    def add(self, op: Op, *uses: Use, name: str = "") -> Use:
        name = name or f"n{len(self.nodes)}"
        self.nodes.append(Node(name, op, uses))
        return Use(name)

    def pick(self, *options):
        return options[int(self.rng.integers(len(options)))]

    def coin(self, share: float = 0.5) -> bool:
        return bool(self.rng.random() < share)

    def stated(self, shape: Shape) -> dict[str, object]:
        """Constants of a neuron: one for all, or one each."""
        reset = self.pick("subtract", "subtract", "value", "value", "none")
        threshold = self.rng.uniform(0.5, 1.5, shape) if self.coin() else self.rng.uniform(0.5, 1.5)
        kept = self.keep(threshold) if isinstance(threshold, np.ndarray) else threshold
        amount = {"subtract": kept, "value": 0.0, "none": 0.0}[reset]
        if reset == "subtract" and self.coin(0.3):
            amount = float(self.rng.uniform(0.4, 1.2))
        if reset == "value" and self.coin(0.3):
            amount = float(self.rng.uniform(-0.3, 0.3))
        bias = self.keep(self.rng.uniform(-0.1, 0.15, shape)) if self.coin(0.4) else 0.0
        return {
            **PLAIN,
            "bias": bias,
            "threshold": kept,
            "compare": self.pick(">", ">="),
            "reset": reset,
            "reset_amount": amount,
            "reset_order": self.pick(*ORDERS[reset]),
        }

    def neuron(self, use: Use, shape: Shape, name: str = "", *, images: bool = False) -> Use:
        stated, decay = self.stated(shape), float(self.rng.uniform(0.5, 0.95))
        kind = (
            self.pick("if", "lif", "lif", "lif") if images else self.pick("if", "lif", "cuba_lif")
        )
        if kind == "if":
            return self.add(IF(**stated), use, name=name)
        if kind == "lif":
            return self.add(LIF(**stated, decay=decay), use, name=name)
        order = self.pick("new", "new", "decay-last")
        fade = float(self.rng.uniform(0.3, 0.8))
        op = CubaLIF(**stated, decay=decay, current_decay=fade, current_order=order)
        return self.add(op, use, name=name)

    def image(self) -> tuple[Use, Shape]:
        """Convolutions over an image, with a sum-pool between them or not."""
        size = (int(self.pick(1, 2)), int(self.pick(6, 8)), int(self.pick(6, 8)))
        x = self.add(Input(size, "spike"))
        conv = Conv(self.weight(3, size[0], 3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1), 1)
        s = self.neuron(self.add(conv, x), (3, *size[1:]), images=True)
        if self.coin():
            pool = self.pick(SumPool, SumPool, MaxPool)
            s = self.add(pool((2, 2), (2, 2), ((0, 0), (0, 0))), s)
            size = (size[0], size[1] // 2, size[2] // 2)
        stride, groups = int(self.pick(1, 2)), int(self.pick(1, 3))
        second = Conv(
            self.weight(3, 3 // groups, 2, 2), (stride, 1), ((0, 1), (1, 0)), (1, 1), groups
        )
        out = second.infer([(3, *size[1:])], self.tensors)
        s = self.neuron(self.add(second, s), out, images=True)
        return self.add(Reshape((prod(out),)), s), (prod(out),)

    def vector(self) -> tuple[Use, Shape]:
        """Spikes, or real values into an encoder."""
        real = self.coin(0.3)
        x = self.add(Input((6,), "real" if real else "spike"))
        return self.neuron(self.add(Dense(self.weight(8, 6)), x), (8,)), (8,)

    def layer(self, use: Use, shape: Shape) -> tuple[Use, Shape]:
        """A population, recurrent or not, with what may be before it."""
        size = int(self.rng.integers(3, 9))
        kind = self.pick("plain", "recurrent", "recurrent", "late", "parts", "sparse", "gate")
        if kind == "gate":
            use = self.add(Product(), use, Use(use.source, 1))
        if kind == "parts":
            left, right = (
                self.add(Slice(0, a, b), use) for a, b in ((0, shape[0] // 2), (1, shape[0]))
            )
            use, shape = self.add(Concat(0), left, right), (shape[0] // 2 + shape[0] - 1,)
        if kind == "sparse":
            count = 3 * size
            ends = (self.keep(self.rng.integers(0, n, count)) for n in (size, shape[0]))
            current = self.add(
                Sparse(self.keep(self.rng.normal(0.2, 0.6, count)), *ends, size), use
            )
        else:
            current = self.add(Dense(self.weight(size, shape[0])), use)
        if kind == "late":
            far = Use(use.source, int(self.rng.integers(1, 5)))
            current = self.add(Sum(), current, self.add(Dense(self.weight(size, shape[0])), far))
        if kind == "recurrent":
            name = f"n{len(self.nodes) + 2}"
            back = self.add(Dense(self.weight(size, size)), Use(name, int(self.pick(1, 1, 2))))
            return self.neuron(self.add(Sum(), current, back), (size,), name), (size,)
        return self.neuron(current, (size,)), (size,)


def grown(seed: int) -> Network:
    """A random network of what SpiNNaker 2 computes, with inputs, loops, delays and pools."""
    growth = Growth(np.random.default_rng(seed))
    use, shape = growth.image() if growth.coin(0.4) else growth.vector()
    for _ in range(int(growth.rng.integers(1, 4))):
        use, shape = growth.layer(use, shape)
    if growth.coin(0.3):
        current = growth.add(Dense(growth.weight(3, shape[0])), use)
        use = growth.add(LI(0.9, float(growth.pick(0.0, 0.05)), 0.0), current)
    tensors = MappingProxyType(growth.tensors)
    return verify(Network(f"grown{seed}", tuple(growth.nodes), (use,), 0.001, tensors))


def sensing(seed: int, readout: bool = True) -> Network:
    """A recurrent population that receives real values, some of them late, and one behind it."""
    growth = Growth(np.random.default_rng(seed))
    x = growth.add(Input((4,), "real"), name="x")
    late = growth.add(Dense(growth.weight(8, 4)), replace(x, delay=2))
    both = (
        growth.add(Dense(growth.weight(8, 4), growth.keep(growth.rng.normal(size=8) / 4)), x),
        late,
    )
    back = growth.add(Dense(growth.weight(8, 8)), Use("s", 1))
    use = growth.neuron(growth.add(Sum(), *both, back), (8,), "s")
    if readout:
        use = growth.neuron(growth.add(Dense(growth.weight(3, 8)), use), (3,), "o")
    return verify(Network(f"sensing{seed}", tuple(growth.nodes), (use,), 0.001, growth.tensors))


def loop(stages: int = 3, size: int = 7, inputs: int = 5) -> Network:
    """A loop of so many populations and one tick of delay: the memory of an L2MU in small."""
    growth = Growth(np.random.default_rng(stages))
    x = growth.add(Input((inputs,), "spike"), name="x")
    first = growth.add(Dense(growth.weight(size, inputs)), x)
    back = growth.add(Dense(growth.weight(size, size)), Use(f"s{stages - 1}", 1))
    use = growth.add(Sum(), first, back)
    for stage in range(stages):
        op = LIF(**{**PLAIN, "reset_order": "after-decay", "bias": 0.02}, decay=0.8)
        use = growth.add(op, use, name=f"s{stage}")
        if stage < stages - 1:
            use = growth.add(Dense(growth.weight(size, size)), use)
    tensors = MappingProxyType(growth.tensors)
    return verify(Network("loop", tuple(growth.nodes), (use,), 0.001, tensors))


def prepared(
    network: Network,
    signal: Mapping[str, Values],
    options: Mapping[str, str] | None = None,
    weight_bits: int = 8,
) -> tuple[Network, Program]:
    """The network as the applications of py-spinnaker2 want it, and its program.

    Cores lie one after the other unless an option says otherwise: placing takes most of the time
    that a small network needs.
    """
    ranges: Ranges = calibrate(network, signal)
    chosen = {"kernel": "stock", "place": "sequential", **(options or {})}
    settings = Settings(weight_bits, 32, chosen, ranges.rates)
    for step in BACKEND.passes(network, settings, ranges):
        network = verify(step(network))
    program = BACKEND.lower(network, settings)
    assert isinstance(program, Program)
    return network, program
