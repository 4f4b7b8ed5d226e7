"""load: a `.nir` file → a network; only the order of things.

Which op a node type becomes, and which types are refused, is in `node_types.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np

from snncc.frontends import Imported, ImportRequest
from snncc.ir import (
    DECODES,
    Decode,
    ImportRefused,
    Network,
    Node,
    UsageError,
    Use,
    Values,
    describe_unknown,
    find_unused,
    order_nodes,
    reading,
    verify,
)
from snncc.ir.ops import Concat, Input, Reshape, Slice, Sum, SumPool
from snncc.ir.untrusted import limits

from .choices import OPEN, Choices
from .file_facts import SAME, choose, list_effective, signal_kind
from .hdf5.nir_graph import NirGraph
from .hdf5.read_file import read_file
from .inline import Flat, inline
from .loops import Loops
from .metadata import unpack
from .node_parts import Part
from .node_types import NEURONS, refuse_unknown
from .restore import Recall
from .weave_network import Weaver, node_name
from .wire_shapes import build


def load(request: ImportRequest) -> Imported:
    """The network of a `.nir` file.

    Raises:
        ImportRefused: it contains something that cannot be expressed exactly; names the node.
        UsageError: no such file, no NIR, or an option that does not exist.
        DeviceError: h5py is not installed.
    """
    if request.weights is not None:
        raise UsageError("a .nir file contains its weights; leave out --weights")
    path = Path(request.source)
    whole = read_file(path)
    with reading(f"{path} cannot be read as a network", ImportRefused):
        return _network(path, whole, request)


def _network(path: Path, whole: NirGraph, request: ImportRequest) -> Imported:
    graph = inline(whole)
    refuse_unknown(graph)
    recall, ignored = _recall(whole, request.options)
    choices = choose(graph, request.options, recall.memory)
    delays = _delays(graph, choices)
    parts = _parts(graph, choices)
    said = _enter(parts, request, recall)
    late = [name for name, ticks in delays.items() if np.all(ticks)]
    loops = Loops(graph, [name for name, part in parts.items() if part.node.kind in NEURONS], late)
    build(graph, parts, delays, choices, recall)
    weaver = Weaver(graph, parts, loops, delays, choices, path.name, recall)
    outputs = _weave(weaver)
    network = Network(
        recall.memory.name if recall.memory else node_name(path.stem, "nir"),
        _list_nodes(weaver.nodes, recall),
        outputs,
        choices.dt,
        MappingProxyType({k: v for part in parts.values() for k, v in part.tensors.items()}),
    )
    network = replace(
        network, nodes=order_nodes(network), decode=_decode(network, request.options, recall)
    )
    told = (
        choices.notes(list_effective(graph, loops.exist))
        if recall.memory is None
        else recall.notes()
    )
    notes = (*told, *said, *ignored)
    return Imported(verify(network), None, notes)


def _weave(weaver: Weaver) -> tuple[Use, ...]:
    try:
        return weaver.weave()
    except RecursionError:
        raise ImportRefused("a chain of some hundred layers has no neuron in it") from None


def _recall(graph: NirGraph, options: Mapping[str, str]) -> tuple[Recall, tuple[str, ...]]:
    """The file's memory, unless an option asks for another reading; and what to say about that."""
    memory = unpack(graph.metadata)
    asked = [key for key in ("preset", *OPEN) if key in options]
    if memory is None or not asked:
        return Recall(memory), ()
    note = f"snncc wrote this file; with option {asked[0]} given, it is read as NIR alone"
    return Recall(None), (note,)


def _list_nodes(nodes: Mapping[str, Node], recall: Recall) -> tuple[Node, ...]:
    """The nodes as they were listed when they were written, then those that are new."""
    order = recall.memory.order if recall.memory else ()
    known = [nodes[name] for name in dict.fromkeys(order) if name in nodes]
    return (*known, *(node for name, node in nodes.items() if name not in order))


def _decode(network: Network, options: Mapping[str, str], recall: Recall) -> Decode:
    """How ticks become a score: as told, else spikes are counted and potentials averaged."""
    told = options.get("decode", recall.memory.decode if recall.memory else None)
    if told is None:
        return "count" if _counts(network, network.outputs[0].source) else "mean"
    for decode in DECODES:
        if decode == told:
            return decode
    raise UsageError(f"option decode: {describe_unknown('value', told, DECODES)}")


def _counts(network: Network, name: str) -> bool:
    """Whether a wire carries counts of spikes: those of neurons, moved or added up."""
    node = network[name]
    moving = isinstance(node.op, Concat | Reshape | Slice | Sum | SumPool)
    return node.op.spiking or (moving and all(_counts(network, u.source) for u in node.inputs))


def _delays(graph: Flat, choices: Choices) -> dict[str, Values]:
    """Delay node → ticks; those of no tick are taken out of the graph."""
    found: dict[str, Values] = {}
    for name in graph.of_kind("Delay"):
        part = Part(name, name, graph.nodes[name], choices)
        ticks = part.numbers("delay") / choices.dt
        whole = np.rint(ticks)
        if np.any(whole > limits.DELAY):
            raise part.refuse(
                f"'delay' is {ticks.max():g} ticks of dt={choices.dt:g} s; {limits.DELAY:,} at "
                "are kept (option dt)"
            )
        if np.any(whole < 0) or not np.allclose(ticks, whole, rtol=SAME, atol=SAME):
            off = float(ticks.flat[np.argmax(np.abs(ticks - whole))])
            raise part.refuse(
                f"'delay' is {off * choices.dt:g} s, {off:g} ticks of dt={choices.dt:g} s; "
                "expected whole ticks (option dt)"
            )
        if np.any(whole):
            found[name] = whole.astype(np.int64)
        else:
            graph.bypass(name)
    return found


def _parts(graph: Flat, choices: Choices) -> dict[str, Part]:
    """A part for each node but outputs and delays, under a name that a network accepts."""
    parts: dict[str, Part] = {}
    taken: set[str] = set()
    for label, node in graph.nodes.items():
        if node.kind in ("Output", "Delay"):
            continue
        name = find_unused(node_name(label, node.kind), taken)
        taken.add(name)
        parts[label] = Part(name, label, node, choices)
    return parts


def _enter(parts: Mapping[str, Part], request: ImportRequest, recall: Recall) -> tuple[str, ...]:
    """Gives the inputs their ops; what to say about their signals."""
    said: tuple[str, ...] = ()
    for part in parts.values():
        if part.node.kind != "Input" or ("signal" not in request.options and recall.op(part)):
            continue
        signal, said = signal_kind(request)
        part.shape = part.extents("shape")
        part.ops.append(Input(part.shape, signal))
    return said
