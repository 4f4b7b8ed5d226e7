"""Computed views of a network: order, cycles, units, registers of inputs, projections.

Nothing here is stored: the network is the one truth.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .arithmetic.arithmetic import Arithmetic, FloatArithmetic
from .arithmetic.integer_arithmetic import IntegerArithmetic
from .arithmetic.number import Single
from .arithmetic.single_arithmetic import SingleArithmetic
from .errors import NumberError, RuleViolation
from .network import Network, Node, Use
from .nodes import sort_nodes
from .ops import Input, Requantize
from .param import Unit
from .wire_units import ONE, wire_unit

if TYPE_CHECKING:
    import networkx as nx


def graph(network: Network, *, now: bool = False) -> nx.DiGraph[str]:
    """Nodes by name, with an edge source → user; `delay` is the smallest of the uses.

    With `now`, only the uses without delay: what must be computed in the same tick.
    """
    import networkx as nx

    result: nx.DiGraph[str] = nx.DiGraph()
    result.add_nodes_from(node.name for node in network)
    for node in network:
        for use in node.inputs:
            if now and use.delay:
                continue
            known = result.get_edge_data(use.source, node.name, {"delay": use.delay})
            result.add_edge(use.source, node.name, delay=min(known["delay"], use.delay))
    return result


def order_nodes(network: Network) -> tuple[Node, ...]:
    """The nodes, each after those it uses without delay; otherwise in the order they have.

    Raises:
        RuleViolation: V003, a cycle carries no delay.
    """
    found = sort_nodes(tuple(network))
    if found is not None:
        return found
    import networkx as nx

    cycle = [edge[0] for edge in nx.find_cycle(graph(network, now=True))]
    path = " → ".join(f"%{name}" for name in [*cycle, cycle[0]])
    message = f"the cycle {path} carries no tick of delay; delay one of its uses"
    raise RuleViolation("V003", cycle[0], message, str(network[cycle[0]].origin))


def ancestors(network: Network) -> frozenset[str]:
    """Names of all nodes that some output depends on, at any delay."""
    import networkx as nx

    whole = graph(network)
    keep = {use.source for use in network.outputs}
    return frozenset(keep.union(*(nx.ancestors(whole, name) for name in keep)))


def arithmetics(network: Network) -> Mapping[str, tuple[Arithmetic, Unit]]:
    """Node name → the arithmetic it computes in, and the unit of its output.

    Raises:
        RuleViolation: V010 a format is missing, V011 units do not meet.
    """
    _refuse_single(network)
    result: dict[str, tuple[Arithmetic, Unit]] = {}
    for node in network:
        _compute_in(network, node.name, result)
    return result


def arithmetic(network: Network, name: str) -> Arithmetic:
    """The arithmetic that one node of a verified network computes in; looks at what it must.

    Raises:
        RuleViolation: V010 a format is missing, V011 units do not meet.
    """
    result: dict[str, tuple[Arithmetic, Unit]] = {}
    _compute_in(network, name, result)
    return result[name][0]


def _compute_in(network: Network, name: str, result: dict[str, tuple[Arithmetic, Unit]]) -> None:
    """Adds the arithmetic of a node, and of all before it whose units it needs."""
    pending: dict[str, None] = {} if name in result else {name: None}
    while pending:
        node = network[next(reversed(pending))]
        units = [_unit_of(network, use, result) for use in node.inputs]
        known = [unit for unit in units if unit is not None]
        if len(known) == len(units):
            result[node.name] = _arithmetic(network, node, known)
            del pending[node.name]
            continue
        first = next(
            use.source for use, unit in zip(node.inputs, units, strict=True) if unit is None
        )
        if first in pending:
            message = "its unit depends on itself; give a node of the cycle a number format"
            raise RuleViolation("V011", node.name, message, str(node.origin))
        pending[first] = None


def _unit_of(
    network: Network, use: Use, known: Mapping[str, tuple[Arithmetic, Unit]]
) -> Unit | None:
    """Unit of a wire; None where it is not known yet."""
    if not network.quantized:
        return ONE
    found = known.get(use.source)
    return wire_unit(network, use, {} if found is None else {use.source: found[1]})


def _arithmetic(network: Network, node: Node, units: list[Unit]) -> tuple[Arithmetic, Unit]:
    if not network.quantized:
        return FloatArithmetic(network.tensors), ONE
    kind = SingleArithmetic if _is_single(node) else IntegerArithmetic
    a = kind(network.tensors, node.formats, units, f"%{node.name}", str(node.origin))
    shapes = [network.shapes[use.source] for use in node.inputs]
    try:
        return a, node.op.unit(units, shapes, a)
    except (ValueError, NumberError) as error:
        message = str(error).removeprefix(f"%{node.name}: ")
        raise RuleViolation("V011", node.name, message, str(node.origin)) from error


def _is_single(node: Node) -> bool:
    return any(isinstance(format, Single) for format in node.formats.values())


def _refuse_single(network: Network) -> None:
    """Refuses a node that computes with a potential in single precision.

    It may have come past ops that only move values.

    Raises:
        RuleViolation: V011, names that node.
    """
    single = {node.name for node in network.populations if _is_single(node)}
    carriers = {name for name in single if not network[name].op.spiking}
    pending = deque(network if single else ())
    while pending:
        node = pending.popleft()
        if not any(u.source in (single if u.state else carriers) for u in node.inputs):
            continue
        if node.op.roles:
            message = "it reads a potential in single precision, which only an output may show"
            raise RuleViolation("V011", node.name, message, str(node.origin))
        if not node.op.states and node.name not in carriers:
            carriers.add(node.name)
            pending.extend(network.users(node.name))


def input_registers(network: Network) -> tuple[Node, ...]:
    """Registers of what inputs alone lead to, with no state on the way, each after those it reads.

    A host can compute these before anything enters a chip.
    """
    import networkx as nx

    whole = graph(network)
    found: list[tuple[int, Node]] = []
    for node in network:
        if isinstance(node.op, Requantize):
            past = nx.ancestors(whole, node.name) | {node.name}
            kept = any(network[name].op.states for name in past)
            if not kept and nx.is_directed_acyclic_graph(whole.subgraph(past)):
                found.append((len(past), node))
    # What one of them reads has fewer before it.
    return tuple(node for _, node in sorted(found, key=lambda each: each[0]))


@dataclass(frozen=True)
class Projection:
    """Synapses from one population (or input) to another: a path of stateless linear ops.

    Attributes:
        path: the ops between the two, in the order in which a spike meets them.
        delay: ticks along the path.
    """

    source: str
    target: str
    path: tuple[Node, ...]
    delay: int


def projections(network: Network) -> tuple[Projection, ...]:
    """All projections of the network.

    Raises:
        RuleViolation: V005, a node between two populations is neither linear nor a sum, or reads
            itself; named.
    """
    found: list[Projection] = []

    def walk_back(
        use: Use, path: tuple[Node, ...], delay: int, target: str, passed: tuple[str, ...] = ()
    ) -> None:
        source = network[use.source]
        delay += use.delay
        if source.name in passed:
            message = "what it computes comes back to it with no population on the way"
            raise RuleViolation("V005", source.name, message, str(source.origin))
        if source.op.states or isinstance(source.op, Input):
            found.append(Projection(source.name, target, path, delay))
            return
        if not (source.op.linear or source.op.keyword == "sum"):
            message = f"{source.op.keyword} between populations is not a projection"
            raise RuleViolation("V005", source.name, message, str(source.origin))
        step = path if source.op.keyword == "sum" else (source, *path)
        for further in source.inputs:
            walk_back(further, step, delay, target, (*passed, source.name))

    for population in network.populations:
        for use in population.inputs:
            walk_back(use, (), 0, population.name)
    return tuple(found)
