"""Which op each node type of NIR becomes, and which types are refused: the one table.

A new type is a row here and a function in `stateful_nodes.py` or `stateless_nodes.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from snncc.ir import ImportRefused, Problem, describe_unknown

from . import stateful_nodes as neurons
from . import stateless_nodes as layers
from .inline import Flat
from .node_parts import Part

NEURONS: Mapping[str, Callable[[Part], None]] = MappingProxyType(
    {
        "CubaLI": neurons.read_cuba_li,
        "CubaLIF": neurons.read_cuba_lif,
        "I": neurons.read_i,
        "IF": neurons.read_if,
        "LI": neurons.read_li,
        "LIF": neurons.read_lif,
        "Threshold": neurons.read_threshold,
    }
)
"""With a state; each function adds ops to the part."""

LAYERS: Mapping[str, Callable[[Part, tuple[int, ...]], None]] = MappingProxyType(
    {
        "Affine": layers.read_affine,
        "AvgPool2d": layers.read_pool,
        "Conv1d": layers.read_conv,
        "Conv2d": layers.read_conv,
        "Flatten": layers.read_flatten,
        "Linear": layers.read_affine,
        "Scale": layers.read_scale,
        "SumPool2d": layers.read_pool,
    }
)
"""Without a state; the second argument is the shape of the node's input."""

ENDS = ("Input", "Output", "Delay")
"""What becomes an input, an output or a delay of the network, in `importing.py`."""

TYPES = (*ENDS, *NEURONS, *LAYERS, "NIRGraph")
"""All that are read; subgraphs are opened in `inline.py`."""


def refuse_unknown(graph: Flat) -> None:
    """Refuses a graph with nodes of other types.

    Raises:
        ImportRefused: names each node and the nearest type.
    """
    strange = [
        Problem(
            describe_unknown("node type", node.kind, TYPES),
            "export it as nodes of these types",
            op=node.kind,
            place=f"'{name}'",
        )
        for name, node in graph.nodes.items()
        if node.kind not in TYPES
    ]
    if strange:
        raise ImportRefused(*strange)
