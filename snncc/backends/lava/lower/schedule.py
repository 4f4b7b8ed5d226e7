"""In which step of Loihi each population has its tick; numbers only, no network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True)
class Schedule:
    """When each population updates: tick T of population n falls in step period T + phase(n).

    A synapse takes one step, as Lava's connections send what they received a step ago. A loop of
    three synapses and one tick of delay therefore needs three steps to a tick: the network is
    slowed down by that factor and then retimed (Leiserson and Saxe 1991, c-slow circuits).
    """

    period: int
    phases: Mapping[str, int]

    def count_extra(self, source: str, target: str, delay: int) -> int:
        """Steps of delay that a synapse needs beyond its own one.

        Where a tick has several steps, a population gathers what arrives since its last tick.
        """
        late = self.period * delay + self.phases[target] - self.phases[source] - 1
        return max(0, late - (self.period - 1))


def schedule(names: Iterable[str], synapses: Iterable[tuple[str, str, int]]) -> Schedule:
    """The schedule with the fewest steps to a tick, each population as early as can be.

    Args:
        names: all populations and inputs.
        synapses: source, target, delay in ticks; every loop has one tick or more.
    """
    nodes, edges = tuple(names), tuple(synapses)
    for period in range(1, len(nodes) + 2):
        phases = _phases(nodes, edges, period)
        if phases is not None:
            return Schedule(period, phases)
    raise AssertionError("a loop without any delay cannot have passed the verifier")


def _phases(
    nodes: tuple[str, ...], edges: tuple[tuple[str, str, int], ...], period: int
) -> Mapping[str, int] | None:
    """Longest paths, found as shortest ones of negated lengths; None where a loop grows."""
    import networkx as nx

    lengths: nx.DiGraph[str] = nx.DiGraph()
    lengths.add_weighted_edges_from(("", name, 0) for name in nodes)
    for source, target, delay in edges:
        least = period * delay - 1
        known = lengths.get_edge_data(source, target, {"weight": least})
        lengths.add_edge(source, target, weight=min(known["weight"], least))
    try:
        found = nx.single_source_bellman_ford_path_length(lengths, "")
    except nx.NetworkXUnbounded:
        return None
    return {name: int(-length) for name, length in found.items() if name}
