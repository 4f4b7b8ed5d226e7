"""Retime: give every hop its ticks, and say how much later each output comes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ...errors import PassError, Problem
from ...network import Network, Node
from ...op.dimensions import Measure
from ...ops import Input
from ...param import StateValues, values_of
from ...views import arithmetics, order_nodes
from ..base import Effect, Pass

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True)
class Retime(Pass):
    """Give each synapse at least `hop` ticks, as a chip with pipelined cores needs it.

    Classical retiming (Leiserson and Saxe 1991): with a lag r for every node, a use from s to t
    gets delay' = delay + r(t) - r(s). The sum of delays around a cycle stays, so the network
    computes the same, each node r ticks later. Branches that join get the balancing delay.

    Establishes: every use of a spiking source has a delay of `hop` ticks or more.
    May change: outputs come `lags(network, hop)` ticks later.
    Stands after quantize: delays change no number.
    """

    name = "retime"
    effect = Effect.SHIFTED
    hop: int = 1

    def lags(self, network: Network) -> Mapping[str, int]:
        return lags(network, self.hop)

    def __call__(self, network: Network) -> Network:
        _check_rest(network)
        lag = _lags(network, self.hop)

        def move(node: Node) -> Node:
            uses = (
                replace(use, delay=use.delay + lag[node.name] - lag[use.source])
                for use in node.inputs
            )
            return replace(node, inputs=tuple(uses))

        later = replace(network, nodes=tuple(move(node) for node in network))
        # A delay may have become none: its source must now be listed first.
        return replace(later, nodes=order_nodes(later))


def lags(network: Network, hop: int) -> Mapping[str, int]:
    """Output wire, as text → ticks by which it comes later when `network` is retimed."""
    lag = _lags(network, hop)
    return {str(use): lag[use.source] for use in network.outputs}


def _lags(network: Network, hop: int) -> Mapping[str, int]:
    return phases(network, 1, hop)


def phases(network: Network, period: int, hop: int) -> Mapping[str, int]:
    """Node → step in which its tick 0 falls, as early as can be; a tick takes `period` steps.

    Each use of a spiking source takes `hop` steps. With more steps to a tick than one the network
    is slowed down first (Leiserson and Saxe 1991, c-slow circuits), so that shorter loops fit.

    Raises:
        PassError: R001, a loop has fewer steps of delay than hops; names it.
    """
    import networkx as nx

    # r(t) >= r(s) + hop(s) - period delay for every use: longest paths, found as shortest ones of
    # the negated lengths. A cycle of positive length has fewer ticks than hops.
    constraints: nx.DiGraph[str] = nx.DiGraph()
    for node in network:
        constraints.add_edge("", node.name, weight=0)  # the empty name is the common start
        for use in node.inputs:
            least = (hop if network[use.source].op.spiking else 0) - period * use.delay
            known = constraints.get_edge_data(use.source, node.name, {"weight": -least})
            constraints.add_edge(use.source, node.name, weight=min(known["weight"], -least))
    try:
        lengths = nx.single_source_bellman_ford_path_length(constraints, "")
    except nx.NetworkXUnbounded:
        cycle = nx.find_negative_cycle(constraints, "")
        path = " → ".join(f"%{name}" for name in cycle)
        raise PassError(
            Problem.parse(
                f"the loop has fewer ticks of delay than hops of {hop} tick(s), {path}; keep it "
                "within one core, or train with a longer delay",
                rule="R001",
                node=cycle[0],
            )
        ) from None
    return {name: int(-length) for name, length in lengths.items() if name}


@dataclass
class Lateness:
    """Ticks by which passes make outputs later, added up while they run.

    A pass may rename an output, or put a neuron in its way: each is asked with the network that it
    is given, and outputs keep their places.

    Attributes:
        outputs: of the network before all passes, as text.
        ticks: for each of them.
    """

    outputs: tuple[str, ...]
    ticks: list[int]

    @classmethod
    def of(cls, network: Network) -> Lateness:
        """Before any pass has run."""
        return cls(tuple(map(str, network.outputs)), [0] * len(network.outputs))

    def add(self, step: Pass, before: Network) -> None:
        """Takes a pass into account, and the network that it is given."""
        late = step.lags(before)
        for place, use in enumerate(before.outputs):
            self.ticks[place] += late.get(str(use), 0)

    @property
    def total(self) -> dict[str, int]:
        """Output of the network before all passes → ticks."""
        return dict(zip(self.outputs, self.ticks, strict=True))


def _check_rest(network: Network) -> None:
    """A late node must find what it found before: silence, for as long as nothing arrives."""
    numbers = arithmetics(network)
    for node in network:
        if isinstance(node.op, Input):
            continue
        a, shape = numbers[node.name][0], network.shapes[node.name]
        first = node.op.begin(shape, a)
        states = {name: np.broadcast_to(value, (1, *shape)) for name, value in first.items()}
        sizes = (network.shapes[use.source] for use in node.inputs)
        nothing = [np.zeros((1, *size), dtype=a.zeros(()).dtype) for size in sizes]
        after, out = node.op.step(states, nothing, a)
        # One tick that changes nothing is followed by more of them; and who reads a state finds
        # zero before the first.
        still = all(not np.any(each[name]) for each in (states, after) for name in states)
        if np.any(out) or not still:
            found, cure = _explain_unrest(network, node, first)
            sentence = f"{found}, so its first ticks would differ when it starts late; {cure}"
            raise PassError(node.problem("R002", sentence))


def _explain_unrest(network: Network, node: Node, first: StateValues) -> tuple[str, str]:
    """Why a node does something when nothing arrives, and what to do about it."""
    constants = node.op.select_fields(Measure.CURRENT, Measure.OFFSET).items()
    for name, value in constants:
        if np.any(values_of(value, network.tensors)):
            return f"its {name} is not zero", "fold it into a source that spikes in every tick"
    for name, begun in first.items():
        if np.any(begun):
            return f"its state '{name}' begins at something else than zero", "begin at zero"
    if "threshold" in type(node.op).stated:
        lowest = float(
            np.min(values_of(node.op.select_fields(Measure.VOLTAGE)["threshold"], network.tensors))
        )
        return f"with a threshold of {lowest} it fires at rest", "give it one above zero"
    return (
        f"{node.op.keyword} of zeros is not zero",
        "build for a target that starts it on time, such as --target c99",
    )
