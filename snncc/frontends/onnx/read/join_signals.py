"""A model of several signals as one of a single signal, which contains them one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import numpy as np
from onnx import GraphProto, ModelProto, NodeProto, ValueInfoProto, helper, numpy_helper

from snncc.ir import ImportRefused, Shape


def join_signals(model: ModelProto, parts: Mapping[str, Shape]) -> tuple[ModelProto, str]:
    """The model with one input in the place of several, and the name of that input.

    Args:
        model: of one tick; it is left as it is.
        parts: input → its shape at a tick, in the order in which the data have them.

    Raises:
        ImportRefused: an input of the model has another shape than the data.
    """
    joined = ModelProto()
    joined.CopyFrom(model)
    graph = joined.graph
    inputs = {each.name: each for each in graph.input}
    for name, shape in parts.items():
        _demand_shape(inputs[name], shape)
    first, whole = inputs[next(iter(parts))], ValueInfoProto()
    whole.CopyFrom(first)
    whole.name = _name_newly("signals", graph)
    batch = first.type.tensor_type.shape.dim[0]
    dims = whole.type.tensor_type.shape
    dims.ClearField("dim")
    dims.dim.add().CopyFrom(batch)
    dims.dim.add().dim_value = sum(map(prod, parts.values()))
    nodes = _cut(graph, whole.name, parts)
    kept = [each for each in graph.input if each.name not in parts]
    old = [*graph.node]
    graph.ClearField("input")
    graph.input.extend([whole, *kept])
    graph.ClearField("node")
    graph.node.extend([*nodes, *old])
    return joined, whole.name


def _cut(graph: GraphProto, whole: str, parts: Mapping[str, Shape]) -> list[NodeProto]:
    """The operators that take each input out of the joined one."""
    nodes, start = list[NodeProto](), 0

    def keep(role: str, *numbers: int) -> str:
        name = _name_newly(f"{whole}.{role}", graph)
        graph.initializer.append(numpy_helper.from_array(np.array(numbers, np.int64), name))
        return name

    for name, shape in parts.items():
        stop = start + prod(shape)
        places = keep(f"{name}.start", start), keep(f"{name}.stop", stop), keep(f"{name}.axis", 1)
        flat = name if len(shape) == 1 else _name_newly(f"{whole}.{name}", graph)
        nodes.append(helper.make_node("Slice", [whole, *places], [flat]))
        if flat != name:
            nodes.append(
                helper.make_node("Reshape", [flat, keep(f"{name}.shape", 0, *shape)], [name])
            )
        start = stop
    return nodes


def _demand_shape(entry: ValueInfoProto, shape: Shape) -> None:
    stated = [int(dim.dim_value) for dim in entry.type.tensor_type.shape.dim]
    fits = len(stated) == len(shape) + 1
    if not fits or any(own not in (0, given) for own, given in zip(stated[1:], shape, strict=True)):
        raise ImportRefused(
            f"input '{entry.name}' takes {stated[1:]} at a tick, the data have {list(shape)}"
        )


def _name_newly(name: str, graph: GraphProto) -> str:
    """A name that nothing in the graph has."""
    taken = {each.name for each in (*graph.input, *graph.initializer)}
    taken |= {out for node in graph.node for out in node.output}
    while name in taken:
        name += "_"
    return name
