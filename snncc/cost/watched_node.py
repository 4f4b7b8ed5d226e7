"""WatchedNode: one node while samples run; adds up what it does, and knows no energy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod

import numpy as np

from snncc.ir import Arithmetic, Network, Node, Output, Quantity, Unit, Use, Values
from snncc.ir.ops import Weighted

from .layer_counts import LayerCounts

KERNELS = 4
"""Axes of weights that slide: output and input channels, height and width."""
FLOAT_BYTES = 4
"""A weight or a state of a float network, in single precision."""


class WatchedNode:
    """One node while samples run.

    Args:
        network: verified.
        node: of it.
        known: node → its arithmetic, and the unit of its output.
    """

    def __init__(
        self, network: Network, node: Node, known: Mapping[str, tuple[Arithmetic, Unit]]
    ) -> None:
        self._network, self._node = network, node
        self._a = known[node.name][0]
        shapes = [network.shapes[use.source] for use in node.inputs]
        self._dense = node.op.count_dense_products(shapes, network.tensors)
        self._units = [np.asarray(known[use.source][1]) for use in node.inputs]
        self._active = [np.zeros((1, *shape)) for shape in shapes]
        self._binary = [True] * len(shapes)
        self._late: list[Values] = []
        self._products = self._effective = 0.0
        self._spikes = 0

    @property
    def wires(self) -> set[str]:
        """What must be recorded for it."""
        read = {_wire(use) for use in self._node.inputs} if self._dense else set[str]()
        return read | ({f"%{self._node.name}"} if self._fires else set())

    @property
    def _fires(self) -> bool:
        op = self._node.op
        return bool(op.states) and (op.spiking or op.output is Output.EVENTS)

    def begin(self, samples: int) -> None:
        """Other samples begin: nothing is under way."""
        shapes = [self._network.shapes[use.source] for use in self._node.inputs]
        self._late = [
            np.zeros((samples, use.delay, *shape), dtype=bool)
            for use, shape in zip(self._node.inputs, shapes, strict=True)
        ]

    def add(self, wires: Mapping[str, Values]) -> None:
        """Takes the next ticks of these samples into account."""
        if self._fires:
            self._spikes += int(np.count_nonzero(wires[f"%{self._node.name}"]))
        if not self._dense:
            return
        active: list[Values] = []
        for i, use in enumerate(self._node.inputs):
            sent = wires[_wire(use)]
            fired = sent != 0
            self._binary[i] &= bool(np.array_equal(np.abs(sent * self._units[i]) == 1, fired))
            arriving = np.concatenate((self._late[i], fired), axis=1)
            self._late[i] = arriving[:, sent.shape[1] :]
            arrived = arriving[:, : sent.shape[1]].reshape(-1, *sent.shape[2:]).astype(np.float64)
            self._active[i] += arrived.sum(axis=0, keepdims=True)
            active.append(arrived)
        if not self._node.op.linear:
            self._multiply(active)

    def _multiply(self, active: Sequence[Values]) -> None:
        self._products += self._node.op.count_products(active, self._a)
        self._effective += self._node.op.count_products(active, self._a, skip_zeros=True)

    def count(self, samples: int, ticks: int) -> LayerCounts:
        """The mean of an inference, of so many samples of so many ticks that were added."""
        node, op = self._node, self._node.op
        values = prod(self._network.shapes[node.name])
        found = LayerCounts(node.name, op.keyword, ticks=ticks, outputs=values)
        if op.states:
            found = replace(
                found,
                neurons=values,
                updates=values * ticks,
                leaks=op.leak is not None and op.leak.decay != 1.0,
                spikes=self._spikes / samples,
                state_bytes=values * sum(_count_state_bytes(node, s.role) for s in op.states),
            )
        elif not self._dense and op.output not in (Output.MOVED, Output.INPUT):
            found = replace(found, others=values * ticks)
        return self._count_products(found, samples, ticks) if self._dense else found

    def _count_products(self, found: LayerCounts, samples: int, ticks: int) -> LayerCounts:
        network, node, op = self._network, self._node, self._node.op
        if op.linear:
            self._multiply(self._active)
        found = replace(
            found,
            dense=self._dense * ticks,
            unpadded=op.count_products([np.ones_like(e) for e in self._active], self._a) * ticks,
            inputs=sum(each[0].size for each in self._active),
            products=self._products / samples,
            effective=self._effective / samples,
            binary=any(self._binary),
            first=any(_is_fed(network, use) for use in node.inputs),
            rate=min(float(each.mean()) / (samples * ticks) for each in self._active),
        )
        if not isinstance(op, Weighted):
            return found
        biases = 0 if op.bias is None else prod(network.shapes[node.name]) * ticks
        stored = 0 if op.bias is None else prod(op.bias_shape(network.tensors))
        codes = op.weight_codes(self._a)
        width = _count_code_bytes(codes) if node.formats else FLOAT_BYTES
        slides = codes.ndim == KERNELS
        return replace(
            found,
            biases=biases,
            weights=codes.size,
            kernel_positions=codes.size // codes.shape[1] if slides else 0,
            stored_biases=stored,
            weight_bytes=width,
        )


def _wire(use: Use) -> str:
    return f"%{use.source}" + (f".{use.state}" if use.state else "")


def _is_fed(network: Network, use: Use) -> bool:
    """Whether a wire carries a signal of the user's, only moved."""
    node = network[use.source]
    while node.op.output is Output.MOVED and node.inputs:
        node = network[node.inputs[0].source]
    return node.op.output is Output.INPUT


def _count_state_bytes(node: Node, role: str) -> int:
    """Of one state of one neuron; those that count ticks or spikes take one byte."""
    if not role:
        return 1
    format = node.formats.get(role)
    return -(-format.bits // 8) if isinstance(format, Quantity) else FLOAT_BYTES


def _count_code_bytes(codes: Values) -> int:
    """The fewest of 1, 2 and 4 bytes that hold each of some codes."""
    largest = int(np.max(np.abs(codes), initial=0))
    return 1 if largest < 1 << 7 else 2 if largest < 1 << 15 else 4
