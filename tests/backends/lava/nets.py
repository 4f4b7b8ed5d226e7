"""Networks for Loihi: random ones of all that it can compute, by seed, and ones for stock LIFs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import prod
from types import MappingProxyType

import numpy as np

from snncc.backends import Settings
from snncc.backends.lava import LavaBackend, Program
from snncc.ir import Network, Node, Op, Ref, Shape, Tensor, Use, Values, verify
from snncc.ir.edit import insert
from snncc.ir.edit import replace as replace_nodes
from snncc.ir.ops import (
    IF,
    LI,
    LIF,
    AvgPool,
    Concat,
    Conv,
    CubaLIF,
    Dense,
    Input,
    MaxPool,
    Product,
    Reshape,
    Slice,
    Sum,
    SumPool,
)
from snncc.ir.passes import calibrate
from tests.nets import hand

STOCK = {
    "compare": ">",
    "reset": "value",
    "reset_amount": 0.0,
    "reset_order": "now",
    "spikes": 1,
    "refractory": 0,
    "initial": 0.0,
}


def prepared(
    network: Network,
    signal: dict[str, Values] | Values,
    options: dict[str, str] | None = None,
    bits: int = 8,
) -> tuple[Network, Program]:
    """The network after Loihi's passes, and its program."""
    backend = LavaBackend()
    settings = Settings(weight_bits=bits, options=MappingProxyType(options or {}))
    for step in backend.passes(network, settings, calibrate(network, signal)):
        network = step(network)
    return verify(network), backend.lower(network, settings)


@dataclass
class Growth:
    """A random network in the making, from input to output."""

    rng: np.random.Generator
    nodes: list[Node] = field(default_factory=list)
    tensors: dict[str, Tensor] = field(default_factory=dict)

    def add(self, op: Op, *uses: Use, name: str = "") -> Use:
        self.nodes.append(Node(name or f"n{len(self.nodes)}", op, uses))
        return Use(self.nodes[-1].name)

    def keep(self, values: Values) -> Ref:
        name = f"t{len(self.tensors)}"
        self.tensors[name] = Tensor(values)
        return Ref(name)

    def weight(self, *shape: int) -> Ref:
        return self.keep(self.rng.normal(0.15, 1.2 / np.sqrt(prod(shape[1:])), shape))

    def pick(self, *options: object) -> object:
        return options[self.rng.integers(len(options))]

    def neuron(self, use: Use, shape: Shape, name: str = "") -> Use:
        """Any neuron that Loihi can compute, stock or not."""
        real = self.rng.uniform
        mixed = self.rng.random() < 0.25

        def param(low: float, high: float) -> float | Ref:
            return self.keep(real(low, high, shape)) if mixed else round(float(real(low, high)), 3)

        stock = {**STOCK, "threshold": param(0.6, 1.4), "compare": self.pick(">", ">=")}
        stock["bias"] = self.pick(0.0, self.keep(real(-0.2, 0.3, shape)))
        stock["reset_order"] = self.pick("now", "before-decay", "after-decay")
        if self.rng.random() < 0.5:
            stock["reset"] = self.pick("subtract", "value", "none")
            stock["reset_amount"] = param(0.2, 1.0)
            stock["reset_order"] = self.pick("now", "before-decay", "after-decay", "after-input")
            stock["spikes"] = self.pick(1, 1, 3)
            stock["initial"] = param(-0.2, 0.4)
            if stock["reset_order"] == "now":
                stock["refractory"] = self.pick(0, 0, 2)
        kind = self.pick("if", "lif", "lif", "cuba_lif")
        if kind == "if":
            return self.add(IF(**stock), use, name=name)
        if kind == "lif":
            return self.add(LIF(**stock, decay=param(0.3, 0.97)), use, name=name)
        if self.rng.random() < 0.6:
            stock["bias"] = 0.0
        order = self.pick("new", "new", "old", "decay-last")
        fade = param(0.1, 0.8)
        return self.add(
            CubaLIF(**stock, decay=param(0.3, 0.9), current_decay=fade, current_order=order),
            use,
            name=name,
        )

    def image(self) -> tuple[Use, Shape]:
        """A convolution, and perhaps a pool, on pictures."""
        flat = self.rng.random() < 0.3
        size: Shape = (2, 9) if flat else (2, 6, 5)
        x = self.add(Input(size, "spike"))
        axes = len(size) - 1
        groups = int(self.pick(1, 2))
        pads = self.pick(((0, 0),) * axes, ((1, 1),) * axes, ((1, 0),) * axes)
        stride = tuple(int(self.pick(1, 2)) for _ in range(axes))
        dilation = tuple(int(self.pick(1, 1, 2)) for _ in range(axes))
        op = Conv(self.weight(4, 2 // groups, *(2,) * axes), stride, pads, dilation, groups)
        shape = op.infer([size], self.tensors)
        s = self.neuron(self.add(op, x), shape)
        if self.rng.random() < 0.7 and min(shape[1:]) >= 2:
            kernel = (2,) * axes
            kinds = [SumPool, AvgPool] + [MaxPool] * (self.nodes[-1].op.spikes == 1)
            pool = self.pick(*kinds)(kernel, kernel, ((0, 0),) * axes)
            s, shape = self.add(pool, s), pool.infer([shape], {})
        return self.add(Reshape((prod(shape),)), s), (prod(shape),)

    def vector(self) -> tuple[Use, Shape]:
        """Spikes or real values, into a first population."""
        real = self.rng.random() < 0.3
        x = self.add(Input((6,), "real" if real else "spike"))
        return self.neuron(self.add(Dense(self.weight(8, 6)), x), (8,)), (8,)

    def layer(self, use: Use, shape: Shape) -> tuple[Use, Shape]:
        """A population, recurrent or not, with what may be before it."""
        size = int(self.rng.integers(3, 9))
        kind = self.pick("plain", "plain", "recurrent", "late", "parts", "gate")
        op = next(n.op for n in self.nodes if n.name == use.source)
        if kind == "gate" and op.spiking and op.spikes == 1:
            use = self.add(Product(), use, Use(use.source, 1))
        if kind == "parts":
            left = self.add(Slice(0, 0, shape[0] // 2 + 1), use)
            right = self.add(Slice(0, 1, shape[0]), use)
            use = self.add(Concat(0), left, right)
            shape = (shape[0] // 2 + 1 + shape[0] - 1,)
        current = self.add(Dense(self.weight(size, shape[0])), use)
        if kind == "late":
            far = Use(use.source, int(self.rng.integers(1, 6)))
            current = self.add(Sum(), current, self.add(Dense(self.weight(size, shape[0])), far))
        if kind == "recurrent":
            name = f"n{len(self.nodes) + 2}"
            back = self.add(Dense(self.weight(size, size)), Use(name, int(self.pick(1, 1, 2))))
            current = self.add(Sum(), current, back)
            return self.neuron(current, (size,), name), (size,)
        return self.neuron(current, (size,)), (size,)


def grown(seed: int) -> Network:
    """A random network of what Loihi can compute, with inputs, loops, delays and pools."""
    rng = np.random.default_rng(seed)
    growth = Growth(rng)
    use, shape = growth.image() if rng.random() < 0.4 else growth.vector()
    for _ in range(int(rng.integers(1, 4))):
        use, shape = growth.layer(use, shape)
    if rng.random() < 0.3:
        use = growth.add(LI(0.9, 0.0, 0.0), growth.add(Dense(growth.weight(3, shape[0])), use))
    outputs = [use]
    if growth.nodes[-1].op.spiking and rng.random() < 0.4:
        weight, bias = growth.weight(4, shape[0]), growth.keep(rng.normal(size=4))
        outputs.append(growth.add(Dense(weight, bias), use))
    tensors = MappingProxyType(growth.tensors)
    return Network(f"grown{seed}", tuple(growth.nodes), tuple(outputs), 0.001, tensors)


def stock_images() -> Network:
    """Layers that Loihi has in hardware: two convolutions, a pool, a dense layer."""
    growth = Growth(np.random.default_rng(5))
    calm = {**STOCK, "bias": 0.0, "threshold": 1.5, "decay": 0.75}
    x = growth.add(Input((2, 7, 9), "spike"))
    once, pads = (1, 1), ((1, 1), (0, 0))
    first = growth.add(Conv(growth.weight(4, 2, 3, 2), (1, 2), pads, once, 1), x)
    s = growth.add(LIF(**calm), first)
    second = growth.add(Conv(growth.weight(6, 2, 2, 2), once, ((0, 0), (1, 1)), once, 2), s)
    s = growth.add(LIF(**calm), second)
    p = growth.add(SumPool((2, 2), (2, 2), ((0, 0), (0, 0))), s)
    flat = growth.add(Reshape((6 * 3 * 2,)), p)
    out = growth.add(LIF(**calm), growth.add(Dense(growth.weight(5, 36)), flat))
    tensors = MappingProxyType(growth.tensors)
    return Network("stock_images", tuple(growth.nodes), (out,), 0.001, tensors)


def stock(kind: str = "lif") -> Network:
    """Two layers that Loihi has in hardware: LIFs with a bias, or recurrent CuBa LIFs."""
    growth = Growth(np.random.default_rng(3))
    x = growth.add(Input((10,), "spike"))
    first = growth.add(Dense(growth.weight(12, 10)), x)
    if kind == "lif":
        bias = growth.keep(growth.rng.uniform(-0.3, 0.3, 12))
        s = growth.add(LIF(**STOCK, bias=bias, threshold=1.0, decay=0.8), first)
        late = growth.keep(growth.rng.uniform(-0.3, 0.2, 5))
        op: Op = LIF(**STOCK, bias=late, threshold=0.9, decay=0.9)
    else:
        calm = {**STOCK, "bias": 0.0, "decay": 0.7, "current_decay": 0.5, "current_order": "new"}
        back = growth.add(Dense(growth.weight(12, 12)), Use("s", 1))
        total = growth.add(Sum(), first, back)
        s = growth.add(CubaLIF(**calm, threshold=1.0), total, name="s")
        op = CubaLIF(**calm, threshold=0.8)
    out = growth.add(op, growth.add(Dense(growth.weight(5, 12)), s))
    return Network(
        f"stock_{kind}", tuple(growth.nodes), (out,), 0.001, MappingProxyType(growth.tensors)
    )


def mixed() -> Network:
    """Stock layers whose neurons differ: a decay per channel, and thresholds and biases of all."""
    growth = Growth(np.random.default_rng(8))
    x = growth.add(Input((2, 5, 4), "spike"))
    op = Conv(growth.weight(3, 2, 2, 2), (1, 1), ((0, 0), (0, 0)), (1, 1), 1)
    fade = growth.keep(np.array([0.5, 0.8, 0.5])[:, None, None])
    calm = {**STOCK, "bias": 0.0, "threshold": 1.0}
    s = growth.add(LIF(**calm, decay=fade), growth.add(op, x))
    flat = growth.add(Reshape((3 * 4 * 3,)), s)
    late = growth.add(Dense(growth.weight(6, 36)), flat)
    bias = growth.keep(np.array([-0.9, 0.2, 0.0, -2.0, 0.3, -0.1]))
    level = growth.keep(np.array([0.5, 0.7, 0.5, 0.5, 0.9, 0.7]))
    back = growth.add(Dense(growth.weight(6, 6)), Use("s", 1))
    total = growth.add(Sum(), late, back)
    strong = {**STOCK, "bias": bias, "threshold": level}
    s = growth.add(LIF(**strong, decay=0.7), total, name="s")
    out = growth.add(LIF(**calm, decay=0.6), growth.add(Dense(growth.weight(4, 6)), s))
    tensors = MappingProxyType(growth.tensors)
    return Network("mixed", tuple(growth.nodes), (Use("s"), out), 0.001, tensors)


def residual() -> Network:
    """Stock layers on pictures: a real current beside ones of spikes, read by two populations.

    Biases that reach both make neurons fire without any input; sums of spikes are the output.
    """
    growth = Growth(np.random.default_rng(12))
    calm = {**STOCK, "bias": 0.0, "threshold": 1.0, "compare": ">=", "decay": 0.5}
    once, none = (1, 1), ((0, 0), (0, 0))
    x = growth.add(Input((1, 6, 6), "real"), name="x")
    seen = growth.add(Conv(growth.weight(3, 1, 2, 2), (2, 2), none, once, 1), x, name="seen")
    first = growth.add(LIF(**calm), seen, name="first")
    strong = growth.keep(np.array([2.5, -0.5, 0.25]))
    mixed = Conv(growth.weight(3, 3, 1, 1), once, none, once, 1, strong)
    more = growth.add(Sum(), seen, growth.add(mixed, first, name="mixed"), name="more")
    second = growth.add(LIF(**calm), more, name="second")
    again = growth.add(Conv(growth.weight(3, 3, 1, 1), once, none, once, 1), second)
    brief = LIF(**{**calm, "decay": 0.05})
    third = growth.add(brief, growth.add(Sum(), more, again), name="third")
    flat = growth.add(Reshape((27,)), third)
    bias = growth.keep(np.array([0.5, -0.25, 0.125, 0.0]))
    head = growth.add(Dense(growth.weight(4, 27), bias), flat, name="head")
    tensors = MappingProxyType(growth.tensors)
    return Network("residual", tuple(growth.nodes), (head, third), 0.001, tensors, "mean")


def loop_of_two() -> Network:
    """A hand network whose second population drives its first: two synapses, one tick."""
    network = hand("feedforward")
    weight = Tensor(np.random.default_rng(1).normal(0, 0.4, (16, 5)))
    network = replace(network, tensors={**network.tensors, "back": weight})
    network = insert(
        network,
        Node("back", Dense(Ref("back")), (Use("s2", 1),)),
        Node("both", Sum(), (Use("c1"), Use("back"))),
    )
    return replace_nodes(network, replace(network["s1"], inputs=(Use("both"),)))


def inhibited() -> tuple[Network, Values]:
    """A neuron without leak, and a signal `[1, ticks, 6]` that inhibits it to its lowest code."""
    growth = Growth(np.random.default_rng(0))
    x = growth.add(Input((6,), "spike"))
    strong = growth.keep(np.where(np.arange(6) < 3, -0.9, 0.9) * np.ones((4, 1)))
    growth.add(IF(**STOCK, bias=0.0, threshold=1.0), growth.add(Dense(strong), x), name="s")
    tensors = MappingProxyType(growth.tensors)
    network = Network("inhibited", tuple(growth.nodes), (Use("s"),), 0.001, tensors)
    signal = np.zeros((1, 450, 6))
    signal[:, :200, :3], signal[:, 200:, 3:] = 1, 1
    return network, signal


def pooled(kind: type[SumPool | AvgPool], size: int, pads: int) -> Network:
    """Two convolutions with a pool between them, of images `size` high."""
    growth = Growth(np.random.default_rng(size + pads))
    calm = {**STOCK, "bias": 0.0, "threshold": 1.0, "decay": 0.75}
    x = growth.add(Input((2, size, 6), "spike"))
    once, none = (1, 1), ((0, 0), (0, 0))
    s = growth.add(LIF(**calm), growth.add(Conv(growth.weight(4, 2, 1, 1), once, none, once, 1), x))
    p = growth.add(kind((2, 3), (2, 3), none), s)
    far = ((pads, pads), (pads, pads))
    second = growth.add(Conv(growth.weight(4, 2, 2, 2), (1, 2), far, once, 2), p)
    out = growth.add(LIF(**{**calm, "threshold": 0.1}), second)
    tensors = MappingProxyType(growth.tensors)
    return Network("pooled", tuple(growth.nodes), (out,), 0.001, tensors)
