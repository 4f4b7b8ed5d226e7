"""Which signals must count in one unit; the unit of each such group is chosen in `quantize.py`."""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from ...arithmetic.arithmetic import FloatArithmetic
from ...derived import Derived
from ...errors import PassError
from ...network import Network, Node, Use
from ...op.dimensions import Output
from ...op.op import Op
from ...ops import Input, Spiking, Sum, Weighted
from ...param import Shape, Unit, Values
from ...views import order_nodes
from ...wire_units import format_unit, wire_unit

if TYPE_CHECKING:
    import networkx as nx

Kind: TypeAlias = Literal["count", "real", "held", "current"]
"""What a wire carries: spikes; values whose unit is given; real values in a format of their own,
and what is made of them; or currents, whose unit is chosen."""


def kinds(network: Network) -> Mapping[str, Kind]:
    """Node name → what its output carries.

    A stateless op without weights carries on what it gets; where kinds meet, it is a current.

    Raises:
        PassError: a current feeds itself, with no neuron between.
    """
    return network.derive(_KINDS)


def _infer_kinds(network: Network) -> Mapping[str, Kind]:
    result: dict[str, Kind] = {}
    waiting: list[Node] = []
    pending = deque(network)
    while pending:
        node = pending.popleft()
        if node.name in result:
            continue
        kind = _kind(network, node, result)
        if kind is None:
            waiting.append(node)
            continue
        result[node.name] = kind
        pending.extend(network.users(node.name))
    left = next((node for node in waiting if node.name not in result), None)
    if left is not None:
        raise PassError(
            left.problem(
                "quantize",
                "a current that feeds itself without a neuron has no unit of its own; put a neuron "
                "or an integrator into the loop",
            )
        )
    return result


def _kind(network: Network, node: Node, known: Mapping[str, Kind]) -> Kind | None:
    """What a node puts out; None where what it gets is not known yet."""
    own = _find_own_kind(node.op)
    if own is not None:
        return own
    found: list[Kind | None] = [wire_kind(network, use, known) for use in node.inputs]
    return None if None in found else _joint(node, found)


_KINDS: Derived[Network, Kind] = Derived(_infer_kinds, _kind)


def _find_own_kind(op: Op) -> Kind | None:
    """What an op puts out whatever its inputs are; None where that follows from them."""
    match op.output:
        case Output.SPIKES:
            return "count"
        case Output.POTENTIAL:
            return "real"
        case Output.INPUT:
            return "count" if op.spiking else "real"
        case Output.CURRENT:
            return "current"
        case Output.HELD | Output.EVENTS:
            return "held"
        case _:
            return None


def _joint(node: Node, found: Sequence[Kind | None]) -> Kind:
    first = found[0]
    alike = len(found) == 1 or set(found) in ({"count"}, {"held"})
    if alike and first is not None:
        return first
    return "held" if node.op.output is Output.MULTIPLIED else "current"


def wire_kind(network: Network, use: Use, known: Mapping[str, Kind]) -> Kind | None:
    """What a wire carries; None where its source is not known yet."""
    op = network[use.source].op
    if use.state and not op.state(use.state).real:
        return "count"
    if use.state and not op.held:
        return "real"
    return known.get(use.source)


@dataclass(frozen=True)
class Group:
    """Signals that meet, and so count in one unit.

    Attributes:
        weights: node with weights → its unit, as a multiple of the group's.
        neurons: population → unit of its input, as a multiple of the group's.
        grain: shape of the group's unit: an extent where it varies, 1 where it does not; () for
            one unit in all.
    """

    weights: Mapping[str, float]
    neurons: Mapping[str, float]
    grain: Shape

    def coarsen(self, values: Values, shape: Shape) -> Values:
        """The largest of `values` (broadcastable to `shape`) for each entry of the grain."""
        if not self.grain:
            return np.asarray(np.max(values, initial=0.0))
        axes = tuple(i for i, n in enumerate(self.grain) if n == 1)
        return np.asarray(np.max(np.broadcast_to(values, shape), axis=axes, keepdims=True))


Units: TypeAlias = Literal["neuron", "population", "register"]
"""How many units the neurons of a population have; see `Quantize`."""


def coarsen_group(network: Network, group: Group, units: str) -> Group:
    """The group with one unit for all that meet, where `units` asks for that.

    With `register` it does where a neuron resets to zero, as stock neurons with a register for the
    threshold of all do.
    """
    stock = any(_resets_to_zero(network[name].op) for name in group.neurons)
    one = units == "population" or (units == "register" and (stock or not group.neurons))
    return replace(group, grain=()) if one else group


def _resets_to_zero(op: Op) -> bool:
    return isinstance(op, Spiking) and op.reset == "value" and op.reset_amount == 0.0


@dataclass(frozen=True)
class Meetings:
    """The nodes of which the signals meet, and what must have its unit before what.

    Attributes:
        parts: nodes whose signals count in one unit, for each unit.
        order: part → those with weights that read its currents or potentials.
        weights: node with weights → parts of the signals that it reads, and its own part.
    """

    parts: tuple[frozenset[str], ...]
    order: nx.DiGraph[int]
    weights: Mapping[str, tuple[tuple[int, ...], int]]

    @property
    def circular(self) -> tuple[str, ...]:
        """Nodes with weights that read what their own current, or what follows from it, meets."""
        import networkx as nx

        circle: dict[int, int] = {}
        for number, found in enumerate(nx.strongly_connected_components(self.order)):
            circle.update(dict.fromkeys(found, number))
        return tuple(
            name
            for name, (sources, own) in self.weights.items()
            if any(circle[source] == circle[own] for source in sources)
        )


def meetings(network: Network) -> Meetings:
    """Which signals meet, and which weights lead from some to others."""
    import networkx as nx

    what = kinds(network)
    members: nx.Graph[str] = nx.Graph()
    for node in network:
        chosen = isinstance(node.op, Weighted) or node.op.integrates or what[node.name] == "current"
        if chosen and what[node.name] != "held":
            members.add_node(node.name)
        if not isinstance(node.op, Weighted) and node.name in members:
            members.add_edges_from((use.source, node.name) for use in node.inputs)
    parts = tuple(frozenset(part) for part in nx.connected_components(members))
    of = {name: index for index, part in enumerate(parts) for name in part}
    order: nx.DiGraph[int] = nx.DiGraph()
    order.add_nodes_from(range(len(parts)))
    weights: dict[str, tuple[tuple[int, ...], int]] = {}
    for node in network:
        if isinstance(node.op, Weighted):
            sources = tuple(of[name] for name in _carriers(network, node.inputs[0], what))
            weights[node.name] = sources, of[node.name]
            order.add_edges_from((source, of[node.name]) for source in sources)
    return Meetings(parts, order, weights)


def groups(network: Network) -> tuple[Group, ...]:
    """All groups, each after those whose currents its weights read.

    Args:
        network: in which no weights read what their own current meets.

    Raises:
        PassError: signals that cannot count in one unit meet.
    """
    import networkx as nx

    met = meetings(network)
    place = {node.name: index for index, node in enumerate(order_nodes(network))}
    read = _read(network)
    return tuple(
        _group(network, sorted(met.parts[index], key=place.__getitem__), read)
        for index in nx.topological_sort(met.order)
    )


def _carriers(network: Network, use: Use, what: Mapping[str, Kind]) -> list[str]:
    """Nodes whose chosen unit a wire has: the current it is, or the population it reads."""
    kind = wire_kind(network, use, what)
    node = network[use.source]
    if kind in ("count", "held") or isinstance(node.op, Input):
        return []
    if kind == "current" or node.op.states:
        return [use.source]
    return [name for further in node.inputs for name in _carriers(network, further, what)]


def _group(network: Network, part: Sequence[str], read: Container[str]) -> Group:
    nodes = [network[name] for name in part]
    factors = _factors(network, nodes, part)
    weights = {n.name: factors[n.name] for n in nodes if isinstance(n.op, Weighted)}
    neurons = {n.name: factors[n.name] for n in nodes if n.op.integrates}
    return Group(weights, neurons, _grain(network, nodes, read))


def _factors(network: Network, nodes: list[Node], part: Sequence[str]) -> dict[str, float]:
    """Unit of each node as a multiple of the group's; an average makes the unit smaller."""
    import networkx as nx

    steps: nx.Graph[str] = nx.Graph()
    steps.add_nodes_from(part)
    for node in nodes:
        if isinstance(node.op, Weighted):
            continue
        for use in node.inputs:
            steps.add_edge(
                use.source, node.name, user=node.name, ratio=_compute_ratio(network, node)
            )
    first = nodes[0].name
    factors = {first: 1.0}
    for left, right in nx.bfs_edges(steps, first):
        edge = steps[left][right]
        factors[right] = factors[left] * (
            edge["ratio"] if edge["user"] == right else 1 / edge["ratio"]
        )
    for left, right, edge in steps.edges(data=True):
        source, user = (left, right) if edge["user"] == right else (right, left)
        if not np.isclose(factors[user], factors[source] * edge["ratio"], rtol=1e-12):
            raise PassError(
                network[user].problem(
                    "quantize",
                    f"an averaged and a plain current of %{source} meet; average both, or neither",
                )
            )
    return factors


def _compute_ratio(network: Network, node: Node) -> float:
    """Unit of a node as a multiple of its inputs'."""
    if node.op.output is not Output.AVERAGED:
        return 1.0
    shapes = [network.shapes[use.source] for use in node.inputs]
    one = [np.ones(())] * len(shapes)
    return float(node.op.unit(one, shapes, FloatArithmetic(network.tensors)))


def _read(network: Network) -> set[str]:
    """Nodes whose values must be comparable with each other: they are read as numbers."""
    read = {
        use.source for use in network.outputs if use.state or not network[use.source].op.spiking
    }
    uses = (use for node in network for use in node.inputs if use.state)
    read.update(u.source for u in uses if network[u.source].op.state(u.state).real)
    # Weights that read a current may serve several of its places, which then count alike.
    late = (u.source for n in network if isinstance(n.op, Weighted) for u in n.inputs)
    read.update(source for source in late if not network[source].op.spiking)
    return read


def _grain(network: Network, nodes: list[Node], read: Container[str]) -> Shape:
    """As fine as every op of the group allows; one unit in all where values must be comparable."""
    shapes = {network.shapes[node.name] for node in nodes}
    for node in nodes:
        plain = isinstance(node.op, Weighted | Sum) or node.op.output is Output.SPIKES
        if len(shapes) > 1 or not plain or node.name in read:
            return ()
    shape = shapes.pop()
    grains = [n.op.grain(shape) for n in nodes if isinstance(n.op, Weighted)]
    return tuple(min(extents) for extents in zip(*grains, strict=True))


def scale_unit(unit: Unit, factor: float) -> Unit:
    """The unit times a factor; an n-th of it is divided, as by the op that averages n values.

    So that both are one number, and not two that differ by their rounding.
    """
    parts = round(1 / factor)
    return unit / parts if parts > 1 and np.isclose(1 / factor, parts) else unit * factor


Currents: TypeAlias = Mapping[str, Unit]
"""Population → unit of the currents that drive it, broadcastable to its shape, float64.

Chosen group by group while the populations have no formats; their potentials count in it as long as
they are read inside the network. What a finished network counts in, its formats say.
"""


def unit_of(network: Network, use: Use, currents: Currents) -> Unit:
    """Unit of a wire whose group has its formats already; spikes count in ones."""
    node = network[use.source]
    outputs: dict[str, Unit] = {}
    if isinstance(node.op, Input) and not node.op.spiking:
        outputs[node.name] = format_unit(network, node, "value")
    elif not use.state and not node.op.spiking and not node.op.output_role:
        units = [unit_of(network, further, currents) for further in node.inputs]
        shapes = [network.shapes[further.source] for further in node.inputs]
        outputs[node.name] = node.op.unit(units, shapes, FloatArithmetic(network.tensors))
    unit = wire_unit(network, use, outputs, currents)
    assert unit is not None, f"{use} has no unit yet"
    return unit
