"""export_network: a network → the NIR graph that says the same, and what NIR cannot say of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import networkx as nx
import numpy as np

from snncc.ir import LoweringRefused, Network, Node, Use, Values, find_unused, graph
from snncc.ir.ops import Sum

from .flatten import flatten
from .hdf5.nir_graph import Edge, NirGraph, NirNode
from .metadata import Memory, line
from .to_nir import arrays, is_odd_convolution, list_unsaid, to_nir

FLATTENED = (
    "written along one axis, as NIR shares no weights along axes and reshapes nothing: its wires "
    "carry the same values in row-major order, and read back they have that shape"
)


@dataclass(frozen=True)
class Exported:
    """A NIR graph, and a sentence for each thing that it holds in its metadata alone."""

    graph: NirGraph
    notes: tuple[str, ...]


def export_network(network: Network) -> Exported:
    """A float network as NIR.

    Where NIR has nothing for it as it is, and along one axis it has, that is what is written.

    Raises:
        LoweringRefused: NIR has no node for an op, or no edge for a wire; names the node.
    """
    if network.quantized:
        raise LoweringRefused("NIR has no number formats; write the float network")
    try:
        return _Exporter(network).run()
    except LoweringRefused:
        flat = flatten(network)
        if flat is None:
            raise
    made = _Exporter(flat).run()
    return replace(made, notes=(FLATTENED, *made.notes))


@dataclass
class _Exporter:
    """Nodes and edges, entered one by one."""

    network: Network
    nodes: dict[str, NirNode] = field(default_factory=dict[str, NirNode])
    edges: list[Edge] = field(default_factory=list[Edge])
    late: set[Edge] = field(default_factory=set[Edge])
    lines: dict[str, str] = field(default_factory=dict[str, str])
    sums: dict[str, str] = field(default_factory=dict[str, str])
    arrays: dict[str, Values] = field(default_factory=dict[str, Values])
    notes: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        whole = graph(self.network)
        live = {use.source for use in self.network.outputs}
        self._live = live.union(*(nx.ancestors(whole, name) for name in live))
        self._loop = {
            name: index
            for index, names in enumerate(nx.strongly_connected_components(whole))
            for name in names
        }

    def run(self) -> Exported:
        network = self.network
        for node in network:
            if node.name not in self._live:
                self.notes.append(f"%{node.name} is not written: no output depends on it")
            elif not isinstance(node.op, Sum):
                self._node(node)
        for node in network:
            if node.name in self._live and not isinstance(node.op, Sum):
                self._wire(node.name, node.inputs)
        for use in network.outputs:
            name = self._find_unused("output")
            shape = np.asarray(network.shapes[use.source], dtype=np.int64)
            self.nodes[name] = NirNode("Output", {"shape": shape})
            self._wire(name, (use,))
        memory = Memory(
            network.name,
            network.tick,
            network.decode,
            tuple(node.name for node in network),
            frozenset(self.late),
            self.lines,
            self.sums,
            self.arrays,
        )
        said = f"the tick of {network.tick:g} s and the decoding by {network.decode}"
        notes = (*self.notes, f"NIR cannot say {said}; the file's metadata hold it")
        nodes = {name: self.nodes[name] for name in sorted(self.nodes)}
        return Exported(NirGraph(nodes, tuple(self.edges), memory.pack()), notes)

    def _node(self, node: Node) -> None:
        network = self.network
        source = node.inputs[0].source if node.inputs else node.name
        try:
            made = to_nir(node.op, network.tensors, network.shapes[source], network.tick)
        except LoweringRefused as refusal:
            raise LoweringRefused(f"%{node.name}: {refusal}{_origin(node)}") from None
        self.nodes[node.name] = made
        self.lines[node.name] = line(node)
        for key, values in arrays(node.op, network.tensors, made).items():
            self.arrays[f"{node.name}.{key}"] = values
        if is_odd_convolution(made):
            self.notes.append(
                f"%{node.name} has groups or a kernel that is not square, where nir 1.0.8 expects "
                "wrong shapes: it reads this file with type_check=False"
            )
        if phrases := list_unsaid(node.op, network.tensors):
            self.notes.append(
                f"NIR cannot say of %{node.name}: {', '.join(phrases)}; the file's metadata hold it"
            )

    def _wire(self, name: str, uses: Iterable[Use]) -> None:
        """The edges into a node; those of a sum lead to whoever uses it."""
        for use in uses:
            if isinstance(self.network[use.source].op, Sum) and not use.delay:
                self.sums[name] = use.source
            for source, delay in self._summands(use, 0):
                self._edge(source, name, delay)

    def _summands(self, use: Use, delay: int) -> list[tuple[str, int]]:
        node = self.network[use.source]
        if use.state:
            raise LoweringRefused(
                f"%{use.source}.{use.state} is read, but in NIR a neuron puts out spikes alone"
                f"{_origin(node)}"
            )
        if not isinstance(node.op, Sum):
            return [(node.name, delay + use.delay)]
        shapes = {self.network.shapes[each.source] for each in node.inputs}
        if len(shapes) > 1:
            raise LoweringRefused(
                f"%{node.name} adds signals of the shapes {sorted(map(list, shapes))}, in NIR they "
                f"must be equal{_origin(node)}"
            )
        return [s for each in node.inputs for s in self._summands(each, delay + use.delay)]

    def _edge(self, source: str, target: str, delay: int) -> None:
        network = self.network
        loop = target in network and self._loop[source] == self._loop[target]
        if delay == 1 and loop and network[source].op.states and (source, target) not in self.edges:
            # As every library writes recurrence: the tick goes without saying.
            self.late.add((source, target))
            self.edges.append((source, target))
            return
        if delay:
            name = self._find_unused(f"{source}_delay_{delay}")
            ticks = np.full(network.shapes[source], delay * network.tick)
            self.nodes[name] = NirNode("Delay", {"delay": ticks})
            self.edges.append((source, name))
            source = name
        if (source, target) in self.edges:
            raise LoweringRefused(
                f"%{target} reads %{source} twice in one tick, but an edge of NIR exists once"
                f"{_origin(network[source])}"
            )
        self.edges.append((source, target))

    def _find_unused(self, name: str) -> str:
        return find_unused(name, {node.name for node in self.network} | self.nodes.keys())


def _origin(node: Node) -> str:
    return f"\n  origin: {node.origin}" if str(node.origin) else ""
