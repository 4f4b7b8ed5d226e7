"""real_values: which nodes carry other values than counts of spikes, and around; no formats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...derived import Derived
from ...network import Network, Node, Use
from ...op.dimensions import Output
from ...op.op import Op

if TYPE_CHECKING:
    import networkx as nx

WHOLE = Output.MOVED, Output.SUMMED, Output.MULTIPLIED
"""Outputs that are integers where all inputs are."""
CARRYING = Output.MOVED, Output.SUMMED, Output.SCALED
"""Outputs in the unit of the inputs."""


def spike_counts(network: Network) -> frozenset[str]:
    """Nodes that put out counts of spikes."""
    return frozenset(name for name, counts in network.derive(_COUNTS).items() if counts)


def counts_spikes(network: Network, use: Use) -> bool:
    """Whether a wire contains counts of spikes, or of ticks."""
    return is_counted(network, use, network.derive(_COUNTS))


def _find_counts(network: Network) -> Mapping[str, bool]:
    known = {n.name: n.op.spiking or n.op.output in WHOLE for n in network}
    pending = [node for node in network if known[node.name]]
    while pending:
        node = pending.pop()
        if known[node.name] and not _puts_out_counts(network, node, known):
            known[node.name] = False
            pending.extend(network.users(node.name))
    return known


def _puts_out_counts(network: Network, node: Node, known: Mapping[str, bool]) -> bool | None:
    if node.op.spiking or node.op.output not in WHOLE:
        return node.op.spiking
    if any(use.source not in known for use in node.inputs):
        return None
    return all(is_counted(network, use, known) for use in node.inputs)


_COUNTS: Derived[Network, bool] = Derived(_find_counts, _puts_out_counts)


def is_counted(network: Network, use: Use, known: Mapping[str, bool]) -> bool:
    """The same, where it is known which nodes put out counts of spikes."""
    if use.state:
        return not network[use.source].op.state(use.state).real
    return known[use.source]


def has_format(op: Op) -> bool:
    """Whether an op puts out values in a format of its own, whatever its inputs are."""
    return op.output in (Output.HELD, Output.EVENTS)


def readers_of(network: Network) -> frozenset[str]:
    """Nodes that multiply or bend real values, or pass them on as graded events."""
    counts = spike_counts(network)
    return frozenset(
        node.name
        for node in network
        if has_format(node.op) or (node.op.output is Output.MULTIPLIED and node.name not in counts)
    )


def loops_of(network: Network, carriers: set[str]) -> Mapping[str, int]:
    """The carriers that carry a value back to themselves → number of the cycle they are part of."""
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    for name in carriers:
        sources = (use.source for use in network[name].inputs if not use.state)
        graph.add_edges_from((source, name) for source in sources if source in carriers)
    parts = enumerate(nx.strongly_connected_components(graph))
    return {
        name: number
        for number, part in parts
        for name in part
        if len(part) > 1 or graph.has_edge(name, name)
    }
