"""Random networks of what NIR can express: layers one after the other, with loops; no tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from hypothesis import strategies as st

from snncc.ir import DECODES, Network, Node, Op, Param, Ref, Shape, Tensor, Use, Values
from snncc.ir.ops import (
    IF,
    LI,
    LIF,
    Affine,
    AvgPool,
    Conv,
    CubaLIF,
    Dense,
    Input,
    Reshape,
    Sum,
    SumPool,
)

ORDERS = {
    "subtract": ("now", "after-decay", "rechecked"),
    "value": ("now", "before-decay", "after-input"),
    "none": ("now",),
}


@dataclass
class Chain:
    """Layers that were entered so far, and the shape of what the last one puts out."""

    draw: Callable[..., Any]
    rng: np.random.Generator
    shape: Shape
    nodes: list[Node] = field(default_factory=list[Node])
    tensors: dict[str, Tensor] = field(default_factory=dict[str, Tensor])

    def pick(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def put(self, op: Op, *uses: Use) -> str:
        name = f"n{len(self.nodes)}"
        self.nodes.append(Node(name, op, uses))
        return name

    def tensor(self, name: str, values: Values) -> Ref:
        self.tensors[f"n{len(self.nodes)}.{name}"] = Tensor(values)
        return Ref(f"n{len(self.nodes)}.{name}")

    def param(self, name: str, low: float, high: float) -> Param:
        """One number, or one for each neuron."""
        if self.pick(True, False):
            return float(np.round(self.rng.uniform(low, high), 3))
        return self.tensor(name, self.rng.uniform(low, high, self.shape))

    def weights(self, source: Use, size: int) -> str:
        weight = self.rng.normal(0.2, 1.0, (size, *self.shape[-1:]))
        weight = weight.astype(self.pick(np.float32, np.float64))
        bias = self.tensor("bias", self.rng.normal(0, 0.2, size)) if self.pick(0, 1) else None
        return self.put(Dense(self.tensor("weight", weight), bias), source)

    def firing(self) -> Op:
        reset = self.pick(*ORDERS)
        order = self.pick(*ORDERS[reset])
        kind = self.pick(IF, LIF, CubaLIF)
        fields: dict[str, Any] = {
            "bias": self.param("bias", -0.1, 0.1) if kind is LIF and self.pick(0, 1) else 0.0,
            "threshold": self.param("threshold", 0.3, 1.0),
            "compare": self.pick(">", ">="),
            "reset": reset,
            "reset_amount": self.param("reset_amount", 0.0, 0.9),
            "reset_order": order,
            "spikes": self.pick(1, 1, 3),
            "refractory": self.pick(0, 2) if order == "now" else 0,
            "initial": self.param("initial", 0.0, 0.2) if self.pick(0, 1) else 0.0,
        }
        if kind is not IF:
            fields["decay"] = self.param("decay", 0.0, 0.99)
        if kind is CubaLIF:
            fields["current_decay"] = self.param("current_decay", 0.0, 0.99)
            fields["current_order"] = self.pick("new", "old", "decay-last")
        return kind(**fields)

    def population(self, source: Use) -> str:
        """A layer of neurons; one of a single axis may be recurrent."""
        size = self.draw(st.integers(1, 5))
        current = self.weights(source, size)
        self.shape = (size,)
        if self.pick(True, False):
            return self.put(self.firing(), Use(current))
        place = len(self.nodes)
        own = Use(f"n{place + 2}", self.pick(1, 1, 2))
        back = self.weights(own, size)
        self.put(Sum(), Use(current), Use(back))
        return self.put(self.firing(), Use(f"n{place + 1}"))

    def image(self, source: Use) -> str:
        """A layer of neurons over channels, rows and columns."""
        channels = self.shape[0]
        groups = self.pick(1, channels)
        out = groups * self.draw(st.integers(1, 2))
        kernel = (self.pick(1, 2, 3), self.pick(1, 3))
        weight = self.rng.normal(0.2, 1.0, (out, channels // groups, *kernel))
        pads = ((1, 1), (0, 0)) if kernel[1] == 1 else ((1, 1), (1, 1))
        conv = Conv(self.tensor("weight", weight), (1, 1), pads, (1, 1), groups)
        self.shape = conv.infer([self.shape], self.tensors)
        name = self.put(self.firing(), Use(self.put(conv, source)))
        if min(self.shape[1:]) > 1:
            pool = self.pick(SumPool, AvgPool)((2, 2), (2, 1), ((0, 0), (0, 0)))
            self.shape = pool.infer([self.shape], self.tensors)
            name = self.put(pool, Use(name))
        flat = (int(np.prod(self.shape)),)
        name = self.put(Reshape(flat), Use(name))
        self.shape = flat
        return name


@st.composite
def sayable_networks(draw: Callable[..., Any]) -> Network:
    """Networks of which NIR can express all but the details that its neurons lack."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    images = draw(st.booleans())
    shape = (2, *(draw(st.integers(3, 5)) for _ in range(2))) if images else (3,)
    chain = Chain(draw, rng, shape)
    name = chain.put(Input(shape, draw(st.sampled_from(("spike", "real")))))
    if images:
        name = chain.image(Use(name))
    for _ in range(draw(st.integers(1, 2))):
        if draw(st.booleans()):
            name = chain.put(Affine(chain.param("scale", 0.5, 1.5), 0.0), Use(name))
        name = chain.population(Use(name, draw(st.sampled_from((0, 0, 1, 3)))))
    if draw(st.booleans()):
        decay = chain.param("decay", 0.0, 1.0) if draw(st.booleans()) else 1.0
        name = chain.put(LI(decay, 0.0, chain.param("initial", 0.0, 1.0)), Use(name))
    decode = draw(st.sampled_from(DECODES))
    tick = draw(st.sampled_from((1e-4, 0.001, 0.37, 1.0)))
    tensors = MappingProxyType(chain.tensors)
    return Network("sayable", tuple(chain.nodes), (Use(name),), tick, tensors, decode)
