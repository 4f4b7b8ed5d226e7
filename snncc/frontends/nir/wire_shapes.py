"""build: parts with ops, and the shape of every wire, held to what the file states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from snncc.ir import ImportRefused, Problem, Shape, Values

from .choices import Choices
from .inline import Flat
from .node_parts import Part
from .node_types import LAYERS, NEURONS
from .restore import Recall


def build(
    graph: Flat,
    parts: Mapping[str, Part],
    delays: Mapping[str, Values],
    choices: Choices,
    recall: Recall,
) -> None:
    """Gives every part its ops and its shape.

    Args:
        graph: checked.
        parts: of all nodes but outputs and delays; those of inputs have ops and shape already.
        delays: node → ticks.
        choices: how the file is read.
        recall: gives an op before a rule does.

    Raises:
        ImportRefused: a parameter is out of range, or shapes disagree.
    """
    refused = _enter_neurons(parts, recall)
    # A loop begins with what its neurons say.
    known = {name: part.shape for name, part in parts.items() if part.shape is not None}
    known |= {name: ticks.shape for name, ticks in delays.items() if ticks.size > 1}
    left = [*parts, *delays, *graph.of_kind("Output")]
    while left:
        rest: list[str] = []
        for name in left:
            try:
                if not _settle(graph, parts, delays, choices, recall, known, name):
                    rest.append(name)
            except ImportRefused as refusal:  # what it feeds may have a shape of its own
                refused += refusal.problems
        if len(rest) == len(left):
            break
        left = rest
    if refused:
        raise ImportRefused(*refused)
    if left:
        raise ImportRefused(f"the shape of '{left[0]}' follows from nothing in the file")


def _enter_neurons(parts: Mapping[str, Part], recall: Recall) -> list[Problem]:
    """Gives all neurons their ops; what is in the way of it."""
    refused: list[Problem] = []
    for part in parts.values():
        if part.node.kind in NEURONS and not recall.op(part):
            try:
                NEURONS[part.node.kind](part)
            except ImportRefused as refusal:
                refused += refusal.problems
    return refused


def _settle(
    graph: Flat,
    parts: Mapping[str, Part],
    delays: Mapping[str, Values],
    choices: Choices,
    recall: Recall,
    known: dict[str, Shape],
    name: str,
) -> bool:
    """Whether the shapes of all that feeds a node are known; then its own is, too."""
    sources = graph.sources(name)
    shapes = [known[source] for source in sources if source in known]
    part = parts.get(name)
    if len(shapes) < len(sources):
        # A neuron on a loop has the shape of what is known to drive it.
        if shapes and part is not None and part.node.kind in NEURONS:
            known.setdefault(name, shapes[0])
        return False
    for source, shape in zip(sources, shapes, strict=True):
        if shape != shapes[0]:
            raise ImportRefused(
                f"'{sources[0]}' {list(shapes[0])} and '{source}' {list(shape)} both lead into "
                f"'{name}', where they are added; their shapes must be equal"
            )
    if part is None:
        found = _pass_on(graph, delays, choices, name, shapes[0])
    elif part.node.kind == "Input":
        return True
    else:
        if part.node.kind in LAYERS and not part.ops and not recall.op(part, shapes[0]):
            LAYERS[part.node.kind](part, shapes[0])
        found = _infer_through(part, shapes)
    if known.setdefault(name, found) != found:
        raise ImportRefused(
            f"'{name}', {graph.nodes[name].kind}: puts out {list(found)}, but states or was taken "
            f"to be {list(known[name])}"
        )
    return True


def _infer_through(part: Part, shapes: Sequence[Shape]) -> Shape:
    """Shape of a part's output; what the file states of both ends must fit."""
    if part.shape_in is not None and part.shape_in != shapes[0]:
        raise part.refuse(f"takes {list(part.shape_in)}, its input is {list(shapes[0])}")
    shape = shapes[0]
    for op in part.ops:
        try:
            shape = op.infer([shape], part.tensors)
        except ValueError as error:
            raise part.refuse(str(error)) from error
    if part.shape is not None and part.shape != shape:
        raise part.refuse(f"states {list(part.shape)}, but puts out {list(shape)}")
    part.shape = shape
    return shape


def _pass_on(
    graph: Flat, delays: Mapping[str, Values], choices: Choices, name: str, shape: Shape
) -> Shape:
    """Shape of an output or a delay, which passes on what it gets."""
    if name in delays:
        stated: Shape | None = delays[name].shape if delays[name].size > 1 else None
    else:
        stated = Part(name, name, graph.nodes[name], choices).extents("shape")
    if stated is not None and stated != shape:
        raise ImportRefused(
            f"'{name}', {graph.nodes[name].kind}: states {list(stated)}, gets {list(shape)}"
        )
    return shape
