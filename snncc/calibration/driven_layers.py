"""Layers: populations with the weights that drive them, as one matrix each; runs nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from snncc.ir import (
    Arithmetic,
    Network,
    Node,
    Quantity,
    Shape,
    Unit,
    Values,
    arithmetics,
    values_of,
)
from snncc.ir.ops import Conv, Dense, Sum, Weighted

MOST_COLUMNS = 4_096  # of a layer: the inverse of its moments takes their cube

Numbers = Mapping[str, tuple[Arithmetic, Unit]]


@dataclass(frozen=True)
class Driver:
    """A node with weights that leads to a population, by sums only.

    Attributes:
        node: of the float network.
        weights: its own, `[rows, columns]`.
        shape: of their tensor.
        step: real value of one code of each `[rows, columns]`.
        units: of its output, one for each row `[rows]`.
        largest: code of a weight.
        counts: whether it reads spikes.
        shared: whether all rows have one unit.
    """

    node: Node
    weights: Values
    shape: Shape
    step: Values
    units: Values
    largest: int
    counts: bool
    shared: bool

    def lay_units(self, units: Values) -> Values:
        """Units of the rows, broadcastable to what the node puts out."""
        if self.shared:
            return np.asarray(units[0])
        return units.reshape(-1, *(1,) * (len(self.shape) - 2))


@dataclass(frozen=True)
class Layer:
    """A population and all that drives it.

    Attributes:
        population: its node in the float network.
        drivers: their columns stand side by side.
        thresholds: one for each row `[rows]`; None where it differs within a row.
        decay: of the potential per tick, the mean of its neurons.
    """

    population: Node
    drivers: tuple[Driver, ...]
    thresholds: Values | None
    decay: float

    @property
    def name(self) -> str:
        """Of the population."""
        return self.population.name

    @property
    def weights(self) -> Values:
        """Of all drivers, `[rows, columns]`."""
        return np.concatenate([driver.weights for driver in self.drivers], axis=1)

    @property
    def step(self) -> Values:
        """Real value of one code of each weight, as quantize chooses it: `[rows, columns]`."""
        return np.concatenate([driver.step for driver in self.drivers], axis=1)

    @property
    def largest(self) -> Values:
        """The largest code of each column's weights."""
        return np.concatenate([np.full(d.weights.shape[1], d.largest) for d in self.drivers])

    @property
    def scalable(self) -> bool:
        """Whether the rows' units may be chosen: all weights count in them, and in nothing else."""
        first = self.drivers[0]
        return all(d.counts and np.array_equal(d.units, first.units) for d in self.drivers)

    @property
    def shared(self) -> bool:
        """Whether all rows have one unit."""
        return any(driver.shared for driver in self.drivers)

    def split_columns(self, whole: Values) -> Iterator[tuple[Driver, Values]]:
        """Each driver and its part of a matrix `[rows, columns]`, laid out as its weights."""
        start = 0
        for driver in self.drivers:
            stop = start + driver.weights.shape[1]
            yield driver, whole[:, start:stop].reshape(driver.shape)
            start = stop


def find_layers(network: Network, quantized: Network) -> tuple[Layer, ...]:
    """The layers of a float network that is about to be quantized.

    Left out are populations that anything but dense weights and convolutions drives.

    Args:
        network: all passes before quantize have run.
        quantized: what quantize makes of it.
    """
    numbers = arithmetics(quantized)
    found = (_find_layer(network, quantized, numbers, node) for node in network.populations)
    return tuple(layer for layer in found if layer is not None)


def _find_layer(
    network: Network, quantized: Network, numbers: Numbers, population: Node
) -> Layer | None:
    nodes = _find_driving(network, population)
    if not nodes:
        return None
    drivers = [_make_driver(network, quantized, numbers, node) for node in nodes]
    known = [driver for driver in drivers if driver is not None]
    columns = sum(driver.weights.shape[1] for driver in known)
    alike = len({len(driver.weights) for driver in known}) == 1
    if len(known) < len(drivers) or not alike or columns > MOST_COLUMNS:
        return None
    rows, conv = len(known[0].weights), isinstance(nodes[0].op, Conv)
    decay = getattr(population.op, "decay", 1.0)
    return Layer(
        population,
        tuple(known),
        _find_thresholds(network, population, rows, 0 if conv else -1),
        float(np.mean(values_of(decay, network.tensors))),
    )


def _find_driving(network: Network, population: Node) -> Sequence[Node]:
    """The nodes with weights whose sum drives a population, and nothing else; or none."""
    found: list[Node] = []
    pending = list(population.inputs)
    while pending:
        use = pending.pop(0)
        node = network[use.source]
        if use.delay or use.state or len(network.wires(node.name)) != 1:
            return ()
        if isinstance(node.op, Sum):
            pending += node.inputs
        elif isinstance(node.op, Dense) or (isinstance(node.op, Conv) and node.op.groups == 1):
            found.append(node)
        else:
            return ()
    return found if len({type(node.op) for node in found}) == 1 else ()


def _make_driver(
    network: Network, quantized: Network, numbers: Numbers, node: Node
) -> Driver | None:
    """A node as quantize leaves it; None where it changes more than the formats."""
    assert isinstance(node.op, Weighted)
    real = network.tensors[node.op.weight.name].values
    if node.name not in quantized or type(quantized[node.name].op) is not type(node.op):
        return None
    there = quantized[node.name]
    assert isinstance(there.op, Weighted)
    format, a = there.formats.get("weight"), numbers[node.name][0]
    if not isinstance(format, Quantity):
        return None
    if not np.array_equal(quantized.tensors[there.op.weight.name].values, real):
        return None
    into, out = there.op.lay(a.input_unit(), a.unit_of("weight"), quantized.tensors)
    step = np.broadcast_to(out / into, real.shape).reshape(len(real), -1)
    return Driver(
        node,
        np.asarray(real, np.float64).reshape(len(real), -1),
        real.shape,
        step,
        np.broadcast_to(out, real.shape).reshape(len(real), -1)[:, 0],
        format.high,
        bool(np.all(a.input_unit() == 1)),
        a.unit_of("weight").size == 1 and len(real) > 1,
    )


def _find_thresholds(network: Network, node: Node, rows: int, axis: int) -> Values | None:
    value = getattr(node.op, "threshold", None)
    if value is None:
        return None
    real = values_of(value, network.tensors)
    if real.size == 1:
        return np.full(rows, float(real.reshape(())))
    if real.ndim < len(network.shapes[node.name]):
        return None
    each = np.moveaxis(real, axis, 0).reshape(real.shape[axis], -1)
    return each[:, 0] if len(each) == rows and np.all(each == each[:, :1]) else None
