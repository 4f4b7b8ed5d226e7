"""One network with a population for every kind of leaky neuron; shared by tests, no tests here."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType

import numpy as np

from snncc.ir import (
    Factor,
    Network,
    Node,
    Op,
    Overflow,
    Param,
    Quantity,
    Ref,
    Rounding,
    Tensor,
    Use,
)
from snncc.ir.ops import IF, LI, LIF, CubaLIF, Dense, Input, Sum

SOURCES = 11
SENSOR = Quantity(16, True, 0, Rounding.HALF_EVEN, Overflow.SATURATE)
WEIGHT = Quantity(8, True, 0, Rounding.HALF_EVEN, Overflow.TRAP)
ONE_OF = {
    "reset": ("subtract", "value", "none"),
    "reset_order": ("now", "before-decay", "after-decay", "after-input"),
    "compare": (">", ">="),
}


@dataclass
class Garden:
    """Populations on one input, each with weights of its own; every number is a code."""

    rng: np.random.Generator
    bits: int

    def __post_init__(self) -> None:
        entry = MappingProxyType({"value": SENSOR})
        self.nodes: list[Node] = [
            Node("x", Input((SOURCES,), "spike")),
            Node("y", Input((SOURCES,), "real"), (), entry),
        ]
        self.tensors: dict[str, Tensor] = {}
        self.outputs: list[Use] = []

    def tensor(self, name: str, values: object) -> Ref:
        self.tensors[name] = Tensor(values)
        return Ref(name)

    def plant(self, op: Op, size: int, shift: int, *, loop: bool, real: bool = False) -> None:
        """A population `op`, whose potential counts in units 2**-shift of its current's.

        With `real` it receives the sensor, and its current may need 32 bits.
        """
        name = f"p{len(self.outputs)}"
        weights = self.rng.integers(-60, 128, (size, SOURCES))
        ref = self.tensor(f"{name}.w", weights.astype(float))
        heard, formats = Use("y" if real else "x"), MappingProxyType({"weight": WEIGHT})
        into = Node(f"{name}_in", Dense(ref), (heard,), formats)
        self.nodes.append(into)
        use = Use(into.name)
        if loop:
            back = self.tensor(f"{name}.r", self.rng.integers(-90, 90, (size, size)).astype(float))
            self.nodes.append(Node(f"{name}_back", Dense(back), (Use(name, 1),), formats))
            self.nodes.append(Node(f"{name}_sum", Sum(), (use, Use(f"{name}_back"))))
            use = Use(f"{name}_sum")
        state = Quantity(self.bits, True, shift, Rounding.HALF_EVEN, Overflow.SATURATE)
        factor = Factor(15, Rounding.TOWARD_ZERO)
        own = {role.name: factor if role.factor else state for role in op.roles}
        self.nodes.append(Node(name, op, (use,), MappingProxyType(own)))
        self.outputs.append(Use(name))

    def param(self, name: str, size: int, low: float, high: float, *, each: bool) -> Param:
        """One number, or one per neuron."""
        if not each:
            return round(float(self.rng.uniform(low, high)), 4)
        return self.tensor(name, self.rng.uniform(low, high, size))

    def stated(self, name: str, size: int, each: bool, **chosen: object) -> dict[str, object]:
        """Fields of a spiking neuron; potentials up to a few hundred units of the current."""
        reset = chosen["reset"]
        return {
            "bias": self.param(f"{name}.bias", size, -3, 9, each=each) if each else 0.0,
            "threshold": self.param(f"{name}.threshold", size, 30, 125, each=each),
            "reset_amount": self.param(f"{name}.amount", size, 20, 125, each=each)
            if reset != "none"
            else 0.0,
            "spikes": 1,
            "refractory": 0,
            "initial": self.param(f"{name}.initial", size, -50, 125, each=each),
            **chosen,
        }

    def network(self) -> Network:
        """All of it."""
        nodes, tensors = tuple(self.nodes), MappingProxyType(self.tensors)
        return Network("garden", nodes, tuple(self.outputs), 0.001, tensors)


def kinds() -> Iterator[dict[str, str]]:
    """Every combination of reset, order and comparison."""
    for values in product(*ONE_OF.values()):
        yield dict(zip(ONE_OF, values, strict=True))


def garden(bits: int, seed: int = 0) -> Network:
    """LIF neurons of every kind, CuBa and IF neurons of some; with and without saturation."""
    plot = Garden(np.random.default_rng(seed), bits)
    for index, kind in enumerate(kinds()):
        # Sizes around whole groups of eight; coarse, fine and far too fine potentials.
        size, shift, each = 1 + index % 19, (0, 1, 2, 5, 8)[index % 5], index % 2 == 1
        stated = plot.stated(f"k{index}", size, each, **kind)
        decay = plot.param(f"k{index}.decay", size, 0.05, 0.999, each=index % 3 == 1)
        if index % 3 == 0:
            op: Op = CubaLIF(
                **stated,
                decay=decay,
                current_decay=plot.param("", size, 0.1, 0.95, each=False),
                current_order=("new", "decay-last", "old")[index % 9 // 3],
            )
        elif index % 7 == 1:
            op = IF(**stated)
        else:
            op = LIF(**stated, decay=(0.0, 1.0, decay, decay)[index % 4])
        plot.plant(op, size, shift, loop=index % 2 == 0, real=index % 6 == 5)
    plot.plant(LI(decay=0.9, bias=1.0, initial=-2.0), 5, 3, loop=False)
    for index, order in enumerate(("now", "before-decay", "after-decay")):
        chosen = {"reset": "subtract", "reset_order": order, "compare": ">="}
        stated = plot.stated(f"floored{index}", 7, index == 1, **chosen)
        floor = plot.param(f"floored{index}.floor", 7, -60, 0, each=index == 1)
        op = LIF(**stated, decay=0.9, floor=floor)
        plot.plant(op, 7, index, loop=True, real=index == 2)
    return plot.network()


def signals(samples: int, ticks: int, seed: int = 1) -> dict[str, np.ndarray]:
    """Input `[samples, ticks, sources]`: spikes, from silence to all at once, and a sensor."""
    rng = np.random.default_rng(seed)
    rates = rng.choice([0.0, 0.1, 0.5, 1.0], (samples, ticks, 1))
    spikes = (rng.random((samples, ticks, SOURCES)) < rates).astype(np.float64)
    return {"x": spikes, "y": rng.integers(-4, 5, spikes.shape).astype(np.float64)}
